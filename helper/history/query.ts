// Answers history.query: which stretch of time, from where, and how it is drawn.
import { CodedError } from "../../contract/errors.ts";
import {
  type HistoryBucket,
  type HistoryRow,
  type HistorySeries,
  historyRangeSeconds,
} from "../../contract/history.ts";
import type { ParsedParams, Result } from "../../contract/methods.ts";
import { dayLength, type HistoryRows, minute, quarter } from "../store/history.ts";
import type { HistoryKeys } from "../store/history-keys.ts";
import type { Amounts } from "./amounts.ts";
import { bucketSeconds, bucketStarts, bucketTable } from "./buckets.ts";
import { groupOf } from "./groups.ts";
import { type Seconds, secondsKept } from "./seconds.ts";

import { isKept, type Part, type Sums, spanDays } from "./sums.ts";
import { fields, type Question, Tally } from "./tally.ts";

const longest = 731 * dayLength;
const mostPoints = 2000;
const order: readonly HistoryBucket[] = ["second", "minute", "quarter", "hour", "day"];

type Asked = ParsedParams<"history.query">;

export interface Span {
  /** Unix seconds, maybe with a fraction. */
  readonly from: number;
  readonly to: number;
}

/** `now`: Unix seconds. Errors: bad_range. */
export function spanOf({ range, from, to }: Pick<Asked, "range" | "from" | "to">, now: number): Span {
  if (range !== undefined) {
    if (from !== undefined || to !== undefined) throw new CodedError("bad_range", "a range, or from and to");
    // With this very second.
    return { from: now - historyRangeSeconds[range], to: Math.floor(now) + 1 };
  }
  if (from === undefined || to === undefined) throw new CodedError("bad_range", "a range, or from and to");
  const span = { from: Date.parse(from) / 1000, to: Date.parse(to) / 1000 };
  if (!(span.from < span.to)) throw new CodedError("bad_range", "it ends before it begins");
  if (span.from < 0 || span.to - span.from > longest) throw new CodedError("bad_range", "too long");
  return span;
}

/** What is there of which time: Unix seconds from which on nothing is missing. */
export interface Kept {
  readonly seconds: number;
  readonly minutes: number;
}

/** How fine the chart is, for want of a wish or because no finer is kept or drawn. */
export function bucketFor({ from, to }: Span, kept: Kept, wish: HistoryBucket | undefined): HistoryBucket {
  // Without the second that is not over.
  const length = to - from - 1;
  const usual: [number, HistoryBucket][] = [
    [600, "second"],
    [6 * 3600, "minute"],
    [2 * dayLength, "quarter"],
    [14 * dayLength, "hour"],
  ];
  const chosen = wish ?? usual.find(([most]) => length <= most)?.[1] ?? "day";
  const fits = (bucket: HistoryBucket) =>
    (bucket !== "second" || from >= kept.seconds) &&
    (bucketSeconds[bucket] >= quarter || from >= kept.minutes) &&
    length / bucketSeconds[bucket] <= mostPoints;
  return order.slice(order.indexOf(chosen)).find(fits) ?? "day";
}

export interface Sources {
  readonly rows: HistoryRows;
  readonly keys: HistoryKeys;
  readonly seconds: Seconds;
}

/** Spans of days within a stretch of time that are added as sums, ascending: from the Unix second at which each begins. */
type Whole = (span: Span) => Iterable<readonly [begin: number, add: () => void]>;

/** Of everything, and of one app, country or the like, there are sums. */
function sumsFor(tally: Tally, asked: Asked, sources: Sources): Whole {
  const { keys, rows } = sources;
  const filters = Object.keys(asked.filter);
  const [by = ""] = filters;
  const value = filters.length === 1 && isKept(by) ? keys.number(by, asked.filter) : null;
  if (filters.length > 0 && (!isKept(by) || value === null)) return stripsFor(tally, asked, sources);
  const byKey = isKept(by);
  const parts: Part[] = byKey
    ? [`quarter ${by} ${Number(value)}`, ...groupsFor(asked, sources).map((group): Part => `key ${group}`)]
    : ["quarter", asked.by];
  return function* ({ from, to }) {
    for (const begin of rows.wholeSpans(from, to)) {
      const [quarters, ...sums] = rows.sums(begin, parts) ?? [];
      if (quarters === undefined) continue;
      const add = (): void => {
        if (quarters !== null) tally.addQuarters(quarters, begin);
        for (const each of sums) if (each !== null) tally.addSums(each, byKey);
      };
      yield [begin, add];
    }
  };
}

/** Those of the apps that have any of what is asked about. */
const groupsFor = ({ filter }: Asked, { keys }: Sources) => [...new Set(keys.rows("app", filter).values.map(groupOf))];

/** What sums do not tell is added up key by key. */
function stripsFor(tally: Tally, asked: Asked, sources: Sources): Whole {
  const { rows } = sources;
  const parts = groupsFor(asked, sources).map((group): Part => `strips ${group}`);
  return function* ({ from, to }) {
    for (const begin of rows.wholeSpans(from, to)) {
      const strips = rows.strips(begin, parts);
      if (strips === null) continue;
      const add = (): void => {
        for (const each of strips) if (each !== null) tally.addStrips(each, begin);
      };
      yield [begin, add];
    }
  };
}

/** Of each app, country or the like there are quarters. */
function linesFor(tally: Tally, asked: Asked, values: readonly number[], sources: Sources): Whole {
  const { by, filter } = asked;
  if (!isKept(by) || Object.keys(filter).length > 0) return stripsFor(tally, asked, sources);
  const { rows } = sources;
  const parts = values.map((value): Part => `quarter ${by} ${value}`);
  return function* ({ from, to }) {
    for (const begin of rows.wholeSpans(from, to)) {
      const lines = rows.sums(begin, parts);
      if (lines === null) continue;
      const draw = (quarters: Sums | null, line: number): void => {
        if (quarters !== null) tally.drawSpan(line, quarters, begin);
      };
      yield [begin, () => lines.forEach(draw)];
    }
  };
}

/** Of whatever is asked about. */
function collect(tally: Tally, { rows, seconds }: Sources, { from, to }: Span, unit: number, whole: Whole): void {
  const add = (cells: Iterable<readonly [number, number, number, number, number, number]>) => {
    for (const [at, key, bytesIn, bytesOut, connections, blocked] of cells)
      tally.add(at, key, { bytesIn, bytesOut, connections, blocked });
  };
  if (unit === 1) {
    seconds.each(from, to, (second, key, amounts) => tally.add(second, key, amounts));
  } else if (unit === minute) {
    add(rows.minutes(from, to));
  } else {
    let next = from;
    const pagesUpTo = (end: number) => {
      if (next === end) return;
      for (const [midnight, page] of rows.pages(next, end)) tally.addPage(page, midnight);
    };
    for (const [begin, addSpan] of whole({ from, to })) {
      pagesUpTo(begin);
      addSpan();
      next = begin + spanDays * dayLength;
    }
    pagesUpTo(to);
    add(rows.quarters(from, to));
  }
}

function amountsAt(sums: Float64Array, at: number): Amounts {
  const [bytesIn = 0, bytesOut = 0, connections = 0, blocked = 0] = sums.subarray(at * fields, (at + 1) * fields);
  return { bytesIn, bytesOut, connections, blocked };
}

function seriesOf(sums: Float64Array, bucket: HistoryBucket, starts: number[]): HistorySeries {
  const column = (field: number) => starts.map((_, at) => sums[at * fields + field] as number);
  const [bytesIn, bytesOut, connections, blocked] = [column(0), column(1), column(2), column(3)];
  return { bucket, starts, bytesIn, bytesOut, connections, blocked };
}

/** Of the rows that have anything the first `limit`, most bytes first, then most flows; and how many more there are. */
function ranked(sums: Float64Array, limit: number): { first: number[]; more: number } {
  const at = (row: number, field: number) => sums[row * fields + field] as number;
  const rows = sums.length / fields;
  const bytes = new Float64Array(rows);
  const flows = new Float64Array(rows);
  let found = 0;
  for (let row = 0; row < rows; row++) {
    bytes[row] = at(row, 0) + at(row, 1);
    flows[row] = at(row, 2) + at(row, 3);
    if ((bytes[row] as number) + (flows[row] as number) > 0) found++;
  }
  // Numbers alone are sorted many times as fast as rows by them: the others are not worth a place.
  const least = limit < rows ? (bytes.toSorted()[rows - limit] ?? Number.POSITIVE_INFINITY) : 0;
  const [of, by] = [(row: number) => bytes[row] as number, (row: number) => flows[row] as number];
  const first: number[] = [];
  for (let row = 0; row < rows; row++) if (of(row) >= least && of(row) + by(row) > 0) first.push(row);
  first.sort((a, b) => of(b) - of(a) || by(b) - by(a));
  return { first: first.slice(0, limit), more: found - Math.min(found, limit) };
}

/** `now`: Unix seconds. Errors: bad_range, bad_zone. */
export function query(asked: Asked, sources: Sources, kept: Kept, now: number): Result<"history.query"> {
  const span = spanOf(asked, now);
  const bucket = bucketFor(span, kept, asked.bucket);
  const unit = Math.min(bucketSeconds[bucket], quarter);
  const from = Math.floor(span.from / unit) * unit;
  const to = Math.ceil(span.to / unit) * unit;
  let starts: number[];
  try {
    starts = bucketStarts(from, to, bucket, asked.zone);
  } catch {
    throw new CodedError("bad_zone", asked.zone);
  }
  const { rowOf, rowOfValue, values } = sources.keys.rows(asked.by, asked.filter);
  const question: Question = {
    from,
    unit,
    table: bucketTable(from, to, unit, starts),
    buckets: starts.length,
    rowOf,
    rowOfValue,
    rows: values.length,
  };
  const tally = new Tally(question);
  collect(tally, sources, { from, to }, unit, sumsFor(tally, asked, sources));

  const { first, more } = ranked(tally.rows, asked.limit);
  const shown = first.map((row) => ({
    value: values[row] as number,
    row,
    amounts: amountsAt(tally.rows, row),
  }));
  const lines = sparks(shown.slice(0, asked.sparks), question, (tally, lined) =>
    collect(tally, sources, { from, to }, unit, linesFor(tally, asked, lined, sources)),
  );
  const networks = new Map(asked.by === "network" ? sources.keys.networks().map((each) => [each.id, each]) : []);
  const texts = sources.keys.texts(
    asked.by,
    shown.map(({ value }) => value),
  );
  const rows = shown.map(({ value, amounts }, at): HistoryRow => {
    const key = texts(value);
    const app = asked.by === "app" ? sources.keys.app(value) : undefined;
    const network = key === null ? undefined : networks.get(key);
    const spark = lines[at];
    return { key, ...amounts, ...(spark && { spark }), ...(app && { app }), ...(network && { network }) };
  });
  return {
    from: new Date(from * 1000).toISOString(),
    to: new Date(to * 1000).toISOString(),
    total: amountsAt(tally.total, 0),
    rows,
    more,
    series: seriesOf(tally.series, bucket, starts),
  };
}

/** A second pass, for the rows that are shown: nobody knows before which they are. */
function sparks(
  shown: readonly { row: number; value: number }[],
  question: Question,
  collect: (tally: Tally, values: readonly number[]) => void,
): number[][] {
  const places = new Map(shown.map(({ row }, at) => [row, at]));
  if (places.size === 0) return [];
  const rowOf = (key: number) => {
    const row = question.rowOf(key);
    return places.has(row) ? row : -1;
  };
  const tally = new Tally({ ...question, rowOf }, places.size, (row) => places.get(row) ?? -1);
  collect(
    tally,
    shown.map(({ value }) => value),
  );
  const { buckets } = question;
  return Array.from({ length: places.size }, (_, at) => [...tally.sparks.subarray(at * buckets, (at + 1) * buckets)]);
}

/** Where seconds begin to be kept at the latest. */
export const secondsFrom = (now: number) => now - secondsKept - 1;
