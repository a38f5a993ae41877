// Eight days that are over, added up: by each thing that rows can be made by, and by quarter of an hour. A year without a filter, or of one
// app, country or network, is then some forty blocks of what is asked for instead of three hundred days of everything. Pure.
//
//   version | values | columns: values[], in[], out[], connections[], blocked[]
import { type HistoryBy, historyBySchema } from "../../contract/history.ts";
import { type Column, readBlock, writeBlock } from "./narrow.ts";
import { type Page, quartersInDay } from "./page.ts";

export const spanDays = 8;
const version = 1;

/** What has few enough values to keep quarters of each. */
const kept = ["app", "country", "network", "protocol", "user"] as const satisfies readonly HistoryBy[];
type Kept = (typeof kept)[number];
export const isKept = (by: string): by is Kept => kept.some((each) => each === by);

/** What sums are by. quarter: of the span, whoever it was; with a value, of that alone. key: numbers of history_keys. */
export type Part = HistoryBy | "key" | "quarter" | `quarter ${Kept} ${number}`;

export interface Amounts {
  readonly bytesIn: Column;
  readonly bytesOut: Column;
  readonly connections: Column;
  readonly blocked: Column;
}

export interface Sums extends Amounts {
  /** Numbers of apps, names and so on, as keys have them; or of quarters. */
  readonly values: Column;
}

/** Adds up by a number that is not known beforehand. */
class Collected {
  private readonly places = new Map<number, number>();
  private readonly sums: [number[], number[], number[], number[]] = [[], [], [], []];

  add(value: number, from: Amounts | Collected["columns"], at: number): void {
    let place = this.places.get(value);
    if (place === undefined) {
      place = this.places.size;
      this.places.set(value, place);
      for (const sum of this.sums) sum.push(0);
    }
    const [bytesIn, bytesOut, connections, blocked] = this.sums;
    (bytesIn[place] as number) += from.bytesIn[at] as number;
    (bytesOut[place] as number) += from.bytesOut[at] as number;
    (connections[place] as number) += from.connections[at] as number;
    (blocked[place] as number) += from.blocked[at] as number;
  }

  get isEmpty(): boolean {
    return this.places.size === 0;
  }

  get columns() {
    const [bytesIn, bytesOut, connections, blocked] = this.sums;
    return { values: [...this.places.keys()], bytesIn, bytesOut, connections, blocked };
  }

  get bytes(): Buffer {
    const { values, bytesIn, bytesOut, connections, blocked } = this.columns;
    return writeBlock([version, values.length], [values, bytesIn, bytesOut, connections, blocked]);
  }
}

/** `pages`: each with its day of the span, from 0. `valuesBy`: what a key has, undefined for one that is none. */
export function writeSums(
  pages: readonly (readonly [day: number, page: Page])[],
  valuesBy: (by: HistoryBy) => (key: number) => number | undefined,
): Map<Part, Buffer> {
  const byKey = new Collected();
  const byQuarter = new Collected();
  const quartersOf = new Map(kept.map((by) => [by, new Map<number, Collected>()]));
  for (const [day, page] of pages) {
    const values = kept.map((by) => ({ all: quartersOf.get(by), of: Array.from(page.keys, valuesBy(by)) }));
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const place = day * quartersInDay + quarter;
      for (let cell = page.first[quarter] as number; cell < (page.first[quarter + 1] as number); cell++) {
        const key = page.key[cell] as number;
        byKey.add(page.keys[key] as number, page, cell);
        byQuarter.add(place, page, cell);
        for (const { all, of } of values) {
          const value = of[key];
          if (value === undefined || all === undefined) continue;
          const quarters = all.get(value) ?? new Collected();
          if (quarters.isEmpty) all.set(value, quarters);
          quarters.add(place, page, cell);
        }
      }
    }
  }
  const parts = new Map<Part, Buffer>([
    ["key", byKey.bytes],
    ["quarter", byQuarter.bytes],
  ]);
  for (const [by, all] of quartersOf)
    for (const [value, quarters] of all) parts.set(`quarter ${by} ${value}`, quarters.bytes);
  const all = byKey.columns;
  for (const by of historyBySchema.options) {
    const of = valuesBy(by);
    const sums = new Collected();
    for (const [at, key] of all.values.entries()) {
      const value = of(key);
      if (value !== undefined) sums.add(value, all, at);
    }
    parts.set(by, sums.bytes);
  }
  return parts;
}

/** Null for what is none of this version. Throws RangeError for what ends early. */
export function readSums(bytes: Buffer): Sums | null {
  const block = readBlock(bytes, version);
  if (block === null) return null;
  const [, count = 0] = block.head;
  const column = () => block.column(count);
  const [values, bytesIn, bytesOut, connections, blocked] = [column(), column(), column(), column(), column()];
  return { values, bytesIn, bytesOut, connections, blocked };
}
