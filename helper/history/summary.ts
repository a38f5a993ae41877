// Sixteen days that are over, added up: by key for all of them, and by quarter of an hour for all keys. A year without a filter is then
// some twenty of these instead of three hundred days. Pure.
//
//   version | keys | columns: keys[], in[], out[], connections[], blocked[], and of each quarter in[], out[], connections[], blocked[]
import { type Column, readBlock, writeBlock } from "./narrow.ts";
import { type Page, quartersInDay } from "./page.ts";

export const spanDays = 16;
const version = 1;

export interface Sums {
  readonly bytesIn: Column;
  readonly bytesOut: Column;
  readonly connections: Column;
  readonly blocked: Column;
}

export interface Summary {
  /** Numbers of history_keys, ascending. */
  readonly keys: Column;
  /** By place in `keys`. */
  readonly byKey: Sums;
  /** By quarter of the span. */
  readonly byQuarter: Sums;
}

const columns = (sums: Sums) => [sums.bytesIn, sums.bytesOut, sums.connections, sums.blocked];

function emptySums(length: number): Sums {
  const zeros = () => new Float64Array(length);
  return { bytesIn: zeros(), bytesOut: zeros(), connections: zeros(), blocked: zeros() };
}

function add(sums: Sums, at: number, page: Page, cell: number): void {
  (sums.bytesIn[at] as number) += page.bytesIn[cell] as number;
  (sums.bytesOut[at] as number) += page.bytesOut[cell] as number;
  (sums.connections[at] as number) += page.connections[cell] as number;
  (sums.blocked[at] as number) += page.blocked[cell] as number;
}

/** `pages`: each with its day of the span, 0 to 15. */
export function writeSummary(pages: readonly (readonly [day: number, page: Page])[]): Buffer {
  const keys = new Set<number>();
  for (const [, page] of pages) for (const key of page.keys) keys.add(key);
  const sorted = Uint32Array.from(keys).sort();
  const places = new Map([...sorted].map((key, at) => [key, at]));
  const byKey = emptySums(sorted.length);
  const byQuarter = emptySums(spanDays * quartersInDay);
  for (const [day, page] of pages) {
    const placeOf = Uint32Array.from(page.keys, (key) => places.get(key) as number);
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      for (let cell = page.first[quarter] as number; cell < (page.first[quarter + 1] as number); cell++) {
        add(byKey, placeOf[page.key[cell] as number] as number, page, cell);
        add(byQuarter, day * quartersInDay + quarter, page, cell);
      }
    }
  }
  return writeBlock([version, sorted.length], [sorted, ...columns(byKey), ...columns(byQuarter)]);
}

/** Null for what is no summary of this version. Throws RangeError for one that ends early. */
export function readSummary(bytes: Buffer): Summary | null {
  const block = readBlock(bytes, version);
  if (block === null) return null;
  const [, count = 0] = block.head;
  const keys = block.column(count);
  const sums = (length: number): Sums => {
    const column = () => block.column(length);
    return { bytesIn: column(), bytesOut: column(), connections: column(), blocked: column() };
  };
  return { keys, byKey: sums(count), byQuarter: sums(spanDays * quartersInDay) };
}
