// Backups on the helper's side: what is in one, and how everything is brought to one: checked whole, written in one transaction, and with
// what was there before kept, so that it can be taken back.
import {
  type Backup,
  backupSchema,
  backupVersion,
  largestBackup,
  parseBackup,
  type Restored,
  unreadable,
} from "../contract/backup.ts";
import { CodedError } from "../contract/errors.ts";
import { rulesFile } from "../contract/rules-file.ts";
import type { Profile, Rule } from "../contract/words.ts";
import type { Blocklists } from "./blocklists/blocklists.ts";
import type { History } from "./history/history.ts";
import { withAppKeys } from "./identity/rule-app.ts";
import type { Peer } from "./kernel/peer.ts";
import { log } from "./log.ts";
import type { Modes } from "./modes.ts";
import type { Brought } from "./people/backups.ts";
import { gatewayText } from "./policy/profile.ts";
import { type RulesFiles, StagedRules } from "./rules-file.ts";
import { durably, type Store } from "./store/database.ts";
import type { Profiles } from "./store/profiles.ts";
import type { Settings } from "./store/settings.ts";

export interface BackupsParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly profiles: Profiles;
  readonly modes: Modes;
  readonly blocklists: Blocklists;
  readonly history: Pick<History, "settings" | "write" | "reread" | "setPrivate">;
  readonly rulesFiles: RulesFiles;
  readonly version: string;
  rules(): Rule[];
  /** Brings kernel, flows and cards to what is stored. */
  changed(): void;
}

/** Who wants everything brought to a backup, and how. */
export interface Wanting {
  readonly dryRun: boolean;
  /** Whose looks at files are one after another. */
  readonly asker: string;
  /** Whether they may do that to rules. */
  may(brought: readonly Brought[]): boolean;
  /** The change itself: it decides whether it is on trial. */
  attempt(work: () => Restored): Restored;
}

/** A connection. */
interface Client {
  readonly peer: Pick<Peer, "uid">;
}

export class Backups {
  private readonly parts: BackupsParts;
  /** The text of each user's on its way, and over which connection: one at a time, so that nobody can fill the memory with them. */
  private readonly handed = new Map<number, { readonly client: Client; text: string }>();
  constructor(parts: BackupsParts) {
    this.parts = parts;
  }

  read(): Backup {
    const { modes, profiles, blocklists, history, version } = this.parts;
    const { factory, rules } = rulesFile(this.parts.rules());
    const { recording, minutes, days, private: apps } = history.settings;
    return {
      format: "picket backup",
      version: backupVersion,
      made: new Date().toISOString(),
      picket: version,
      mode: modes.state.mode,
      profile: modes.state.profile,
      profiles: profiles.all(),
      factory,
      rules,
      blocklists: blocklists.list().map(({ name, url, enabled }) => ({ name, url, enabled })),
      history: { recording, minutes, days, private: apps },
    };
  }

  /** Errors: too_large, bad_backup (another connection began to hand one over). */
  append(client: Client, { first, text }: { first: boolean; text: string }): number {
    if (first) this.handed.set(client.peer.uid, { client, text: "" });
    const handed = this.textOf(client);
    handed.text += text;
    if (handed.text.length > largestBackup) {
      this.forget(client);
      throw new CodedError("too_large", `a backup of more than ${largestBackup / 1024 / 1024} MiB`);
    }
    return handed.text.length;
  }

  private textOf(client: Client): { text: string } {
    const handed = this.handed.get(client.peer.uid);
    if (handed?.client !== client) throw new CodedError("bad_backup", "none was handed over here");
    return handed;
  }

  /** The connection is gone. */
  forget(client: Client): void {
    if (this.handed.get(client.peer.uid)?.client === client) this.handed.delete(client.peer.uid);
  }

  /** Errors: see contract/backup.ts. */
  async restore(client: Client, wanting: Wanting): Promise<Restored> {
    const { text } = this.textOf(client);
    const restored = await this.bring(parseBackup(text), wanting, "restore", () => this.read());
    if (!wanting.dryRun) this.forget(client);
    return restored;
  }

  /** Errors: see contract/backup.ts. */
  undo(wanting: Wanting): Promise<Restored> {
    const before = this.parts.settings.get("beforeRestore", backupSchema);
    if (before === undefined) throw new CodedError("nothing_to_undo");
    return this.bring(before, wanting, "restore --undo", () => null);
  }

  /** `command`: what root would say for it. `keep`: what the next undo goes back to. */
  private async bring(
    wanted: Backup,
    { dryRun, asker, may, attempt }: Wanting,
    command: string,
    keep: () => Backup | null,
  ): Promise<Restored> {
    const { store, settings, modes, blocklists, history, rulesFiles } = this.parts;
    const profiles = wanted.profiles.map(checkedProfile);
    const staged = new StagedRules();
    const [problem] = staged.add(await withAppKeys(wanted.rules, asker)).problems;
    if (problem !== undefined) throw new CodedError("bad_rules_file", `rules.${problem.at}: ${problem.message}`);
    const plan = rulesFiles.plan(staged, { source: null, factory: wanted.factory });
    if (!may(plan.brought))
      throw new CodedError("not_permitted", `rules for everybody, root or another person: sudo picket ${command}`);
    const lists = blocklists.planFor(wanted.blocklists);
    const knownProfiles = this.parts.profiles.all();
    const text = JSON.stringify;
    const set = profiles.filter((each) => !knownProfiles.some((known) => text(known) === text(each)));
    const removed = knownProfiles.filter(({ name }) => !profiles.some((each) => each.name === name));
    const { added, changed, removed: gone, factory } = plan.result;
    const restored: Restored = {
      rules: { added: added.length, changed: changed.length + factory.length, removed: gone.length },
      profiles: { set: set.map(({ name }) => name), removed: removed.map(({ name }) => name) },
      mode: wanted.mode,
      blocklists: lists.report,
    };
    const kept = keep();
    const lost = kept && unreadable(kept);
    if (lost !== null) throw new CodedError("not_kept", lost);
    if (dryRun) return restored;
    return attempt(() => {
      const before = modes.state;
      try {
        durably(store, () => {
          settings.set("beforeRestore", kept);
          plan.carryOut();
          for (const { name } of removed) this.parts.profiles.remove(name);
          for (const profile of set) this.parts.profiles.define(profile);
          modes.restore({ mode: wanted.mode, profile: this.choice(wanted, profiles) });
          this.setHistory(wanted);
          lists.carryOut();
        });
      } catch (error) {
        // Nothing of it is stored: what rooms have in memory goes back as well.
        blocklists.reread();
        modes.forget(before);
        throw error;
      }
      history.reread();
      for (const app of wanted.history.private) this.keepPrivate(app);
      this.parts.changed();
      return restored;
    });
  }

  /** A profile that is there no more is no choice. */
  private choice({ profile }: Backup, profiles: readonly Profile[]): Backup["profile"] {
    const known = profile.name === null || profiles.some(({ name }) => name === profile.name);
    return known ? profile : { automatic: false, name: null };
  }

  /** Nothing is forgotten by a restore, which could not be taken back: times only get longer. */
  private setHistory({ history: wanted }: Backup): void {
    const { history } = this.parts;
    const { recording, minutes, days } = history.settings;
    const longer = { minutes: Math.max(minutes, wanted.minutes), days: Math.max(days, wanted.days) };
    if (recording === wanted.recording && minutes === longer.minutes && days === longer.days) return;
    history.write({ recording: wanted.recording, ...longer } as Parameters<typeof history.write>[0]);
  }

  private keepPrivate(app: string): void {
    try {
      const { history } = this.parts;
      if (!history.settings.private.includes(app)) history.setPrivate({ app, private: true, forget: false });
    } catch (error) {
      log("error", "an app could not be made private again", { app, error: String(error) });
    }
  }
}

/** Errors: bad_backup. */
function checkedProfile(given: Profile): Profile {
  const gateway = given.gateway === null ? null : gatewayText(given.gateway);
  if (given.gateway !== null && gateway === null)
    throw new CodedError("bad_backup", `profile ${given.name}: its router`);
  return { name: given.name, ssid: given.ssid, gateway, vpn: given.vpn };
}
