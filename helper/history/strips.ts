// Eight days that are over, key by key: what sums do not tell is read of the keys that are asked about alone, not of every cell of every
// day. Pure.
//
//   version | keys | cells | columns: keys[], first cell of each key[keys + 1], quarter of the span[], in[], out[], connections[], blocked[]
import { grouped } from "./groups.ts";
import { type Column, readBlock, writeBlock } from "./narrow.ts";
import { type Page, quartersInDay } from "./page.ts";

const version = 1;

export interface Strips {
  /** Numbers of history_keys, ascending. */
  readonly keys: Column;
  /** Cells of the key at place k: from first[k] up to first[k + 1]. */
  readonly first: Column;
  /** Of the span, ascending within a key. */
  readonly quarter: Column;
  readonly bytesIn: Column;
  readonly bytesOut: Column;
  readonly connections: Column;
  readonly blocked: Column;
}

/** By group. `pages`: each with its day of the span, from 0, ascending. `appOf`: of a key, undefined for one that is none any more. */
export function writeStrips(
  pages: readonly (readonly [day: number, page: Page])[],
  appOf: (key: number) => number | undefined,
): Map<number, Buffer> {
  const counts = countCells(pages);
  const sorted = [...counts.keys()].sort((a, b) => a - b);
  const byGroup = grouped(sorted, appOf);
  const keys = byGroup.flatMap(([, own]) => own);
  const first = new Uint32Array(keys.length + 1);
  keys.forEach((key, at) => {
    first[at + 1] = (first[at] as number) + (counts.get(key) as number);
  });
  const columns = gather(pages, new Map(keys.map((key, place) => [key, place])), first);
  const blocks = new Map<number, Buffer>();
  let begin = 0;
  for (const [group, own] of byGroup) {
    const end = begin + own.length;
    const [from = 0, to = 0] = [first[begin], first[end]];
    const firsts = first.subarray(begin, end + 1).map((cell) => cell - from);
    const cells = columns.map((column) => column.subarray(from, to));
    blocks.set(group, writeBlock([version, own.length, to - from], [own, firsts, ...cells]));
    begin = end;
  }
  return blocks;
}

function countCells(pages: readonly (readonly [day: number, page: Page])[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [, { keys, key }] of pages) {
    const ofPage = new Uint32Array(keys.length);
    for (let cell = 0; cell < key.length; cell++) (ofPage[key[cell] as number] as number)++;
    for (let at = 0; at < keys.length; at++)
      counts.set(keys[at] as number, (counts.get(keys[at] as number) ?? 0) + (ofPage[at] as number));
  }
  return counts;
}

/** Quarters, in, out, connections, blocked: each cell where its key's are. */
function gather(
  pages: readonly (readonly [day: number, page: Page])[],
  places: ReadonlyMap<number, number>,
  firsts: Uint32Array,
): Float64Array[] {
  const next = firsts.slice();
  const column = () => new Float64Array(firsts[firsts.length - 1] as number);
  const [quarters, bytesIn, bytesOut, connections, blocked] = [column(), column(), column(), column(), column()];
  for (const [day, page] of pages) {
    const placeOf = Int32Array.from(page.keys, (key) => places.get(key) ?? -1);
    // Of one kind each: the loop is several times faster for it.
    const [key, first] = [Int32Array.from(page.key), Int32Array.from(page.first)];
    const [into, out] = [new Float64Array(page.bytesIn), new Float64Array(page.bytesOut)];
    const [allowed, refused] = [new Float64Array(page.connections), new Float64Array(page.blocked)];
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const end = first[quarter + 1] as number;
      for (let cell = first[quarter] as number; cell < end; cell++) {
        const place = placeOf[key[cell] as number] as number;
        if (place < 0) continue;
        const at = (next[place] as number)++;
        quarters[at] = day * quartersInDay + quarter;
        bytesIn[at] = into[cell] as number;
        bytesOut[at] = out[cell] as number;
        connections[at] = allowed[cell] as number;
        blocked[at] = refused[cell] as number;
      }
    }
  }
  return [quarters, bytesIn, bytesOut, connections, blocked];
}

/** Null for what is none of this version. The columns are views of `bytes`. Throws RangeError for what ends early. */
export function readStrips(bytes: Buffer): Strips | null {
  const block = readBlock(bytes, version);
  if (block === null) return null;
  const [, keyCount = 0, cellCount = 0] = block.head;
  const keys = block.column(keyCount);
  const first = block.column(keyCount + 1);
  const column = () => block.column(cellCount);
  const [quarter, bytesIn, bytesOut, connections, blocked] = [column(), column(), column(), column(), column()];
  return { keys, first, quarter, bytesIn, bytesOut, connections, blocked };
}
