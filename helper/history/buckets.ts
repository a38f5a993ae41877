// Where the points of a chart begin in a time zone. Everything is stored in UTC; days are drawn by whoever looks, wherever that is. Pure.
import type { HistoryBucket } from "../../contract/history.ts";

/** Seconds; a day is usually as long. */
export const bucketSeconds: Record<HistoryBucket, number> = {
  second: 1,
  minute: 60,
  quarter: 900,
  hour: 3600,
  day: 86_400,
};

/** Seconds that a time zone is ahead of UTC at a Unix second. Throws RangeError for a zone that is none. */
export function zoneOffset(zone: string): (at: number) => number {
  if (zone === "UTC") return () => 0;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  return (at) => {
    const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of format.formatToParts(at * 1000)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    return Math.round(Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - at);
  };
}

/** A stretch of time in which the zone's offset stays the same: up to the next one's `from`. */
interface Stretch {
  readonly from: number;
  readonly offset: number;
}

/** How far apart the offset is looked at: no zone changes its clocks twice within a week. */
const stride = 7 * 86_400;

function stretches(from: number, to: number, offsetAt: (at: number) => number): Stretch[] {
  const found: Stretch[] = [{ from, offset: offsetAt(from) }];
  for (let at = from; at < to; at += stride) {
    const end = Math.min(at + stride, to);
    const { offset } = found.at(-1) as Stretch;
    const later = offsetAt(end);
    if (later === offset) continue;
    let [before, after] = [at, end];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offset) before = middle;
      else after = middle;
    }
    found.push({ from: after, offset: later });
  }
  return found;
}

/**
 * Beginnings of all buckets that [from, to) touches, Unix seconds, ascending. Where clocks are put forward over midnight, the day begins at
 * the change; where they are put back over it, once.
 */
export function bucketStarts(from: number, to: number, bucket: HistoryBucket, zone: string): number[] {
  const size = bucketSeconds[bucket];
  const offsetAt = size < 900 ? () => 0 : zoneOffset(zone);
  // The first bucket begins before: with the offset of a day earlier at most.
  const parts = stretches(from - (size === 86_400 ? 2 * size : size), to, offsetAt);
  const starts: number[] = [];
  /** Number of the last day that began: where midnight comes twice, its day began with the first. */
  let last = Number.NEGATIVE_INFINITY;
  const begins = (at: number, offset: number) => {
    const day = Math.floor((at + offset) / size);
    if (bucket === "day" && day <= last) return;
    last = day;
    starts.push(at);
  };
  for (const [index, { from: begin, offset }] of parts.entries()) {
    const end = parts[index + 1]?.from ?? to;
    const before = parts[index - 1];
    const skipped =
      before !== undefined && Math.floor((begin + offset) / size) > Math.floor((begin - 1 + before.offset) / size);
    const first = Math.ceil((begin + offset) / size) * size - offset;
    if (skipped && first !== begin) begins(begin, offset);
    for (let at = first; at < end; at += size) begins(at, offset);
  }
  const inside = starts.findIndex((start) => start > from);
  return starts.slice(Math.max(0, (inside < 0 ? starts.length : inside) - 1));
}

/** For every unit (seconds) of [from, to), which bucket it is in. */
export function bucketTable(from: number, to: number, unit: number, starts: readonly number[]): Int32Array {
  const table = new Int32Array(Math.ceil((to - from) / unit));
  let bucket = 0;
  for (let at = 0; at < table.length; at++) {
    while (bucket + 1 < starts.length && (starts[bucket + 1] as number) <= from + at * unit) bucket++;
    table[at] = bucket;
  }
  return table;
}
