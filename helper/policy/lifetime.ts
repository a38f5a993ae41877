// When a temporary rule is over. Pure: the clock and what runs are given.
import type { RuleLifetime } from "../../contract/lifetime.ts";

/** A process by what no other has: numbers are given again. `start`: field 22 of /proc/PID/stat, clock ticks since the boot. */
export interface ProcessId {
  readonly pid: number;
  readonly start: number;
}

export interface TemporaryRule {
  readonly number: number;
  readonly app: string | null;
  readonly lifetime: RuleLifetime;
  /** The boot in which it was made. */
  readonly boot: string;
  /** For a length of time: CLOCK_BOOTTIME milliseconds. */
  readonly expires: number | null;
  /** For `quit`: the app's processes as they were known last. */
  readonly processes: readonly ProcessId[];
}

export interface Moment {
  readonly boot: string;
  /** CLOCK_BOOTTIME milliseconds: it counts while the machine sleeps, and nobody can set it. */
  readonly boottime: number;
  runs(process: ProcessId): boolean;
}

export function isOver(rule: TemporaryRule, now: Moment): boolean {
  if (rule.boot !== now.boot) return true;
  if (rule.expires !== null) return now.boottime >= rule.expires;
  return rule.lifetime === "quit" && !rule.processes.some((process) => now.runs(process));
}

/**
 * Whether a new temporary rule is sure to hold for as long as one that it takes the place of, both of this boot. When an app quits nobody
 * knows beforehand.
 */
export function holdsAsLong(
  made: Pick<TemporaryRule, "lifetime" | "expires">,
  replaced: Pick<TemporaryRule, "lifetime" | "expires">,
): boolean {
  if (made.lifetime === "restart") return true;
  return made.expires !== null && replaced.expires !== null && made.expires >= replaced.expires;
}

/** The next moment at which a rule is over by itself, CLOCK_BOOTTIME milliseconds; null when none will be. */
export function nextExpiry(rules: readonly TemporaryRule[]): number | null {
  const times = rules.map(({ expires }) => expires).filter((expires) => expires !== null);
  return times.length === 0 ? null : Math.min(...times);
}
