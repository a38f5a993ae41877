// How long an answer or a rule holds.
import * as v from "valibot";

/** "30m", "1h", "7d": counted awake or asleep. */
export type Duration = `${number}${"m" | "h" | "d"}`;

const unitMilliseconds = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** What is meant to hold longer is meant to be for good. */
const longest = 365 * unitMilliseconds.d;

/** Null for what is no length of time, or one of nothing or of more than a year. */
export function parseDuration(text: string): { count: number; unit: "m" | "h" | "d"; milliseconds: number } | null {
  const [, digits, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  if (digits === undefined || (unit !== "m" && unit !== "h" && unit !== "d")) return null;
  const count = Number(digits);
  const milliseconds = count * unitMilliseconds[unit];
  return milliseconds <= longest ? { count, unit, milliseconds } : null;
}

export const durationSchema = v.custom<Duration>(
  (value) => typeof value === "string" && parseDuration(value) !== null,
  "a number of minutes (m), hours (h) or days (d), at most a year",
);

/** quit: until the app's last process ends. restart: until the machine does. */
export const ruleLifetimeSchema = v.union([v.picklist(["quit", "restart", "forever"]), durationSchema]);
export type RuleLifetime = v.InferOutput<typeof ruleLifetimeSchema>;

/** once: only the flows joined to the card when it is answered. It makes no rule. */
export const lifetimeSchema = v.union([v.literal("once"), ruleLifetimeSchema]);
export type Lifetime = v.InferOutput<typeof lifetimeSchema>;
