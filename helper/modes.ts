// What stands around the rules: the mode, pause, lockdown and the active profile. All of it outlives the helper.
import * as v from "valibot";
import { CodedError } from "../contract/errors.ts";
import { type Duration, parseDuration } from "../contract/lifetime.ts";
import { type Mode, modeSchema, type Networks, type Profile, type Standing } from "../contract/words.ts";
import type { Situation } from "./enforced-policy.ts";
import { Alarm } from "./kernel/wakeups.ts";
import { log } from "./log.ts";
import { profileFor } from "./policy/profile.ts";
import { durably, type Store } from "./store/database.ts";
import type { Profiles } from "./store/profiles.ts";
import type { BootClock } from "./store/rules.ts";
import type { Settings } from "./store/settings.ts";
import { troubleOf } from "./store/trouble.ts";

/** `boot`: the boot it belongs to, after which it has passed. `at`: CLOCK_BOOTTIME milliseconds. */
export const momentSchema = v.object({ boot: v.string(), at: v.number() });
export type Moment = v.InferOutput<typeof momentSchema>;

export function hasPassed({ boot, at }: Moment, clock: BootClock): boolean {
  return boot !== clock.boot || clock.boottime() >= at;
}

/** By the clock on the wall, ISO 8601, to the second: between two clocks milliseconds differ each time. */
export function wallTime({ at }: Moment, clock: BootClock): string {
  return new Date(Math.floor((Date.now() - clock.boottime() + at) / 1000) * 1000).toISOString();
}

export const stateSchema = v.object({
  mode: modeSchema,
  lockdown: v.boolean(),
  /** Its end. */
  pause: v.nullable(momentSchema),
  /** By hand: a name or none. By the network: automatic, and `name` is null. */
  profile: v.object({ automatic: v.boolean(), name: v.nullable(v.string()) }),
});
export type State = v.InferOutput<typeof stateSchema>;

export interface ModesParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly profiles: Profiles;
  readonly clock: BootClock;
  /** What a state folder begins with. */
  readonly initial: Mode;
  /** Hear of everything that happened until now: it happened as things stand. */
  catchUp(): void;
  /** Bring kernel, flows and cards to it. */
  changed(): void;
}

export class Modes {
  private readonly parts: ModesParts;
  private readonly alarm: Alarm;
  private current: State;
  private known: Networks | null = null;

  constructor(parts: ModesParts) {
    const { settings, initial, clock } = parts;
    this.parts = parts;
    const stored = settings.get("standing", stateSchema);
    this.current = stored ?? {
      // What cannot be read any more may have been stricter than what a new folder begins with.
      mode: settings.has("standing") ? "ask" : initial,
      lockdown: false,
      pause: null,
      profile: { automatic: true, name: null },
    };
    if (this.current.pause !== null && hasPassed(this.current.pause, clock))
      this.current = { ...this.current, pause: null };
    if (this.current !== stored) this.begin(stored !== undefined);
    this.alarm = new Alarm(() => this.endPause());
    this.alarm.set(this.current.pause?.at ?? null);
  }

  /** `known`: only a pause is over, which whoever reads what is stored finds again. */
  private begin(known: boolean): void {
    try {
      this.write(this.current);
    } catch (error) {
      if (!known || troubleOf(error) !== "full") throw error;
    }
  }

  close(): void {
    this.alarm.close();
  }

  get state(): State {
    return this.current;
  }

  /** What NetworkManager says, null where it does not run. */
  get networks(): Networks | null {
    return this.known;
  }

  get situation(): Situation {
    const { mode, lockdown, pause } = this.current;
    return { mode, override: lockdown ? "lockdown" : pause === null ? null : "pause", profile: this.profile };
  }

  private get profile(): string | null {
    const { automatic, name } = this.current.profile;
    return automatic ? profileFor(this.known, this.parts.profiles.all()) : name;
  }

  get standing(): Omit<Standing, "trial"> {
    const { mode, override, profile } = this.situation;
    const { pause, profile: choice } = this.current;
    const ends = override === "pause" && pause !== null ? wallTime(pause, this.parts.clock) : null;
    return {
      mode,
      override: override === null ? null : { kind: override, ends },
      profile,
      automatic: choice.automatic,
    };
  }

  /** On the disk, then in force. */
  set(change: Partial<State>): void {
    this.parts.catchUp();
    this.restore(change);
    this.parts.changed();
  }

  /** Only on the disk: whoever calls it brings the policy to it. */
  restore(change: Partial<State>): void {
    this.write({ ...this.current, ...change });
    this.alarm.set(this.current.pause?.at ?? null);
  }

  /** What restore() took on was not stored after all. */
  forget(before: State): void {
    this.current = before;
    this.alarm.set(before.pause?.at ?? null);
  }

  private write(state: State): void {
    durably(this.parts.store, () => this.parts.settings.set("standing", state));
    this.current = state;
  }

  pause(length: Duration | null): void {
    const milliseconds = length === null ? undefined : parseDuration(length)?.milliseconds;
    const { boot, boottime } = this.parts.clock;
    this.set({ pause: milliseconds === undefined ? null : { boot, at: Math.round(boottime() + milliseconds) } });
  }

  private endPause(): void {
    try {
      const { pause } = this.current;
      if (pause === null || !hasPassed(pause, this.parts.clock)) return;
      log("info", "the pause is over");
      this.parts.catchUp();
      this.current = { ...this.current, pause: null };
      // Its end is stored with it: a full disk makes no pause longer.
      this.begin(true);
      this.parts.changed();
    } catch (error) {
      log("error", "the pause could not be ended", { error: String((error as Error).stack ?? error) });
    }
  }

  /** Errors: unknown_profile. */
  chooseProfile(choice: { name: string | null } | { automatic: true }): void {
    const name = "automatic" in choice ? null : choice.name;
    if (name !== null && !this.parts.profiles.has(name)) throw new CodedError("unknown_profile", name);
    this.set({ profile: { automatic: "automatic" in choice, name } });
  }

  define(profile: Profile): void {
    this.changingProfile(() => durably(this.parts.store, () => this.parts.profiles.define(profile)));
  }

  /** Errors: unknown_profile. */
  remove(name: string): void {
    this.changingProfile(() => {
      durably(this.parts.store, () => this.parts.profiles.remove(name));
      if (this.current.profile.name === name)
        this.write({ ...this.current, profile: { automatic: false, name: null } });
    });
  }

  /** NetworkManager has news, or is gone (null): a network that nobody can name asks for no profile. */
  meet(networks: Networks | null): void {
    this.changingProfile(() => {
      this.known = networks;
    });
  }

  private changingProfile(work: () => void): void {
    const before = this.profile;
    work();
    const after = this.profile;
    if (after === before) return;
    log("info", "another profile is active", { profile: after });
    this.parts.changed();
  }
}
