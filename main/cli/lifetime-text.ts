// Lifetimes on the command line: how they are given, and how a rule's is shown.
import * as v from "valibot";
import type { Lifetime, RuleLifetime } from "../../contract/lifetime.ts";
import type { Rule } from "../../contract/words.ts";
import { UsageError } from "./usage.ts";

/** `given` as the schema takes it. */
export function lifetimeFrom<T extends Lifetime | RuleLifetime>(given: string, schema: v.GenericSchema<unknown, T>): T {
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return parsed.output;
  const words = ["once", "quit", "restart", "forever"].filter((word) => v.is(schema, word));
  throw new UsageError(`--lifetime is ${words.join(", ")} or a time like 30m, 1h or 7d, not "${given}"`);
}

/** "1h, 42m left"; "1h" while that is what is left. */
export function lifetimeText({ lifetime, expires }: Rule, now: number): string {
  if (expires === null) return lifetime;
  const left = timeLeft(expires, now);
  return left === lifetime ? lifetime : `${lifetime}, ${left} left`;
}

/** "2d 3h", "1h 5m", "42m". `ends`: ISO 8601. */
export function timeLeft(ends: string, now: number): string {
  const minutes = Math.max(0, Math.ceil((Date.parse(ends) - now) / 60_000));
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  const parts = [`${days}d`, `${hours}h`, `${minutes % 60}m`].slice(days > 0 ? 0 : 1, days > 0 ? 2 : 3);
  return parts.filter((part) => !part.startsWith("0")).join(" ") || "0m";
}
