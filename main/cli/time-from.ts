// Times that somebody writes: a day or a minute of this computer's clock, or one with its zone. What can be read in two ways is refused.
import { UsageError } from "./usage.ts";

/** ISO 8601: a date, with hours and minutes, seconds, "Z" or an offset behind it. */
const written = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/i;

/** As UTC. A day alone begins at this computer's midnight. Throws UsageError, which names the option. */
export function timeFrom(option: string, given: string): string {
  const [, year, month, day, time = "00:00", zone = ""] = written.exec(given) ?? [];
  const date = `${year}-${month}-${day}`;
  const at = new Date(`${date}T${time}${zone}`);
  // Date takes 30 February for 2 March.
  const isDay = !Number.isNaN(Date.parse(date)) && new Date(date).toISOString().startsWith(date);
  if (!isDay || Number.isNaN(at.getTime()))
    throw new UsageError(`--${option} wants a day or a time (2026-11-23, 2026-11-23T09:30), not "${given}"`);
  return at.toISOString();
}
