// The chart's columns: what came lies above its line, what went below it. Pure.
import type { HistoryEvent, HistorySeries } from "../../../contract/history.ts";
import type { Look, Span } from "./look.ts";

/** Unix seconds at which each bucket begins; bytes, or bytes a second; blocked connections. */
/** The last column closes the last bucket. Null: nothing was measured, for the computer slept. */
export type Columns = [starts: number[], came: (number | null)[], went: (number | null)[], blocked: (number | null)[]];

const usual = { second: 1, minute: 60, quarter: 900, hour: 3600, day: 86_400 };

/** Seconds of a bucket. Days differ where clocks are changed. */
export function lengthOf(series: HistorySeries, at: number): number {
  const [start, next] = [series.starts[at], series.starts[at + 1]];
  return start === undefined || next === undefined ? usual[series.bucket] : next - start;
}

/** When the computer slept, as far as anybody knows until when. */
export function sleepsOf(events: readonly HistoryEvent[]): Span[] {
  return events.flatMap(({ kind, time, until }) =>
    kind === "sleep" && until !== null ? [{ from: secondsOf(time), to: secondsOf(until) }] : [],
  );
}

/** By bucket: the sleep it lies in as a whole, null where there is none. What was measured for all that is shown. */
function asleepIn(series: HistorySeries, sleeps: readonly Span[]): (Span | null)[] {
  return series.starts.map((start, at) => {
    if (series.bytesIn[at] || series.bytesOut[at]) return null;
    return sleeps.find(({ from, to }) => from <= start && start + lengthOf(series, at) <= to) ?? null;
  });
}

/**
 * Where no line is drawn: in buckets that were slept through, and of the one before and the one after the part that was. A shorter sleep leaves
 * none: its buckets have what they have.
 */
export function gapsOf(series: HistorySeries, sleeps: readonly Span[]): Span[] {
  const gaps: Span[] = [];
  const asleep = asleepIn(series, sleeps);
  for (const [at, sleep] of asleep.entries()) {
    if (sleep === null) continue;
    const last = gaps.at(-1);
    const end = (bucket: number): number => (series.starts[bucket] ?? 0) + lengthOf(series, bucket);
    const to = Math.min(sleep.to, end(Math.min(at + 1, asleep.length - 1)));
    if (last !== undefined && asleep[at - 1] === sleep) last.to = to;
    else gaps.push({ from: Math.max(sleep.from, series.starts[Math.max(0, at - 1)] ?? 0), to });
  }
  return gaps;
}

/** Seconds of a bucket that are over: the last one is not yet, and its rate is of those. `now`: Unix seconds. */
export function secondsOver(series: HistorySeries, at: number, now: number): number {
  return Math.max(1, Math.min(lengthOf(series, at), now - (series.starts[at] ?? now)));
}

/** What is drawn: per second (`rate`) or as a whole (`total`); null where the computer slept. `now`: Unix seconds. */
export function columnsOf(
  series: HistorySeries,
  measure: Look["measure"],
  now: number,
  sleeps: readonly Span[],
): Columns {
  const asleep = asleepIn(series, sleeps);
  const by = (at: number): number => (measure === "total" ? 1 : secondsOver(series, at, now));
  const last = series.starts.length - 1;
  const end = (series.starts[last] ?? 0) + lengthOf(series, last);
  const closed = (values: number[]): (number | null)[] => {
    const measured = values.map((value, at) => (asleep[at] === null ? value : null));
    return [...measured, last < 0 ? 0 : (measured[last] ?? null)];
  };
  return [
    [...series.starts, end],
    closed(series.bytesIn.map((bytes, at) => bytes / by(at))),
    closed(series.bytesOut.map((bytes, at) => (bytes === 0 ? 0 : -bytes / by(at)))),
    [...series.blocked, null],
  ];
}

/** The bucket in which that time lies, in reach of the series. */
export function bucketAt(starts: readonly number[], time: number): number {
  const after = starts.findIndex((start) => start > time);
  return after < 0 ? starts.length - 1 : Math.max(0, after - 1);
}

/** Whole buckets from one to another, whichever is first. */
export function spanBetween(series: HistorySeries, one: number, other: number): Span {
  const [first, last] = [Math.min(one, other), Math.max(one, other)];
  const start = series.starts[last] ?? 0;
  return { from: series.starts[first] ?? 0, to: start + lengthOf(series, last) };
}

/** The bucket with most bytes in both directions; null where nothing went at all. */
export function busiest(series: HistorySeries): number | null {
  let best: number | null = null;
  let most = 0;
  series.starts.forEach((_, at) => {
    const bytes = (series.bytesIn[at] ?? 0) + (series.bytesOut[at] ?? 0);
    if (bytes > most) [best, most] = [at, bytes];
  });
  return best;
}

export const secondsOf = (iso: string): number => Date.parse(iso) / 1000;
