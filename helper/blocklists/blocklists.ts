// The lists that somebody else maintains: which there are, what is in them, and what they have for a name or an address. They can only
// block. Changes are made one after another, each whole or not at all; what was there before goes on until then.

import { join } from "node:path";
import type { Restored } from "../../contract/backup.ts";
import type { Blocklist, BlocklistHits } from "../../contract/blocklists.ts";
import { CodedError } from "../../contract/errors.ts";
import { log } from "../log.ts";
import { covers, formatPrefix, type Prefix } from "../policy/address.ts";
import { writtenName } from "../policy/host-name.ts";
import { BlocklistRows, type Validators } from "../store/blocklists.ts";
import type { Store } from "../store/database.ts";
import type { AddressSet } from "./address-set.ts";
import { entriesOf, isShrunk, readList, refuseNonsense } from "./content.ts";
import { Query } from "./domain-set.ts";
import type { Fetch } from "./fetch.ts";
import { ListFiles } from "./files.ts";
import { HitCounts } from "./hit-counts.ts";
import {
  isNothing,
  type List,
  listOf,
  type Match,
  matchIn,
  type NameEntry,
  type PrefixEntry,
  shownList,
} from "./list.ts";
import { nextAsk } from "./schedule.ts";

/** Each costs a look at every name that is decided. */
const mostLists = 32;
/** How often it is looked whether a list is due, milliseconds: a machine that slept has timers that are late. */
const longestRest = 15 * 60_000;
/** A list that was asked for within so long is fetched again for a person, and for no program that may not widen. Milliseconds. */
const lately = 10 * 60_000;
/** After a start the network may not be there yet. Milliseconds. */
const firstRest = 30_000;

export interface BlocklistsParts {
  readonly store: Store;
  /** For texts; made if it is not there. */
  readonly directory: string;
  readonly fetch: Fetch;
}

export interface BlocklistsFollower {
  /** Whether anything may be fetched by now. */
  mayFetch(): boolean;
  /** What the lists block is different from now on. */
  changed(): void;
  /** A list's state changed; null: it is gone. */
  told(list: Blocklist | null, id: string): void;
}

export class Blocklists {
  private readonly parts: BlocklistsParts;
  private readonly rows: BlocklistRows;
  private readonly files: ListFiles;
  private readonly hitCounts: HitCounts;
  private readonly query = new Query();
  private lists: List[] = [];
  private queue: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;
  private follower: BlocklistsFollower = { mayFetch: () => true, changed: () => {}, told: () => {} };
  private readonly ending = new AbortController();

  /** Resolves when every enabled list is read, 2 s for a million names: before that they would block nothing. */
  static async open(parts: BlocklistsParts): Promise<Blocklists> {
    const blocklists = new Blocklists(parts);
    for (const list of blocklists.lists) if (list.row.enabled) await blocklists.load(list);
    blocklists.timer = setTimeout(() => blocklists.lookForDue(), firstRest).unref();
    return blocklists;
  }

  private constructor(parts: BlocklistsParts) {
    this.parts = parts;
    this.rows = new BlocklistRows(parts.store);
    this.files = new ListFiles(parts.directory);
    this.hitCounts = new HitCounts(this.rows);
    this.lists = this.rows.all().map(listOf);
    // Of those who handed anything over, nobody is there any more.
    for (const list of this.lists) this.abandon(String(list.number));
    const known = this.lists.flatMap(({ row }) => [row.file ?? "", row.aside?.file ?? ""]);
    this.files.sweep(new Set(known));
  }

  /** From now on, `follower` hears of changes. */
  follow(follower: BlocklistsFollower): void {
    this.follower = follower;
  }

  /** What is under way is dropped; what is in force stays. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.ending.abort();
    await this.queue;
    this.hitCounts.write();
  }

  list(): Blocklist[] {
    return this.lists.map((list) => this.shown(list));
  }

  /** Lists that should block and have nothing to block with, or less than half of what they had when it was taken, by name. */
  get idle(): string[] {
    return this.lists
      .filter((list) => list.row.enabled && list.jobs === 0 && !isWhole(list))
      .map(({ row }) => row.name);
  }

  /** Errors: unknown_blocklist. */
  hits(name: string): BlocklistHits[] {
    this.hitCounts.write();
    return this.rows.hits(this.find(name).number);
  }

  /** A list that is fetched; it blocks as soon as it is there. Errors: blocklist_exists, too_many_blocklists. */
  add(name: string, url: string): Blocklist {
    this.checkNew(name);
    return this.fetch(this.insert(name, url));
  }

  /** Whether a text for a list of that name would be taken. Errors: see contract/blocklists.ts, blocklists.begin. */
  checkHandOver(name: string, replace: boolean): void {
    if (!replace) this.checkNew(name);
    else if (this.find(name).row.url !== null) throw new CodedError("blocklist_fetched", name);
  }

  /** A list's text, whole, in a file of `newPart`: it is taken over or removed. Errors: those of checkHandOver. */
  handOver(name: string, replace: boolean, part: string): Blocklist {
    try {
      this.checkHandOver(name, replace);
    } catch (error) {
      this.files.discard(part);
      throw error;
    }
    const list = replace ? this.find(name) : this.insert(name, null);
    return this.change(list, () => this.adopt(list, part, { etag: null, modified: null }));
  }

  newPart(): string {
    return this.files.part();
  }

  /** Whoever handed over the first text of the list with this id is gone: it stays only if its text was taken. */
  abandon(id: string): void {
    const list = this.lists.find(({ number }) => String(number) === id);
    if (list === undefined || this.ending.signal.aborted) return;
    list.abandoned = true;
    if (list.jobs > 0 || !isNothing(list.row)) return;
    try {
      this.drop(list);
    } catch (error) {
      log("error", "an empty blocklist could not be removed", { list: list.row.name, error: String(error) });
    }
  }

  /** Errors: unknown_blocklist. */
  remove(name: string): void {
    this.drop(this.find(name));
  }

  private drop(list: List): void {
    this.rows.remove(list.number);
    list.gone = true;
    this.lists = this.lists.filter((other) => other !== list);
    this.hitCounts.forget(list.number);
    this.files.remove(list.row.file);
    this.files.remove(list.row.aside?.file);
    this.follower.told(null, String(list.number));
    if (list.content !== null) this.follower.changed();
  }

  /** Errors: unknown_blocklist. */
  enable(name: string, enabled: boolean): Blocklist {
    const list = this.find(name);
    if (list.row.enabled === enabled) return this.shown(list);
    this.rows.enable(list.number, enabled);
    this.rereadOne(list);
    return this.change(list, async () => {
      // Whoever was faster with the opposite decides.
      if (!list.row.enabled) list.content = null;
      else if (list.content === null) await this.load(list);
      this.follower.changed();
    });
  }

  /** One list, or with null all that are enabled and have a URL. Errors: unknown_blocklist, blocklist_not_fetched. */
  refresh(name: string | null): Blocklist[] {
    return this.meantBy(name).map((list) => this.fetch(list));
  }

  private meantBy(name: string | null): List[] {
    return name === null ? this.lists.filter(({ row }) => row.enabled && row.url !== null) : [this.find(name)];
  }

  /** Whether refresh() would ask for one that is asked for just now, or was a short while ago. Errors: unknown_blocklist. */
  fetchedLately(name: string | null): boolean {
    const since = Date.now() - lately;
    return this.meantBy(name).some(({ row: { checked, error }, jobs }) => {
      const times = [checked ?? 0, error === null ? 0 : new Date(error.time).getTime()];
      return jobs > 0 || Math.max(...times) > since;
    });
  }

  /** Takes the update that waits because it lost more than half. Errors: unknown_blocklist, nothing_aside. */
  acceptShrunk(name: string): Blocklist {
    const list = this.find(name);
    const { aside } = list.row;
    if (aside === null) throw new CodedError("nothing_aside", name);
    // Asked for as if it were not known, next time: what its server said belongs to the text before.
    return this.change(list, () =>
      this.adopt(list, this.files.path(aside.file), { etag: null, modified: null }, aside.file),
    );
  }

  /**
   * What it takes to have the lists of a backup: those it has and nobody else are added, those it does not have are switched off, for their
   * text could not be brought back. `carryOut`: within a transaction of the caller's. Errors: too_many_blocklists.
   */
  planFor(wanted: readonly Pick<Blocklist, "name" | "url" | "enabled">[]): {
    report: Restored["blocklists"];
    carryOut: () => void;
  } {
    const same = (name: string) => this.lists.find(({ row }) => row.name.toLowerCase() === name.toLowerCase());
    const fresh = wanted.filter(({ name }) => same(name) === undefined);
    const added = fresh.flatMap(({ name, url, enabled }) => (url === null ? [] : [{ name, url, enabled }]));
    if (this.lists.length + added.length > mostLists) throw new CodedError("too_many_blocklists", String(mostLists));
    const isWanted = (name: string) =>
      wanted.find((each) => each.name.toLowerCase() === name.toLowerCase())?.enabled ?? false;
    const switched = this.lists.filter(({ row }) => isWanted(row.name) !== row.enabled).map(({ row }) => row);
    const named = (lists: readonly { name: string }[]) => lists.map(({ name }) => name);
    return {
      report: {
        added: named(added),
        enabled: named(switched.filter(({ enabled }) => !enabled)),
        disabled: named(switched.filter(({ enabled }) => enabled)),
        missing: named(fresh.filter(({ url }) => url === null)),
      },
      carryOut: () => {
        for (const { name, enabled } of switched) this.enable(name, !enabled);
        for (const { name, url, enabled } of added) {
          this.add(name, url);
          if (!enabled) this.enable(name, false);
        }
      },
    };
  }

  /** A transaction failed: the lists are again what the database says. */
  reread(): void {
    for (const list of this.lists) {
      const row = this.rows.get(list.number);
      if (row === undefined) list.gone = true;
      else list.row = row;
    }
    this.lists = this.lists.filter(({ gone }) => !gone);
  }

  /** What enabled lists have for a name that an app asks for. A microsecond or so. Null also for what is no name. */
  matchName(name: string): Match<NameEntry> | null {
    const canonical = writtenName(name);
    if (canonical === null) return null;
    const query = this.query.set(canonical);
    return matchIn(this.lists, (content) => {
      const found = content.names.find(query);
      // A host before the domain of the same name.
      return found === null ? null : { found, narrow: 2 * found.entry.length + (found.kind === "host" ? 1 : 0) };
    });
  }

  /** The same for an address or a whole range. */
  matchPrefix(prefix: Prefix): Match<PrefixEntry> | null {
    return matchIn(this.lists, (content) => {
      const entry = content.addresses.find(prefix.hex);
      if (entry === null || !covers(entry, prefix)) return null;
      return { found: { kind: "prefix", entry }, narrow: entry.bits };
    });
  }

  /** What the enabled lists block by address, each list's as few prefixes as cover all of it. */
  *prefixes(): Generator<Prefix> {
    for (const { content } of this.lists) yield* content?.addresses.prefixes ?? [];
  }

  /** The same by lists' ids, those with none left out. What one has is another object when it changed. */
  *addresses(): Generator<[id: string, addresses: AddressSet]> {
    for (const { number, content } of this.lists) {
      if (content !== null && content.addresses.size > 0) yield [String(number), content.addresses];
    }
  }

  /** What the enabled lists have: another object for a list when anything of it is another. */
  contents(): object[] {
    return this.lists.flatMap(({ content }) => content ?? []);
  }

  /** Whether any enabled list has names. */
  get hasNames(): boolean {
    return this.lists.some(
      ({ content }) => content !== null && content.names.counts.hosts + content.names.counts.domains > 0,
    );
  }

  /** What people call a list, by its id; undefined when it is gone. */
  nameOf(id: string): string | undefined {
    return this.lists.find(({ number }) => String(number) === id)?.row.name;
  }

  /** Something was blocked because of a match: counted for every list that has it. */
  countHit({ all }: Match): void {
    for (const { list, entry } of all) {
      this.hitCounts.add(Number(list), typeof entry === "string" ? entry : formatPrefix(entry));
    }
  }

  private find(name: string): List {
    const list = this.lists.find(({ row }) => row.name.toLowerCase() === name.toLowerCase());
    if (list === undefined) throw new CodedError("unknown_blocklist", name);
    return list;
  }

  private checkNew(name: string): void {
    if (this.lists.some(({ row }) => row.name.toLowerCase() === name.toLowerCase()))
      throw new CodedError("blocklist_exists", name);
    if (this.lists.length >= mostLists) throw new CodedError("too_many_blocklists", String(mostLists));
  }

  private insert(name: string, url: string | null): List {
    const list = listOf(this.rows.add(name, url));
    this.lists.push(list);
    return list;
  }

  private shown(list: List): Blocklist {
    return shownList(list, this.hitCounts.waitingFor(list.number));
  }

  private rereadOne(list: List): void {
    list.row = this.rows.get(list.number) ?? list.row;
  }

  private become(list: List, busy: Blocklist["busy"]): void {
    list.busy = busy;
    if (!list.gone) this.follower.told(this.shown(list), String(list.number));
  }

  /** Does `work` after what is under way. A failure is the list's state, and in the log. */
  private change(list: List, work: () => Promise<void>): Blocklist {
    list.jobs++;
    list.busy ??= "waiting";
    this.queue = this.queue.then(async () => {
      try {
        if (!list.gone && !this.ending.signal.aborted) await work();
      } catch (error) {
        this.fail(list, error);
      } finally {
        list.jobs--;
        list.chance = Math.random();
        if (!list.gone) this.rereadOne(list);
        this.become(list, list.jobs === 0 ? null : "waiting");
        if (list.abandoned && !list.gone) this.abandon(String(list.number));
      }
    });
    const shown = this.shown(list);
    this.follower.told(shown, shown.id);
    return shown;
  }

  private fail(list: List, error: unknown): void {
    if (list.gone || this.ending.signal.aborted) return;
    const coded = error instanceof CodedError ? error : new CodedError("internal", String(error));
    const { code, message } = coded;
    log("warn", "a blocklist was not updated", { list: list.row.name, code, error: message });
    this.rows.fail(list.number, { code, message, time: new Date().toISOString() }, code !== "fetch_failed");
  }

  private fetch(list: List): Blocklist {
    const { url } = list.row;
    if (url === null) throw new CodedError("blocklist_not_fetched", list.row.name);
    return this.change(list, async () => {
      if (!this.follower.mayFetch()) throw new CodedError("fetch_failed", "nothing leaves this computer in lockdown");
      this.become(list, "fetching");
      const part = this.files.part();
      try {
        // Without its text, what the server said about it is worth nothing.
        const { etag, modified } = isWhole(list) ? list.row : { etag: null, modified: null };
        const outcome = await this.parts.fetch({ url, etag, modified, file: part, signal: this.ending.signal });
        if (list.gone) return;
        if (outcome === "same") this.unchanged(list);
        else await this.adopt(list, part, outcome);
      } finally {
        this.files.discard(part);
      }
    });
  }

  private unchanged(list: List): void {
    this.files.remove(list.row.aside?.file);
    this.rows.unchanged(list.number, Date.now());
  }

  /**
   * Reads a new text and takes it, unless there is a reason not to. `accepted`: the name that it is kept under already, with a person's
   * word that it may have shrunk. Errors: those of content.ts, blocklist_shrunk.
   */
  private async adopt(list: List, path: string, validators: Validators, accepted?: string): Promise<void> {
    this.become(list, "reading");
    try {
      const content = await readList(path);
      refuseNonsense(content);
      if (list.gone) return;
      const { row } = list;
      const file = accepted ?? (await this.files.keep(path));
      if (list.gone) {
        this.files.remove(file);
        return;
      }
      if (accepted === undefined && isShrunk(row.counts, content.counts)) {
        this.rows.setAside(list.number, file, entriesOf(content.counts), Date.now());
        this.files.remove(row.aside?.file);
        throw new CodedError("blocklist_shrunk", `${entriesOf(row.counts)} entries, now ${entriesOf(content.counts)}`);
      }
      const { counts, report } = content;
      const checked = row.url === null ? null : accepted === undefined ? Date.now() : row.checked;
      this.rows.take(list.number, { file, counts, skipped: report.skipped, checked, ...validators }, Date.now());
      this.files.remove(row.file);
      if (row.aside?.file !== file) this.files.remove(row.aside?.file);
      this.rereadOne(list);
      if (!list.row.enabled) return;
      list.content = content;
      this.follower.changed();
    } finally {
      if (accepted === undefined) this.files.discard(path);
    }
  }

  /** Reads what is in force. A text that is damaged is fetched again. */
  private async load(list: List): Promise<void> {
    if (list.row.file === null) return;
    try {
      list.content = await readList(this.files.path(list.row.file));
      // What is left of it blocks.
      if (!isWhole(list))
        throw new Error(`${entriesOf(list.content.counts)} of ${entriesOf(list.row.counts)} entries are left`);
    } catch (error) {
      this.fail(list, new CodedError("blocklist_unreadable", `its file: ${String(error)}`));
      this.rereadOne(list);
    }
  }

  private lookForDue(): void {
    const now = Date.now();
    for (const list of this.follower.mayFetch() ? this.lists : []) {
      const { row } = list;
      if (!row.enabled || row.url === null || list.jobs > 0) continue;
      const failed = row.error !== null && (row.error.code === "fetch_failed" || !isWhole(list));
      const asked = { checked: row.checked, failed: failed ? new Date(row.error.time).getTime() : null };
      if (nextAsk(asked, list.chance) <= now) this.fetch(list);
    }
    this.timer = setTimeout(() => this.lookForDue(), longestRest).unref();
  }
}

/** Whether the list blocks with what was taken. What another version of ours reads differently is no damage. */
function isWhole({ row, content }: List): boolean {
  return content !== null && !isShrunk(row.counts, content.counts);
}

/** Where a helper with this state folder keeps the texts. */
export function listsFolder(state: string): string {
  return join(state, "blocklists");
}
