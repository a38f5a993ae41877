// Zahlen und Zeitspannen in Worten.
import { type Lifetime, parseDuration } from "../../../contract/lifetime.ts";

const plurals = new Intl.PluralRules("de");

/** "1.234 Regeln": the number as it is written in German, and the word that goes with it. */
export const count = (n: number, one: string, many: string): string =>
  `${number(n)} ${plurals.select(n) === "one" ? one : many}`;

/** "1.234" */
export const number = (n: number): string => n.toLocaleString("de");

const durationUnits: Record<"m" | "h" | "d", [one: string, many: string]> = {
  m: ["Minute", "Minuten"],
  h: ["Stunde", "Stunden"],
  d: ["Tag", "Tage"],
};

/** "1 Stunde": after »für«. */
export function durationText(lifetime: Lifetime): string {
  const length = parseDuration(lifetime);
  return length === null ? lifetime : count(length.count, ...durationUnits[length.unit]);
}

/** The largest unit that says enough: "2 Tage", "3 Stunden", "5 Minuten". Rounded up: what is left is never nothing. */
export function timeLeft(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / 60_000));
  if (minutes < 90) return count(minutes, ...durationUnits.m);
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? count(hours, ...durationUnits.h) : count(Math.ceil(hours / 24), ...durationUnits.d);
}
