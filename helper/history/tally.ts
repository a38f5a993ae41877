// Adds up cells by what is asked for: in all, by row, and by bucket of the chart. Pure.
import type { HistoryAmounts } from "../../contract/history.ts";
import { type Page, quartersInDay } from "./page.ts";

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
  readonly rows: number;
}

export class Tally {
  readonly series: Float64Array;
  readonly rows: Float64Array;
  /** Bytes by bucket of the rows that `sparkOf` chose: one after the other. */
  readonly sparks: Float64Array;
  private readonly question: Question;
  private readonly sparkOf: ((row: number) => number) | null;

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
    const { from, unit, table, rowOf } = this.question;
    const rowsOf = Int32Array.from(page.keys, rowOf);
    const { rows, sparkOf } = this;
    const { first, key, bytesIn, bytesOut, connections, blocked } = page;
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const bucket = table[(midnight - from) / unit + quarter];
      if (bucket === undefined) continue;
      const end = first[quarter + 1] as number;
      // Two million times for a year: what is of the quarter as a whole is added once.
      let [allIn, allOut, allConnections, allBlocked] = [0, 0, 0, 0];
      for (let at = first[quarter] as number; at < end; at++) {
        const row = rowsOf[key[at] as number] as number;
        if (row < 0) continue;
        const [into, out] = [bytesIn[at] as number, bytesOut[at] as number];
        const [allowed, refused] = [connections[at] as number, blocked[at] as number];
        allIn += into;
        allOut += out;
        allConnections += allowed;
        allBlocked += refused;
        add(rows, row * fields, into, out, allowed, refused);
        if (sparkOf !== null) this.draw(row, bucket, into + out);
      }
      add(this.series, bucket * fields, allIn, allOut, allConnections, allBlocked);
    }
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

function add(sums: Float64Array, at: number, bytesIn: number, bytesOut: number, connections: number, blocked: number) {
  sums[at] = (sums[at] as number) + bytesIn;
  sums[at + 1] = (sums[at + 1] as number) + bytesOut;
  sums[at + 2] = (sums[at + 2] as number) + connections;
  sums[at + 3] = (sums[at + 3] as number) + blocked;
}
