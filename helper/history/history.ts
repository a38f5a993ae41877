// History: what flows carried, recorded with no window open. The engine tells of flows and their bytes; each second what came of it is
// booked; whoever asks gets it up to the moment.
import * as v from "valibot";
import { CodedError } from "../../contract/errors.ts";
import {
  type HistoryApp,
  type HistoryNetwork,
  type HistorySettings,
  historySettingsSchema,
} from "../../contract/history.ts";
import type { ParsedParams, Result } from "../../contract/methods.ts";
import type { Flow } from "../../contract/words.ts";
import type { Situation } from "../enforced-policy.ts";
import { log } from "../log.ts";
import { durably, type Store } from "../store/database.ts";
import { dayLength, HistoryRows, minute, quarter } from "../store/history.ts";
import { HistoryEvents, type NewEvent } from "../store/history-events.ts";
import { HistoryKeys, type StoredNetwork } from "../store/history-keys.ts";
import type { BootClock } from "../store/rules.ts";
import type { Settings } from "../store/settings.ts";
import type { Place } from "./amounts.ts";
import type { Countries } from "./countries.ts";
import { Ledger } from "./ledger.ts";
import { ownNetwork, routedNetwork } from "./networks.ts";
import { query, type Span, secondsFrom, spanOf } from "./query.ts";
import { type Entry, Recorder } from "./recorder.ts";
import { secondsKept } from "./seconds.ts";

/** Milliseconds between two readings of the kernel's counters, at least and at most. */
const countPace = { least: 1000, most: 10_000 } as const;
/** The part of a core that reading them may take: what takes 5 ms is done every 2.5 s. */
const countShare = 1 / 500;
/** How often the default route is read where NetworkManager does not run; how often old things go; milliseconds. */
const routePace = 5000;
const tidyPace = 3_600_000;
/**
 * By how much history grows older from one tidying to the next, at most; seconds. A clock that is ahead at a boot takes no more than that; after a
 * long absence it is caught up within days. Two: a computer that is started once in two days keeps up.
 */
const mostAged = 2 * dayLength;
/** A jump of BOOTTIME over MONOTONIC that is a sleep, milliseconds. */
const shortestSleep = 2000;
/** The same failure is told again after so long, milliseconds. */
const complaintPace = 60_000;

const keptSchema = v.object({
  recording: historySettingsSchema.entries.recording,
  minutes: historySettingsSchema.entries.minutes,
  days: historySettingsSchema.entries.days,
});
type Kept = v.InferOutput<typeof keptSchema>;
const usual: Kept = { recording: true, minutes: 24, days: 365 };

export interface HistoryParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: BootClock;
  readonly countries: Countries;
  /** Reads the kernel's news and counters, which come back through `flows`. */
  countTraffic(): void;
}

export class History {
  /** What the engine tells of flows. */
  readonly flows: Recorder;
  private readonly parts: HistoryParts;
  private readonly keys: HistoryKeys;
  private readonly rows: HistoryRows;
  private readonly events: HistoryEvents;
  private readonly ledger: Ledger;
  private kept: Kept;
  /** By NetworkManager, null where it does not run. */
  private told: StoredNetwork | null = null;
  private network: { current: StoredNetwork; readAt: number } = {
    current: ownNetwork,
    readAt: Number.NEGATIVE_INFINITY,
  };
  private named: string | null = null;
  private standing: { mode: string; profile: string | null } | undefined;
  /** Unix second up to which everything is booked. */
  private booked = Math.floor(Date.now() / 1000);
  private counted = { at: Number.NEGATIVE_INFINITY, cost: 0, quiet: 0 };
  private tidied = Number.NEGATIVE_INFINITY;
  /** There may be days that no sum is of yet. */
  private behind = true;
  private asleep: number;
  private complained = Number.NEGATIVE_INFINITY;

  constructor(parts: HistoryParts) {
    const { store, settings, clock } = parts;
    this.parts = parts;
    this.kept = settings.get("history", keptSchema) ?? usual;
    this.events = new HistoryEvents(store);
    this.keys = new HistoryKeys(store, (path) => this.note({ kind: "appNew", at: Date.now(), app: path }));
    this.rows = new HistoryRows(store, clock.boot);
    this.ledger = new Ledger(this.rows, this.keys);
    this.flows = new Recorder((flow) => placeOf(flow));
    this.flows.restore(this.rows.live(), Date.now());
    this.asleep = this.sleptSoFar();
    const now = Date.now();
    this.noteStart(now);
    this.recall(Math.floor(now / 1000));
  }

  /** A full disk keeps nobody from starting. */
  private noteStart(now: number): void {
    try {
      this.note({ kind: "helperStarted", at: now, from: this.lastRun(now) });
    } catch (error) {
      log("warn", "this start is missing in history", { error: String(error) });
    }
  }

  /** ISO 8601; null where nobody knows. */
  private lastRun(now: number): string | null {
    const ended = this.parts.settings.get("historyEnded", v.number());
    this.parts.settings.set("historyEnded", null);
    const [last] = this.rows.minutes(now / 1000 - dayLength, now / 1000).slice(-1);
    const at = ended ?? (last === undefined ? null : Math.min((last[0] + minute) * 1000, now));
    return at === null ? null : new Date(at).toISOString();
  }

  /** The last ten minutes of an earlier helper, as evenly as its minutes say. */
  private recall(now: number): void {
    for (const [at, key, bytesIn, bytesOut, connections, blocked] of this.rows.minutes(
      now - secondsKept - minute,
      now,
    )) {
      const end = Math.min(at + minute, now);
      this.ledger.spread(key, { bytesIn, bytesOut, connections, blocked }, at - 1, Math.max(at, end - 1), minute);
    }
  }

  private sleptSoFar(): number {
    return this.parts.clock.boottime() - Number(process.hrtime.bigint()) / 1e6;
  }

  // What happens

  /** NetworkManager's word on the primary connection; null where it does not run. */
  meetNetwork(network: StoredNetwork | null): void {
    this.told = network;
    this.network.readAt = Number.NEGATIVE_INFINITY;
  }

  /** The mode, what comes before it, or the profile may be another one. */
  meetStanding({ mode, override, profile }: Situation): void {
    const before = this.standing;
    const standing = { mode: override ?? mode, profile };
    this.standing = standing;
    if (before === undefined) return;
    for (const kind of ["mode", "profile"] as const) {
      if (before[kind] !== standing[kind]) this.note({ kind, at: Date.now(), from: before[kind], to: standing[kind] });
    }
  }

  /** The program behind an app is another one. */
  appChanged(path: string): void {
    if (!this.keys.isPrivate(path)) this.note({ kind: "appChanged", at: Date.now(), app: path });
  }

  private note(event: NewEvent): void {
    if (this.kept.recording || event.kind === "recording") this.events.add(event);
  }

  /** The bytes of all flows were just read. `cost`: milliseconds it took. */
  onCounted(cost: number, changed: boolean): void {
    this.counted = { at: performance.now(), cost, quiet: changed ? 0 : this.counted.quiet + 1 };
  }

  // Each second

  /** Never throws. */
  tick(): void {
    this.attempt(() => {
      this.noticeSleep();
      if (this.kept.recording && this.flows.isBusy && performance.now() - this.counted.at >= this.pace - 100)
        this.parts.countTraffic();
      this.book();
      this.ledger.flushIfDue(Math.floor(Date.now() / 1000));
      if (performance.now() - this.tidied > tidyPace) this.tidy(this.agedUntil());
      // One at a time: each takes as long as a question.
      this.behind &&= this.rows.summarize(Math.floor(Date.now() / 1000 / dayLength), (by) => this.keys.valuesBy(by));
    });
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (performance.now() - this.complained > complaintPace)
        log("error", "history could not be written", { error: String((error as Error).stack ?? error) });
      this.complained = performance.now();
      this.keys.forget();
    }
  }

  /** Whether a tick within `pace` milliseconds would find something to do, if nobody tells of anything. */
  isBusy(pace: number): boolean {
    return (
      this.behind ||
      (this.kept.recording && this.flows.isBusy && this.pace < pace) ||
      this.ledger.isDueBefore((Date.now() + pace) / 1000)
    );
  }

  /** Something is told after a time without ticks: it is of now, not of all that time. Never throws. */
  endRest(): void {
    this.attempt(() => this.book());
  }

  /** Milliseconds until the counters are read again: longer while nothing changes. */
  private get pace(): number {
    const { cost, quiet } = this.counted;
    return Math.min(countPace.most, Math.max(countPace.least * 2 ** Math.min(quiet, 4), cost / countShare));
  }

  private noticeSleep(): void {
    const slept = this.sleptSoFar();
    const length = slept - this.asleep;
    this.asleep = slept;
    if (length < shortestSleep) return;
    const now = Date.now();
    this.note({ kind: "sleep", at: now - length, until: now });
  }

  private book(): void {
    const now = Math.floor(Date.now() / 1000);
    const before = Math.min(this.booked, now - 1);
    this.booked = now;
    const taken = this.flows.take();
    if (!this.kept.recording) taken.entries.length = 0;
    if (taken.entries.length > 0) this.lookAtNetwork();
    this.ledger.add(taken, before, now, (entry) => this.networkOf(entry));
  }

  private networkOf({ place }: Entry): StoredNetwork {
    return place.loopback ? ownNetwork : this.network.current;
  }

  private lookAtNetwork(): void {
    const at = performance.now();
    if (at - this.network.readAt < routePace) return;
    this.network = { current: this.told ?? routedNetwork(), readAt: at };
    const { name } = this.network.current;
    if (this.named !== null && this.named !== name)
      this.note({ kind: "network", at: Date.now(), from: this.named, to: name });
    this.named = name;
  }

  /** The Unix second that the age of things is measured from: now, but where the clock may have jumped. */
  private agedUntil(): number {
    const now = Date.now() / 1000;
    return Math.min(now, (this.parts.settings.get("historyTidied", v.number()) ?? now) + mostAged);
  }

  private tidy(until: number): void {
    this.tidied = performance.now();
    const daysBefore = until - this.kept.days * dayLength;
    this.rows.seal(Math.floor(Date.now() / 1000 / dayLength));
    this.rows.expire(until - this.kept.minutes * 3600, daysBefore);
    this.events.expire(daysBefore * 1000);
    this.rows.together(() => this.keys.tidy(Math.floor(daysBefore / dayLength)));
    this.parts.settings.set("historyTidied", until);
    this.behind = true;
  }

  // What people ask

  /** Errors: bad_range, bad_zone. */
  query(asked: ParsedParams<"history.query">): Result<"history.query"> {
    const now = this.upToDate();
    const { seconds } = this.ledger;
    const kept = {
      seconds: Math.max(seconds.since, secondsFrom(now)),
      minutes: now - this.kept.minutes * 3600 - minute,
    };
    return query(asked, { rows: this.rows, keys: this.keys, seconds }, kept, now);
  }

  /** Errors: bad_range. */
  listEvents({ limit, app, ...asked }: ParsedParams<"history.events">): Result<"history.events"> {
    const { from, to } = spanOf(asked, Date.now() / 1000);
    return { events: this.events.list(from * 1000, to * 1000, limit, app) };
  }

  /** Whether there is anything of the app's by processes of the user. */
  hasUsed(app: string, uid: number): boolean {
    return this.keys.hasUsed(app, uid);
  }

  /** Networks in which there is anything of processes of the user. */
  networksOf(uid: number): HistoryNetwork[] {
    return this.keys.networks(uid);
  }

  /** Users of whose processes anything is kept. */
  users(): number[] {
    return this.keys.users();
  }

  listNetworks(): Result<"history.networks"> {
    this.network.readAt = Number.NEGATIVE_INFINITY;
    this.lookAtNetwork();
    const current = this.keys.network(this.network.current);
    return { networks: this.keys.networks(), current: [String(current)] };
  }

  findApps(paths: readonly string[]): HistoryApp[] {
    return this.keys.appsAt(paths);
  }

  get settings(): HistorySettings {
    const since = this.rows.since();
    return {
      ...this.kept,
      private: this.keys.privateApps(),
      since: since === null ? null : new Date(since * 1000).toISOString(),
      bytes: this.rows.bytes(),
      countries: this.parts.countries.data,
    };
  }

  configure(change: ParsedParams<"history.configure">): HistorySettings {
    this.upToDate();
    durably(this.parts.store, () => this.write(change));
    this.reread();
    // Whoever says how long things stay means it at once.
    this.tidy(Date.now() / 1000);
    return this.settings;
  }

  /** Only on the disk: whoever calls it calls reread() once all is stored. */
  write({ recording, minutes, days }: ParsedParams<"history.configure">): void {
    const { kept, parts } = this;
    parts.settings.set("history", {
      recording: recording ?? kept.recording,
      minutes: minutes ?? kept.minutes,
      days: days ?? kept.days,
    });
  }

  /** What is stored counts from now on; what happened until now is of before. */
  reread(): void {
    const next = this.parts.settings.get("history", keptSchema) ?? usual;
    const { recording } = next;
    if (recording === this.kept.recording) {
      this.kept = next;
      return;
    }
    this.attempt(() => this.upToDate());
    this.kept = next;
    this.attempt(() => this.note({ kind: "recording", at: Date.now(), to: recording ? "on" : "off" }));
  }

  setPrivate({ app, private: on, forget }: ParsedParams<"history.setPrivate">): HistorySettings {
    this.upToDate();
    this.rows.erasing(() => {
      this.keys.setPrivate(app, on);
      if (on) this.rows.forgetHosts(app);
      if (on && forget) this.forget(app, null);
    });
    return this.settings;
  }

  /** Errors: bad_range. */
  remove({ app, from, to }: ParsedParams<"history.delete">): void {
    if ((from === undefined) !== (to === undefined)) throw new CodedError("bad_range", "from and to go together");
    const span = from === undefined ? null : spanOf({ from, to }, Date.now() / 1000);
    this.upToDate();
    this.rows.erasing(() => this.forget(app ?? null, span));
  }

  /** Of one app or all, of a time or ever; part of a transaction of the caller's. */
  private forget(app: string | null, span: Span | null): void {
    const number = app === null ? null : this.keys.appNumber(app);
    if (number === undefined) return;
    const whole = { from: 0, to: (Math.floor(Date.now() / 1000 / dayLength) + 2) * dayLength };
    const { from, to } = span ?? whole;
    const [begin, end] = [Math.floor(from / quarter) * quarter, Math.ceil(to / quarter) * quarter];
    const keys = number === null ? null : this.keys.numbersOf(number);
    this.rows.remove(begin, end, keys);
    this.events.remove(begin * 1000, end * 1000, app);
    this.rows.forgetHosts(app);
    if (span === null) this.keys.remove(number);
    this.ledger.seconds.remove(begin, end, keys);
    this.behind = true;
  }

  /** Everything up to now is on the disk. Returns Unix seconds. */
  private upToDate(): number {
    this.parts.countTraffic();
    this.book();
    this.ledger.flush();
    return Date.now() / 1000;
  }

  /** Never throws. */
  close(): void {
    try {
      this.upToDate();
      this.parts.settings.set("historyEnded", Date.now());
    } catch (error) {
      log("error", "history could not be written", { error: String(error) });
    }
  }
}

function placeOf({ app, endpoint, user }: Flow): Place {
  const { path, name, verified, icon } = app;
  const { host, address, country = null, protocol } = endpoint;
  return {
    app: { path, name, verified, icon },
    host: host ?? address,
    country,
    protocol,
    user,
    loopback: address.startsWith("127.") || address === "::1",
  };
}
