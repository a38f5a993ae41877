// A day's quarters of an hour in one block of bytes: a year of them is read and added up in tenths of a second, which rows of a table
// are not. Columns, each as narrow as its largest number; sorted by quarter. Pure.
//
//   u32 version | u32 keys | u32 cells | the columns: keys[], first cell of each quarter[97], key index[], in[], out[], connections[], blocked[]
//   a column: u32 bytes of each number (1, 2, 4, or 8: a float64) | padding to 8 | numbers | padding to 8

export const quartersInDay = 96;
const version = 1;

export type Column = Uint8Array | Uint16Array | Uint32Array | Float64Array;

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

const widths = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array } as const;
type Width = keyof typeof widths;

function widthFor(numbers: readonly number[]): Width {
  let most = 0;
  for (const number of numbers) if (number > most) most = number;
  return most < 2 ** 8 ? 1 : most < 2 ** 16 ? 2 : most < 2 ** 32 ? 4 : 8;
}

const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

function writeColumn(numbers: readonly number[]): Buffer {
  const width = widthFor(numbers);
  const bytes = Buffer.alloc(8 + aligned(numbers.length * width));
  bytes.writeUInt32LE(width);
  new widths[width](bytes.buffer, bytes.byteOffset + 8, numbers.length).set(numbers);
  return bytes;
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
  const head = Buffer.alloc(16);
  head.writeUInt32LE(version, 0);
  head.writeUInt32LE(keys.length, 4);
  head.writeUInt32LE(sorted.length, 8);
  const columns = [
    keys,
    first,
    sorted.map(({ key }) => places.get(key) as number),
    sorted.map(({ bytesIn }) => bytesIn),
    sorted.map(({ bytesOut }) => bytesOut),
    sorted.map(({ connections }) => connections),
    sorted.map(({ blocked }) => blocked),
  ];
  return Buffer.concat([head, ...columns.map(writeColumn)]);
}

/** Null for what is no page of this version. The columns are views of `bytes`. */
export function readPage(bytes: Buffer): Page | null {
  if (bytes.length < 16 || bytes.readUInt32LE(0) !== version) return null;
  // Views want to begin at a multiple of eight.
  const whole = bytes.byteOffset % 8 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const keyCount = whole.readUInt32LE(4);
  const cellCount = whole.readUInt32LE(8);
  let at = 16;
  const column = (count: number): Column => {
    const width = at + 8 <= whole.length ? whole.readUInt32LE(at) : 0;
    const kind = widths[width as Width];
    if (kind === undefined || at + 8 + count * width > whole.length)
      throw new RangeError("a page of history ends early");
    const numbers = new kind(whole.buffer as ArrayBuffer, whole.byteOffset + at + 8, count);
    at += 8 + aligned(count * width);
    return numbers;
  };
  const keys = column(keyCount);
  const first = column(quartersInDay + 1);
  const [key, bytesIn, bytesOut, connections, blocked] = Array.from({ length: 5 }, () => column(cellCount)) as [
    Column,
    Column,
    Column,
    Column,
    Column,
  ];
  return { keys, first, key, bytesIn, bytesOut, connections, blocked };
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
