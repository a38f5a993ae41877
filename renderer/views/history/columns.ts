// The chart's columns: what came lies above its line, what went below it. Pure.
import type { HistorySeries } from "../../../contract/history.ts";
import type { Look, Span } from "./look.ts";

/** Unix seconds at which each bucket begins; bytes, or bytes a second; blocked connections. */
/** The last column closes the last bucket. */
export type Columns = [starts: number[], came: number[], went: number[], blocked: (number | null)[]];

const usual = { second: 1, minute: 60, quarter: 900, hour: 3600, day: 86_400 };

/** Seconds of a bucket. Days differ where clocks are changed. */
export function lengthOf(series: HistorySeries, at: number): number {
  const [start, next] = [series.starts[at], series.starts[at + 1]];
  return start === undefined || next === undefined ? usual[series.bucket] : next - start;
}

/** The last bucket is not over yet: its rate is of what is over of it. `now`: Unix seconds. */
export function columnsOf(series: HistorySeries, measure: Look["measure"], now: number): Columns {
  const by = (at: number): number => {
    if (measure === "total") return 1;
    const over = now - (series.starts[at] ?? now);
    return Math.max(1, Math.min(lengthOf(series, at), over));
  };
  const last = series.starts.length - 1;
  const end = (series.starts[last] ?? 0) + lengthOf(series, last);
  const closed = (values: number[]): number[] => [...values, values[last] ?? 0];
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
