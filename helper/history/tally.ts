// Adds up cells by what is asked for: in all, by row, and by bucket of the chart. Pure.
import type { HistoryAmounts } from "../../contract/history.ts";
import type { Column } from "./narrow.ts";
import { type Page, quartersInDay } from "./page.ts";
import type { Strips } from "./strips.ts";
import type { Amounts, Sums } from "./sums.ts";

/** Per row or bucket, in one array: in, out, connections, blocked. */
export const fields = 4;

export interface Question {
  /** The first second, and how many a cell is about; every cell begins at `from` plus so many times `unit`. */
  readonly from: number;
  readonly unit: number;
  /** For every unit, its bucket (helper/history/buckets.ts). */
  readonly table: Int32Array;
  readonly buckets: number;
  /** The row of a key's number, -1 for what is not asked about; how many rows there are. */
  rowOf(key: number): number;
  /** The row of what a key has. */
  rowOfValue(value: number): number | undefined;
  readonly rows: number;
}

/** Columns in arrays of always the same kind: the loops over them are several times faster for it. They are used again and again. */
class Wide {
  private size = 0;
  place = new Int32Array(0);
  bytesIn = new Float64Array(0);
  bytesOut = new Float64Array(0);
  connections = new Float64Array(0);
  blocked = new Float64Array(0);

  take({ bytesIn, bytesOut, connections, blocked }: Amounts): void {
    this.makeRoom(bytesIn.length);
    this.bytesIn.set(bytesIn);
    this.bytesOut.set(bytesOut);
    this.connections.set(connections);
    this.blocked.set(blocked);
  }

  private makeRoom(count: number): void {
    if (count <= this.size) return;
    this.size = count * 2;
    const zeros = () => new Float64Array(this.size);
    [this.bytesIn, this.bytesOut, this.connections, this.blocked] = [zeros(), zeros(), zeros(), zeros()];
    this.place = new Int32Array(this.size);
  }
}

export class Tally {
  readonly series: Float64Array;
  readonly rows: Float64Array;
  /** Bytes by bucket of the rows that `sparkOf` chose: one after the other. */
  readonly sparks: Float64Array;
  private readonly question: Question;
  private readonly sparkOf: ((row: number) => number) | null;
  private readonly wide = new Wide();
  private rowsOf = new Int32Array(0);

  /** `sparkOf`: the place of a row among those that get a line of their own, -1 for none. */
  constructor(question: Question, sparks = 0, sparkOf: ((row: number) => number) | null = null) {
    this.question = question;
    this.series = new Float64Array(question.buckets * fields);
    this.rows = new Float64Array(question.rows * fields);
    this.sparks = new Float64Array(question.buckets * sparks);
    this.sparkOf = sparkOf;
  }

  /** `at`: Unix second. What is not of the range is left out. */
  add(at: number, key: number, { bytesIn, bytesOut, connections, blocked }: HistoryAmounts): void {
    const { from, unit, table, rowOf } = this.question;
    const bucket = table[Math.floor((at - from) / unit)];
    const row = rowOf(key);
    if (bucket === undefined || row < 0) return;
    add(this.series, bucket * fields, bytesIn, bytesOut, connections, blocked);
    add(this.rows, row * fields, bytesIn, bytesOut, connections, blocked);
    if (this.sparkOf !== null) this.draw(row, bucket, bytesIn + bytesOut);
  }

  /** `midnight`: the Unix second at which the page's day begins. Only where the unit is a quarter of an hour. */
  addPage(page: Page, midnight: number): void {
    const { from, unit, table } = this.question;
    const { rows, series, sparkOf, wide } = this;
    const rowsOf = this.rowsFor(page.keys);
    wide.take(page);
    wide.place.set(page.key);
    const { place, bytesIn, bytesOut, connections, blocked } = wide;
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const bucket = table[(midnight - from) / unit + quarter];
      if (bucket === undefined) continue;
      const end = page.first[quarter + 1] as number;
      // Two million times for a year: what is of the quarter as a whole is added once.
      let allIn = 0;
      let allOut = 0;
      let allConnections = 0;
      let allBlocked = 0;
      for (let at = page.first[quarter] as number; at < end; at++) {
        const row = rowsOf[place[at] as number] as number;
        if (row < 0) continue;
        const into = bytesIn[at] as number;
        const out = bytesOut[at] as number;
        const allowed = connections[at] as number;
        const refused = blocked[at] as number;
        allIn += into;
        allOut += out;
        allConnections += allowed;
        allBlocked += refused;
        add(rows, row * fields, into, out, allowed, refused);
        if (sparkOf !== null) this.draw(row, bucket, into + out);
      }
      add(series, bucket * fields, allIn, allOut, allConnections, allBlocked);
    }
  }

  /** Days as sums by what rows are made by, or by key. They say nothing about when. */
  addSums(sums: Sums, byKey: boolean): void {
    const { rowOfValue } = this.question;
    const { rows, wide } = this;
    const { values } = sums;
    wide.take(sums);
    const rowsOf = byKey ? this.rowsFor(values) : null;
    for (let at = 0; at < values.length; at++) {
      const row = rowsOf === null ? (rowOfValue(values[at] as number) ?? -1) : (rowsOf[at] as number);
      if (row >= 0) addOf(rows, row * fields, wide, at);
    }
  }

  /** The same days as sums by quarter. `begin`: the Unix second of the first day. */
  addQuarters(quarters: Sums, begin: number): void {
    const { from, unit, table } = this.question;
    const { series, wide } = this;
    const first = (begin - from) / unit;
    wide.take(quarters);
    for (let at = 0; at < quarters.values.length; at++)
      addOf(series, (table[first + (quarters.values[at] as number)] as number) * fields, wide, at);
  }

  /** Days key by key: only what is asked about is looked at. `begin`: the Unix second of the first day. */
  addStrips(strips: Strips, begin: number): void {
    const { from, unit, table } = this.question;
    const { rows, series, sparkOf, wide } = this;
    const { keys, first, quarter } = strips;
    const offset = (begin - from) / unit;
    const rowsOf = this.rowsFor(keys);
    wide.take(strips);
    wide.place.set(quarter);
    const firsts = Uint32Array.from(first);
    const { place, bytesIn, bytesOut, connections, blocked } = wide;
    for (let key = 0; key < keys.length; key++) {
      const row = rowsOf[key] as number;
      if (row < 0) continue;
      const end = firsts[key + 1] as number;
      let allIn = 0;
      let allOut = 0;
      let allConnections = 0;
      let allBlocked = 0;
      for (let at = firsts[key] as number; at < end; at++) {
        const bucket = table[offset + (place[at] as number)] as number;
        const into = bytesIn[at] as number;
        const out = bytesOut[at] as number;
        const allowed = connections[at] as number;
        const refused = blocked[at] as number;
        allIn += into;
        allOut += out;
        allConnections += allowed;
        allBlocked += refused;
        add(series, bucket * fields, into, out, allowed, refused);
        if (sparkOf !== null) this.draw(row, bucket, into + out);
      }
      add(rows, row * fields, allIn, allOut, allConnections, allBlocked);
    }
  }

  /** Days of one line that `sparkOf` chose, as sums by quarter. */
  drawSpan(line: number, quarters: Sums, begin: number): void {
    const { from, unit, table, buckets } = this.question;
    const { sparks, wide } = this;
    const first = (begin - from) / unit;
    const count = quarters.values.length;
    wide.take(quarters);
    wide.place.set(quarters.values);
    const { place, bytesIn, bytesOut } = wide;
    for (let at = 0; at < count; at++) {
      const spark = line * buckets + (table[first + (place[at] as number)] as number);
      sparks[spark] = (sparks[spark] as number) + (bytesIn[at] as number) + (bytesOut[at] as number);
    }
  }

  /** The row of each key, in an array that the next call uses again. */
  private rowsFor(keys: Column): Int32Array {
    const { rowOf } = this.question;
    if (keys.length > this.rowsOf.length) this.rowsOf = new Int32Array(keys.length * 2);
    const { rowsOf } = this;
    rowsOf.set(keys);
    for (let at = 0; at < keys.length; at++) rowsOf[at] = rowOf(rowsOf[at] as number);
    return rowsOf;
  }

  /** Of everything. */
  get total(): Float64Array {
    const total = new Float64Array(fields);
    for (let at = 0; at < this.series.length; at++)
      total[at % fields] = (total[at % fields] as number) + (this.series[at] as number);
    return total;
  }

  private draw(row: number, bucket: number, bytes: number): void {
    const spark = this.sparkOf?.(row) ?? -1;
    if (spark < 0) return;
    const at = spark * this.question.buckets + bucket;
    this.sparks[at] = (this.sparks[at] as number) + bytes;
  }
}

function addOf(sums: Float64Array, at: number, from: Wide, place: number): void {
  const { bytesIn, bytesOut, connections, blocked } = from;
  add(
    sums,
    at,
    bytesIn[place] as number,
    bytesOut[place] as number,
    connections[place] as number,
    blocked[place] as number,
  );
}

function add(sums: Float64Array, at: number, bytesIn: number, bytesOut: number, connections: number, blocked: number) {
  sums[at] = (sums[at] as number) + bytesIn;
  sums[at + 1] = (sums[at + 1] as number) + bytesOut;
  sums[at + 2] = (sums[at + 2] as number) + connections;
  sums[at + 3] = (sums[at + 3] as number) + blocked;
}
