// Numbers and lengths of time in words.
import { type Lifetime, parseDuration } from "../../../contract/lifetime.ts";

export const count = (n: number, one: string, many: string): string =>
  `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const durationUnits: Record<"m" | "h" | "d", [one: string, many: string]> = {
  m: ["minute", "minutes"],
  h: ["hour", "hours"],
  d: ["day", "days"],
};

/** "1 hour" */
export function durationText(lifetime: Lifetime): string {
  const length = parseDuration(lifetime);
  return length === null ? lifetime : count(length.count, ...durationUnits[length.unit]);
}

/** The largest unit that says enough: "2 days", "3 hours", "5 minutes". Rounded up: what is left is never nothing. */
export function timeLeft(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / 60_000));
  if (minutes < 90) return count(minutes, ...durationUnits.m);
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? count(hours, ...durationUnits.h) : count(Math.ceil(hours / 24), ...durationUnits.d);
}
