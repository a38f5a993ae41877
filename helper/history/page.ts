// A day's quarters of an hour in one block of bytes (narrow.ts): a year of them is read and added up in tenths of a second, which rows
// of a table are not. Sorted by quarter. Pure.
//
//   version | keys | cells | columns: keys[], first cell of each quarter[97], key index[], in[], out[], connections[], blocked[]
import { type Column, readBlock, writeBlock } from "./narrow.ts";

export const quartersInDay = 96;
const version = 1;

export interface Page {
  /** Numbers of history_keys. */
  readonly keys: Column;
  /** Cells of quarter q of the day: from first[q] up to first[q + 1]. */
  readonly first: Column;
  /** Place in `keys`. */
  readonly key: Column;
  readonly bytesIn: Column;
  readonly bytesOut: Column;
  readonly connections: Column;
  readonly blocked: Column;
}

export interface Cell {
  /** Quarter of the day, 0 to 95. */
  readonly quarter: number;
  readonly key: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly connections: number;
  readonly blocked: number;
}

/** Cells of one quarter and key are added up. */
export function writePage(cells: readonly Cell[]): Buffer {
  const sorted: { -readonly [K in keyof Cell]: Cell[K] }[] = [];
  for (const cell of cells.toSorted((a, b) => a.quarter - b.quarter || a.key - b.key)) {
    const last = sorted.at(-1);
    if (last?.quarter === cell.quarter && last.key === cell.key)
      for (const each of ["bytesIn", "bytesOut", "connections", "blocked"] as const) last[each] += cell[each];
    else sorted.push({ ...cell });
  }
  const keys = [...new Set(sorted.map(({ key }) => key))].sort((a, b) => a - b);
  const places = new Map(keys.map((key, at) => [key, at]));
  const first: number[] = [];
  for (let quarter = 0, at = 0; quarter <= quartersInDay; quarter++) {
    while (at < sorted.length && (sorted[at] as Cell).quarter < quarter) at++;
    first.push(at);
  }
  return writeBlock(
    [version, keys.length, sorted.length],
    [
      keys,
      first,
      sorted.map(({ key }) => places.get(key) as number),
      sorted.map(({ bytesIn }) => bytesIn),
      sorted.map(({ bytesOut }) => bytesOut),
      sorted.map(({ connections }) => connections),
      sorted.map(({ blocked }) => blocked),
    ],
  );
}

/** Null for what is no page of this version. The columns are views of `bytes`. Throws RangeError for one that ends early. */
export function readPage(bytes: Buffer): Page | null {
  const block = readBlock(bytes, version);
  if (block === null) return null;
  const [, keyCount = 0, cellCount = 0] = block.head;
  const keys = block.column(keyCount);
  const first = block.column(quartersInDay + 1);
  const column = () => block.column(cellCount);
  const [key, bytesIn, bytesOut, connections, blocked] = [column(), column(), column(), column(), column()];
  return { keys, first, key, bytesIn, bytesOut, connections, blocked };
}

/** Only the cells that are to be kept: null where that is all of them. */
export function thinPage(
  page: Page,
  keeps: (quarter: number, key: number) => boolean,
): { cells: number; bytes: Buffer } | null {
  const first = [0];
  const cells: number[] = [];
  for (let quarter = 0; quarter < quartersInDay; quarter++) {
    for (let at = page.first[quarter] as number; at < (page.first[quarter + 1] as number); at++)
      if (keeps(quarter, page.keys[page.key[at] as number] as number)) cells.push(at);
    first.push(cells.length);
  }
  if (cells.length === page.key.length) return null;
  const of = (column: Column) => cells.map((at) => column[at] as number);
  // A key that nothing is left of is not to be found in it either.
  const used = [...new Set(of(page.key))].sort((a, b) => a - b);
  const places = new Map(used.map((place, at) => [place, at]));
  const columns = [
    used.map((place) => page.keys[place] as number),
    first,
    of(page.key).map((place) => places.get(place) as number),
    of(page.bytesIn),
    of(page.bytesOut),
    of(page.connections),
    of(page.blocked),
  ];
  return { cells: cells.length, bytes: writeBlock([version, used.length, cells.length], columns) };
}

export function* cellsOf(page: Page): Generator<Cell> {
  for (let quarter = 0; quarter < quartersInDay; quarter++) {
    for (let at = page.first[quarter] as number; at < (page.first[quarter + 1] as number); at++) {
      yield {
        quarter,
        key: page.keys[page.key[at] as number] as number,
        bytesIn: page.bytesIn[at] as number,
        bytesOut: page.bytesOut[at] as number,
        connections: page.connections[at] as number,
        blocked: page.blocked[at] as number,
      };
    }
  }
}
