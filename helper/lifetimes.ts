// Ends temporary rules when they are over: at their moment, with their app's last process, with the boot. Waits for each; polls only
// for new processes of an app that a rule waits to see quit.
import { CodedError } from "../contract/errors.ts";
import { parseDuration, type RuleLifetime } from "../contract/lifetime.ts";
import { isRunning, processesOf, startOf } from "./identity/running.ts";
import { Alarm, whenEnded } from "./kernel/wakeups.ts";
import { log } from "./log.ts";
import { isOver, nextExpiry, type ProcessId, type TemporaryRule } from "./policy/lifetime.ts";
import type { BootClock, Rules, Term } from "./store/rules.ts";
import { troubleOf } from "./store/trouble.ts";

/** How often new processes of an app are looked for while a `quit` rule of it waits; an end is heard of at once. Milliseconds. */
const lookAgain = 5000;
/** How soon it is tried again to remove what a full disk did not let go, milliseconds. */
const removeAgain = 5000;

export interface LifetimesParts {
  readonly rules: Rules;
  readonly clock: BootClock;
  /** Rules are gone: bring kernel, flows and cards to what is left. */
  ended(): void;
}

/** Those known to run, and whatever else of the app does. */
function withOthers(known: readonly ProcessId[], app: string | null): ProcessId[] {
  const others = app === null ? [] : processesOf(app).filter(({ pid }) => !known.some((each) => each.pid === pid));
  return [...known, ...others];
}

export class Lifetimes {
  private readonly parts: LifetimesParts;
  private readonly alarm: Alarm;
  /** For each `quit` rule the process whose end is waited for. */
  private readonly watched = new Map<number, { process: ProcessId; stop: () => void }>();
  private looks: NodeJS.Timeout | undefined;
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
    clearTimeout(this.again);
    for (const { stop } of this.watched.values()) stop();
    this.watched.clear();
  }

  /** What will end a rule that is made now. `asker`: a process that is known to be the app's. Errors: not_running. */
  termOf(lifetime: RuleLifetime, app: string | null, asker?: number): Term {
    if (lifetime === "quit") {
      const start = asker === undefined ? null : startOf(asker);
      const processes = withOthers(start === null ? [] : [{ pid: asker ?? 0, start }], app);
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
    for (const [number, { stop }] of this.watched) {
      if (quitting.some((rule) => rule.number === number)) continue;
      stop();
      this.watched.delete(number);
    }
    for (const rule of quitting) if (!this.watched.has(rule.number)) this.watch(rule);
    clearInterval(this.looks);
    this.looks = quitting.length > 0 ? setInterval(() => this.check(), lookAgain) : undefined;
  }

  /** One of the processes is enough: as long as it runs, the app does. */
  private watch({ number, processes }: TemporaryRule): void {
    for (const process of processes) {
      try {
        const stop = whenEnded(process.pid, () => {
          this.watched.delete(number);
          this.check();
        });
        // The number may have been another's by then: looked at only now that it cannot change its meaning unnoticed.
        if (isRunning(process)) {
          this.watched.set(number, { process, stop });
          return;
        }
        stop();
      } catch {
        // it ended
      }
    }
    // None is left: looked at again when this turn is over, for somebody may be in the midst of a change.
    setImmediate(() => this.check());
  }

  private check(): void {
    if (this.closed) return;
    try {
      const rules = this.parts.rules.temporary();
      for (const rule of rules) if (rule.lifetime === "quit") this.meetProcesses(rule);
      if (this.removeOver(this.parts.rules.temporary())) this.parts.ended();
      else this.follow();
    } catch (error) {
      log("error", "temporary rules could not be looked at", { error: String((error as Error).stack ?? error) });
    }
  }

  /** An app goes on in processes that it started meanwhile. On the disk, for a helper that starts anew cannot tell them from a new run. */
  private meetProcesses(rule: TemporaryRule): void {
    const processes = withOthers(rule.processes.filter(isRunning), rule.app);
    const known = new Set(rule.processes.map(({ pid, start }) => `${pid} ${start}`));
    if (processes.length === known.size && processes.every(({ pid, start }) => known.has(`${pid} ${start}`))) return;
    try {
      this.parts.rules.setProcesses(rule.number, processes);
    } catch (error) {
      // The rule ends with those that are stored: sooner, never later.
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

  private removeOver(rules: readonly TemporaryRule[]): boolean {
    const { boot } = this.parts.clock;
    const now = { boot, boottime: this.parts.clock.boottime(), runs: isRunning };
    const over = rules.filter((rule) => isOver(rule, now));
    if (over.length === 0) return false;
    if (!this.parts.rules.removeOver(over.map(({ number }) => number))) this.tryAgain();
    for (const { number, lifetime, app } of over)
      log("info", "a temporary rule is over", { rule: number, lifetime, app });
    return true;
  }
}
