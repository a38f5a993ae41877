// Ends temporary rules when they are over: at their moment, with their app's last process, with the boot. Waits for each; polls only
// for new processes of an app that a rule waits to see quit.
import { CodedError } from "../contract/errors.ts";
import { parseDuration, type RuleLifetime } from "../contract/lifetime.ts";
import { isRunning, processesOf, startOf } from "./identity/running.ts";
import { SystemError } from "./kernel/libc.ts";
import { Alarm, whenEnded } from "./kernel/wakeups.ts";
import { log } from "./log.ts";
import { isOver, nextExpiry, type ProcessId, type TemporaryRule } from "./policy/lifetime.ts";
import type { BootClock, Rules, Term } from "./store/rules.ts";
import { troubleOf } from "./store/trouble.ts";

const ESRCH = 3;

/** How often new processes of an app are looked for while a `quit` rule of it waits; an end is heard of at once. Milliseconds. */
const lookAgain = 5000;
/** How soon everything is looked at after an end: many may end one after the other. Milliseconds. */
const lookSoon = 50;
/** Processes of an app that are stored for a rule; the others are found while the helper runs. */
const mostProcesses = 16;
/** How soon it is tried again to remove what a full disk did not let go, milliseconds. */
const removeAgain = 5000;

export interface LifetimesParts {
  readonly rules: Rules;
  readonly clock: BootClock;
  /** Rules are gone: bring kernel, flows and cards to what is left. */
  ended(): void;
}

function nameOf({ pid, start }: ProcessId): string {
  return `${pid} ${start}`;
}

/** Those known to run, and others of the app as far as they are kept. */
function withOthers(known: readonly ProcessId[], others: readonly ProcessId[]): ProcessId[] {
  const all = new Map(known.map((process) => [nameOf(process), process]));
  for (const process of others) {
    if (all.size >= mostProcesses) break;
    all.set(nameOf(process), process);
  }
  return [...all.values()];
}

/** isRunning(), which looks at a process once. */
function looksOnce(): typeof isRunning {
  const seen = new Map<string, boolean>();
  return (process) => {
    const name = nameOf(process);
    const running = seen.get(name) ?? isRunning(process);
    seen.set(name, running);
    return running;
  };
}

export class Lifetimes {
  private readonly parts: LifetimesParts;
  private readonly alarm: Alarm;
  /** Processes whose end is waited for, and the way to stop that. */
  private readonly watched = new Map<string, () => void>();
  private looks: NodeJS.Timeout | undefined;
  private soon: NodeJS.Timeout | undefined;
  private again: NodeJS.Timeout | undefined;
  private closed = false;

  /** Removes what is over already: by an earlier boot, or while no helper ran. */
  constructor(parts: LifetimesParts) {
    this.parts = parts;
    this.removeOver(parts.rules.temporary());
    this.alarm = new Alarm(() => this.check());
  }

  close(): void {
    this.closed = true;
    this.alarm.close();
    clearInterval(this.looks);
    clearTimeout(this.soon);
    clearTimeout(this.again);
    for (const stop of this.watched.values()) stop();
    this.watched.clear();
  }

  /** What will end a rule that is made now. `asker`: a process that is known to be the app's. Errors: not_running. */
  termOf(lifetime: RuleLifetime, app: string | null, asker?: number): Term {
    if (lifetime === "quit") {
      const start = asker === undefined ? null : startOf(asker);
      const others = app === null ? [] : (processesOf([app]).get(app) ?? []);
      const processes = withOthers(start === null ? [] : [{ pid: asker ?? 0, start }], others);
      if (processes.length === 0) throw new CodedError("not_running", app ?? "any app");
      return { expires: null, processes };
    }
    return { expires: this.expiryOf(lifetime), processes: [] };
  }

  /** When a rule that is made now is over, CLOCK_BOOTTIME milliseconds; null for one that is no length of time. */
  expiryOf(lifetime: RuleLifetime): number | null {
    const length = parseDuration(lifetime);
    return length === null ? null : Math.round(this.parts.clock.boottime() + length.milliseconds);
  }

  /** After every change of the rules: waits for what ends next. */
  follow(): void {
    const rules = this.parts.rules.temporary();
    this.alarm.set(nextExpiry(rules));
    const quitting = rules.filter(({ lifetime }) => lifetime === "quit");
    this.watchAll(quitting);
    if (quitting.length > 0) this.looks ??= setInterval(() => this.check(), lookAgain);
    else {
      clearInterval(this.looks);
      this.looks = undefined;
    }
  }

  /** For each rule one of its processes is enough: as long as it runs, the app does. One watch is for all rules with that process. */
  private watchAll(rules: readonly TemporaryRule[]): void {
    const tried = new Map<string, boolean>();
    const goesOn = (process: ProcessId) => {
      const name = nameOf(process);
      const known = tried.get(name) ?? (this.watched.has(name) || this.watch(process));
      tried.set(name, known);
      return known;
    };
    // Looked at again when this turn is over where none is left, for somebody may be in the midst of a change.
    for (const { processes } of rules) if (!processes.some(goesOn)) this.checkSoon();
    for (const [name, stop] of this.watched) {
      if (tried.has(name)) continue;
      stop();
      this.watched.delete(name);
    }
  }

  /** False when it has ended. */
  private watch(process: ProcessId): boolean {
    const name = nameOf(process);
    let stop = () => {};
    try {
      stop = whenEnded(process.pid, () => {
        this.watched.delete(name);
        this.checkSoon();
      });
    } catch (error) {
      if (error instanceof SystemError && error.errno === ESRCH) return false;
      // It may run and cannot be waited for (too many open files): the next look finds its end.
      return isRunning(process);
    }
    // The number may have been another's by then: looked at only now that it cannot change its meaning unnoticed.
    if (isRunning(process)) this.watched.set(name, stop);
    else stop();
    return this.watched.has(name);
  }

  private checkSoon(): void {
    this.soon ??= setTimeout(() => {
      this.soon = undefined;
      this.check();
    }, lookSoon);
  }

  private check(): void {
    if (this.closed) return;
    try {
      const runs = looksOnce();
      this.meetProcesses(runs);
      if (this.removeOver(this.parts.rules.temporary(), runs)) this.parts.ended();
      else this.follow();
    } catch (error) {
      log("error", "temporary rules could not be looked at", { error: String((error as Error).stack ?? error) });
    }
  }

  /** An app goes on in processes that it started meanwhile. On the disk, for a helper that starts anew cannot tell them from a new run. */
  private meetProcesses(runs: typeof isRunning): void {
    const rules = this.parts.rules.temporary().filter(({ lifetime }) => lifetime === "quit");
    const found = processesOf(rules.map(({ app }) => app).filter((app) => app !== null));
    const met = new Map<number, ProcessId[]>();
    for (const rule of rules) {
      const processes = withOthers(rule.processes.filter(runs), found.get(rule.app ?? "") ?? []);
      const known = new Set(rule.processes.map(nameOf));
      const same = processes.length === known.size && processes.every((process) => known.has(nameOf(process)));
      if (!same) met.set(rule.number, processes);
    }
    if (met.size === 0) return;
    try {
      this.parts.rules.setProcesses(met);
    } catch (error) {
      // The rules end with those that are stored: sooner, never later.
      if (troubleOf(error) !== "full") throw error;
    }
  }

  /** Removes what is over by now, as part of the caller's transaction: a change that is taken back may bring old rules. */
  dropOver(): void {
    this.removeOver(this.parts.rules.temporary());
  }

  /** What a full disk did not let go. */
  private tryAgain(): void {
    this.again ??= setTimeout(() => {
      this.again = undefined;
      if (!this.closed && !this.parts.rules.removeOver([])) this.tryAgain();
    }, removeAgain).unref();
  }

  private removeOver(rules: readonly TemporaryRule[], runs = looksOnce()): boolean {
    const { boot } = this.parts.clock;
    const now = { boot, boottime: this.parts.clock.boottime(), runs };
    const over = rules.filter((rule) => isOver(rule, now));
    if (over.length === 0) return false;
    if (!this.parts.rules.removeOver(over.map(({ number }) => number))) this.tryAgain();
    for (const { number, lifetime, app } of over)
      log("info", "a temporary rule is over", { rule: number, lifetime, app });
    return true;
  }
}
