// Changes on trial: in force at once, and taken back by themselves unless somebody confirms them in time. That is how a change that
// cuts the connection over which its maker works does not lock them out. Each person has one trial, which is nobody else's to keep or to end.
// A trial outlives the helper; it does not outlive the boot.
import * as v from "valibot";
import { CodedError } from "../contract/errors.ts";
import type { Action, Trial } from "../contract/words.ts";
import type { Asked } from "./enforced-policy.ts";
import { Alarm } from "./kernel/wakeups.ts";
import { log } from "./log.ts";
import { hasPassed, type Modes, type Moment, momentSchema, type State, stateSchema, wallTime } from "./modes.ts";
import type { OnTrial } from "./server/rights.ts";
import { decisions, durably, type Store } from "./store/database.ts";
import { type RuleChanges, type Undone, undoneSchema } from "./store/rule-changes.ts";
import type { BootClock } from "./store/rules.ts";
import type { Settings } from "./store/settings.ts";
import { troubleOf } from "./store/trouble.ts";

/** How long a change that cuts its maker's connection waits to be confirmed, seconds. */
const patience = 60;
/** How soon it is tried again to take something back on a full disk, milliseconds. */
const takeBackAgain = 5000;

const strictness: Record<Action, number> = { allow: 0, ask: 1, block: 2 };
const modeStrictness: Record<State["mode"], number> = { allow: 0, learn: 1, ask: 2, block: 3 };

const storedSchema = v.object({
  what: v.string(),
  ends: momentSchema,
  /** Uid of who made it. */
  by: v.optional(v.number(), 0),
  /** What the state was in those parts that are on trial. */
  before: v.partial(stateSchema),
  /** Changes of rules that are on trial, oldest first: what takes each back. */
  rules: v.array(v.union([v.object({ undo: v.number() }), v.object({ redo: undoneSchema })])),
  /** While it is being made: every change of rules with a higher number is on trial. */
  after: v.nullable(v.number()),
});
type Stored = v.InferOutput<typeof storedSchema>;
/** One of each person. An older helper kept one of all. */
const trialsSchema = v.union([
  v.array(storedSchema),
  v.pipe(
    storedSchema,
    v.transform((one) => [one]),
  ),
]);

export interface Attempt {
  /** One short sentence for people. */
  readonly what: string;
  /** The process that wants it, and its user. */
  readonly pid: number;
  readonly uid?: number;
  /** On trial in any case, for so many seconds. */
  readonly seconds: number | null;
}

export interface ProbationParts {
  readonly store: Store;
  readonly settings: Settings;
  readonly clock: BootClock;
  readonly modes: Modes;
  readonly changes: RuleChanges;
  /** The live connections over which somebody works with this process. */
  sessionOf(pid: number): Asked[];
  decide(asked: Asked): Action;
  /** Rules were taken back: bring kernel, flows and cards to what is left. */
  changed(): void;
}

const parts = ["mode", "lockdown", "pause", "profile"] as const satisfies (keyof State)[];

/** The parts of `before` that are otherwise in `after`. */
function difference(before: State, after: State): Partial<State> {
  const changed = parts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(after[part]));
  return Object.fromEntries(changed.map((part) => [part, before[part]]));
}

/** Whether a part of the state lets through, or may, what it did not before. */
function isLaxer(now: State, before: Partial<State>): boolean {
  const { mode, pause = now.pause, profile } = before;
  return (
    (mode !== undefined && modeStrictness[now.mode] < modeStrictness[mode]) ||
    (before.lockdown === true && !now.lockdown) ||
    (now.pause !== null && (pause === null || pause.at < now.pause.at)) ||
    // What counts in a profile, only the whole policy knows.
    (profile !== undefined && JSON.stringify(profile) !== JSON.stringify(now.profile))
  );
}

export class Probation {
  private readonly parts: ProbationParts;
  private readonly alarm: Alarm;
  /** No part of the state is in two of them. */
  private trials: readonly Stored[];
  private again: NodeJS.Timeout | undefined;

  constructor(given: ProbationParts) {
    this.parts = given;
    this.trials = given.settings.get("trial", trialsSchema) ?? [];
    this.alarm = new Alarm(() => this.onEnd());
    this.follow();
  }

  close(): void {
    clearTimeout(this.again);
    this.alarm.close();
  }

  /** What the user would keep. */
  trialOf(uid: number, everything: boolean): Trial | null {
    const kept = this.keptBy(uid, everything);
    return kept === null ? null : this.told(kept);
  }

  /** Everybody's. */
  get all(): Trial[] {
    return this.trials.map((each) => this.told(each));
  }

  /** The same, to know it again: set clocks do not move it. */
  onTrial(uid: number, everything: boolean): OnTrial | null {
    const kept = this.keptBy(uid, everything);
    return kept === null ? null : { what: kept.what, ends: kept.ends.at };
  }

  private told({ what, ends }: Stored): Trial {
    return { what, ends: wallTime(ends, this.parts.clock) };
  }

  /** The user's own; where that is none and they see everything, root's, else the next to end. */
  private keptBy(uid: number, everything: boolean): Stored | null {
    return this.of(uid) ?? (everything ? (this.of(0) ?? this.next) : null);
  }

  private of(uid: number): Stored | null {
    return this.trials.find(({ by }) => by === uid) ?? null;
  }

  private get next(): Stored | null {
    const [first, ...more] = this.trials;
    return more.reduce((next, each) => (each.ends.at < next.ends.at ? each : next), first as Stored) ?? null;
  }

  /** Whether something may connect that could not before, should the user keep what is on trial. */
  widens(uid: number, everything: boolean): boolean {
    const kept = this.keptBy(uid, everything);
    return kept !== null && this.isWidening(kept);
  }

  private isWidening(stored: Stored): boolean {
    const { changes, modes } = this.parts;
    const unfinished = stored.after === null ? [] : changes.after(stored.after).map((undo) => ({ undo }));
    const blockMore = [...stored.rules, ...unfinished].every(
      (step) => "undo" in step && changes.blockedMore(step.undo),
    );
    return !blockMore || isLaxer(modes.state, stored.before as Partial<State>);
  }

  /** Whether something may be kept out that was not before. What a change of rules does, only the whole policy knows. */
  private mayNarrow({ before, rules, after }: Stored): boolean {
    const { state } = this.parts.modes;
    return rules.length > 0 || after !== null || isLaxer({ ...state, ...(before as Partial<State>) }, state);
  }

  /** What was on trial when an earlier helper died and has had its time: call it before the first policy is made. */
  settleOverdue(): void {
    try {
      this.takeBackOverdue();
    } catch (error) {
      if (troubleOf(error) !== "full") throw error;
      this.again = setTimeout(() => this.onEnd(), takeBackAgain).unref();
    }
  }

  /**
   * Makes a change for a caller. It is on trial where the caller says so, or where the connection over which the caller works fares worse
   * by it. `undone`: what the work itself took back of the rules.
   */
  attempt<T>(attempt: Attempt, work: () => T, undone?: (result: T) => Undone): T {
    const { modes, changes } = this.parts;
    const session = this.parts.sessionOf(attempt.pid);
    const { trials } = this;
    const { uid = 0 } = attempt;
    const earlier = this.of(uid);
    const before = modes.state;
    const newest = changes.newest() ?? 0;
    const fared = session.map((asked) => strictness[this.parts.decide(asked)]);
    const wary = attempt.seconds !== null || session.length > 0;
    // First of all on the disk: who dies in the midst of the change takes it back as well.
    if (wary) this.write([...this.others(uid), this.begin(attempt, earlier, before, newest)]);
    let result: T;
    try {
      result = work();
    } catch (error) {
      if (wary) this.write(trials);
      throw error;
    }
    const cut = session.some((asked, at) => strictness[this.parts.decide(asked)] > (fared[at] ?? 0));
    const changed = difference(before, modes.state);
    const steps = [...changes.after(newest).map((undo) => ({ undo })), ...(undone ? [{ redo: undone(result) }] : [])];
    const begun = this.of(uid);
    // What others have on trial of the same is theirs no more: it is not what they wanted.
    const others = this.others(uid).flatMap((each) => withoutParts(each, changed));
    if (begun !== null && (attempt.seconds !== null || cut)) {
      const rules = [...(earlier?.rules ?? []), ...steps];
      const parts = { ...changed, ...overlap(this.before(trials), changed), ...earlier?.before };
      this.write([...others, { ...begun, before: parts, rules, after: null }]);
      log("info", "a change is on trial", { what: attempt.what, cut });
    } else if (wary || trials.length > 0)
      this.write([...others, ...(earlier === null ? [] : withoutParts(earlier, changed))]);
    return result;
  }

  private others(uid: number): Stored[] {
    return this.trials.filter(({ by }) => by !== uid);
  }

  /** What the state was before all that is on trial. */
  private before(trials: readonly Stored[]): Partial<State> {
    return Object.assign({}, ...trials.map(({ before }) => before));
  }

  private begin({ what, seconds, uid = 0 }: Attempt, earlier: Stored | null, before: State, newest: number): Stored {
    return {
      what,
      by: uid,
      ends: this.endOf(seconds, earlier),
      before: { ...before, ...this.before(this.trials) },
      rules: earlier?.rules ?? [],
      after: newest,
    };
  }

  /** Only who says so keeps for longer what lets more through, or ends sooner what keeps more out: any program can cut a connection of its own. */
  private endOf(seconds: number | null, earlier: Stored | null): Moment {
    const { boot, boottime } = this.parts.clock;
    const at = Math.round(boottime() + (seconds ?? patience) * 1000);
    const stays =
      earlier !== null &&
      seconds === null &&
      (earlier.ends.at < at ? this.isWidening(earlier) : this.mayNarrow(earlier));
    return stays ? earlier.ends : { boot, at };
  }

  /** Keeps what is on trial as the user was told. Errors: nothing_to_confirm. */
  confirm(uid: number, everything: boolean): void {
    const kept = this.keptBy(uid, everything);
    if (kept === null) throw new CodedError("nothing_to_confirm");
    // Also one that its helper's death left unfinished, and so with all parts.
    this.write(this.others(kept.by).flatMap((each) => withoutParts(each, kept.before as Partial<State>)));
  }

  private write(trials: readonly Stored[]): void {
    if (trials === this.trials || (trials.length === 0 && this.trials.length === 0)) return;
    durably(this.parts.store, () => this.parts.settings.set("trial", trials.length === 0 ? null : trials));
    this.trials = trials;
    this.follow();
  }

  private follow(): void {
    this.alarm.set(this.next?.ends.at ?? null);
  }

  private onEnd(): void {
    const before = decisions(this.parts.store);
    try {
      try {
        this.takeBackOverdue();
      } finally {
        // What is taken back counts, also where the disk has no room for the rest.
        if (decisions(this.parts.store) !== before) this.parts.changed();
      }
    } catch (error) {
      log("error", "a change on trial could not be taken back", { error: String((error as Error).stack ?? error) });
      if (troubleOf(error) === "full") this.again = setTimeout(() => this.onEnd(), takeBackAgain).unref();
    }
  }

  private takeBackOverdue(): void {
    const overdue = this.trials.filter(({ ends }) => hasPassed(ends, this.parts.clock));
    for (const each of overdue) this.takeBack(each);
  }

  private takeBack(stored: Stored): void {
    const { changes, modes } = this.parts;
    log("warn", "nobody confirmed a change: it is taken back", { what: stored.what });
    const unfinished = stored.after === null ? [] : changes.after(stored.after).map((undo) => ({ undo }));
    for (const step of [...stored.rules, ...unfinished].reverse()) {
      try {
        durably(this.parts.store, () => ("undo" in step ? changes.takeBack(step.undo) : changes.redo(step.redo)));
      } catch (error) {
        if (troubleOf(error) === "full") throw error;
        // It was taken back already.
        log("warn", "a change of rules on trial stays as it is", { error: String(error) });
      }
    }
    modes.restore(stored.before as Partial<State>);
    this.write(this.others(stored.by));
  }
}

/** What was changed again, and not on this trial, is what somebody wants: it stays. None where nothing is left on trial. */
function withoutParts(stored: Stored, changed: Partial<State>): Stored[] {
  const before = Object.fromEntries(Object.entries(stored.before).filter(([part]) => !(part in changed)));
  if (Object.keys(before).length === 0 && stored.rules.length === 0) return [];
  return [{ ...stored, before }];
}

/** The parts of `known` that are in `wanted`. */
function overlap(known: Partial<State>, wanted: Partial<State>): Partial<State> {
  return Object.fromEntries(Object.entries(known).filter(([part]) => part in wanted));
}
