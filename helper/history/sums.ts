// Eight days that are over, added up: by each thing that rows can be made by, and by quarter of an hour. A year without a filter, or of one
// app, country or network, is then some forty blocks of what is asked for instead of three hundred days of everything. Pure.
//
//   version | values | columns: values[], in[], out[], connections[], blocked[]
import { type HistoryBy, historyBySchema } from "../../contract/history.ts";
import { grouped } from "./groups.ts";
import { type Column, readBlock, writeBlock } from "./narrow.ts";
import { type Page, quartersInDay } from "./page.ts";
import { writeStrips } from "./strips.ts";

export const spanDays = 8;
const version = 1;

/** What has few enough values to keep quarters of each. */
const kept = ["app", "country", "network", "protocol", "user"] as const satisfies readonly HistoryBy[];
type Kept = (typeof kept)[number];
export const isKept = (by: string): by is Kept => kept.some((each) => each === by);

/**
 * What sums are by. quarter: of the span, whoever it was; with a value, of that alone. key: numbers of history_keys, of a group of
 * apps (groups.ts). strips: no sums, but all there is of such a group, key by key (strips.ts).
 */
export type Part = HistoryBy | `key ${number}` | "quarter" | `quarter ${Kept} ${number}` | `strips ${number}`;

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

/** In, out, connections, blocked. */
const fields = 4;

/** Adds up by places 0, 1, … of a number that is known. */
class Adder {
  readonly sums: Float64Array;
  constructor(places: number) {
    this.sums = new Float64Array(places * fields);
  }

  add(place: number, from: Float64Array, at: number): void {
    const { sums } = this;
    const [to, of] = [place * fields, at * fields];
    sums[to] = (sums[to] as number) + (from[of] as number);
    sums[to + 1] = (sums[to + 1] as number) + (from[of + 1] as number);
    sums[to + 2] = (sums[to + 2] as number) + (from[of + 2] as number);
    sums[to + 3] = (sums[to + 3] as number) + (from[of + 3] as number);
  }

  /** Places that have anything, each as what it stands for. `of`: only those. */
  bytes(meaning: (place: number) => number, of: Iterable<number> = Array(this.sums.length / fields).keys()): Buffer {
    const { sums } = this;
    const places: number[] = [];
    for (const place of of) {
      const at = place * fields;
      if (sums[at] || sums[at + 1] || sums[at + 2] || sums[at + 3]) places.push(place);
    }
    const column = (field: number) => places.map((place) => sums[place * fields + field] as number);
    return writeBlock([version, places.length], [places.map(meaning), column(0), column(1), column(2), column(3)]);
  }
}

/** A page's amounts, cell by cell. */
function amountsOf({ bytesIn, bytesOut, connections, blocked }: Page): Float64Array {
  const amounts = new Float64Array(bytesIn.length * fields);
  [bytesIn, bytesOut, connections, blocked].forEach((column, field) => {
    for (let at = 0; at < column.length; at++) amounts[at * fields + field] = column[at] as number;
  });
  return amounts;
}

/** `pages`: each with its day of the span, from 0. `valuesBy`: what a key has, undefined for one that is none. */
export function writeSums(
  pages: readonly (readonly [day: number, page: Page])[],
  valuesBy: (by: HistoryBy) => (key: number) => number | undefined,
): Map<Part, Buffer> {
  const keys = [...new Set(pages.flatMap(([, page]) => [...page.keys]))].sort((a, b) => a - b);
  const places = new Map(keys.map((key, place) => [key, place]));
  const byKey = new Adder(keys.length);
  const quarters = () => new Adder(spanDays * quartersInDay);
  const byQuarter = quarters();
  const quartersOf = new Map(kept.map((by) => [by, new Map<number, Adder>()]));
  for (const [day, page] of pages) {
    const amounts = amountsOf(page);
    const placeOf = Array.from(page.keys, (key) => places.get(key) as number);
    /** For every key of the page, where its quarters are added up. */
    const adders = [...quartersOf].map(([by, all]) => {
      const of = valuesBy(by);
      return Array.from(page.keys, (key) => {
        const value = of(key);
        if (value === undefined) return null;
        const adder = all.get(value) ?? quarters();
        all.set(value, adder);
        return adder;
      });
    });
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const place = day * quartersInDay + quarter;
      for (let cell = page.first[quarter] as number; cell < (page.first[quarter + 1] as number); cell++) {
        const key = page.key[cell] as number;
        byKey.add(placeOf[key] as number, amounts, cell);
        byQuarter.add(place, amounts, cell);
        for (const of of adders) of[key]?.add(place, amounts, cell);
      }
    }
  }
  const itself = (place: number) => place;
  const parts = new Map<Part, Buffer>([["quarter", byQuarter.bytes(itself)]]);
  for (const [group, own] of grouped(keys, valuesBy("app"))) {
    const bytes = byKey.bytes(
      (place) => keys[place] as number,
      own.map((key) => places.get(key) as number),
    );
    parts.set(`key ${group}`, bytes);
  }
  for (const [group, strips] of writeStrips(pages, valuesBy("app"))) parts.set(`strips ${group}`, strips);
  for (const [by, all] of quartersOf)
    for (const [value, adder] of all) parts.set(`quarter ${by} ${value}`, adder.bytes(itself));
  for (const by of historyBySchema.options) parts.set(by, byValue(keys, byKey, valuesBy(by)));
  return parts;
}

function byValue(keys: readonly number[], byKey: Adder, meaning: (key: number) => number | undefined): Buffer {
  const values: number[] = [];
  const places = new Map<number, number>();
  const placeOf = keys.map((key) => {
    const value = meaning(key);
    if (value === undefined) return -1;
    const place = places.get(value) ?? values.push(value) - 1;
    places.set(value, place);
    return place;
  });
  const adder = new Adder(values.length);
  for (const [at, place] of placeOf.entries()) if (place >= 0) adder.add(place, byKey.sums, at);
  return adder.bytes((place) => values[place] as number);
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
