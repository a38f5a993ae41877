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
  /** The row of a key's number, -1 for what is not asked about. */
  rowOf(key: number): number;
}

export class Tally {
  readonly total = new Float64Array(fields);
  readonly series: Float64Array;
  rows = new Float64Array(64 * fields);
  /** Bytes by bucket of the rows that `sparksOf` chose: one after the other. */
  readonly sparks: Float64Array;
  private readonly question: Question;
  private readonly sparkOf: (row: number) => number;

  /** `sparkOf`: the place of a row among those that get a line of their own, -1 for none. */
  constructor(question: Question, sparks = 0, sparkOf: (row: number) => number = () => -1) {
    this.question = question;
    this.series = new Float64Array(question.buckets * fields);
    this.sparks = new Float64Array(question.buckets * sparks);
    this.sparkOf = sparkOf;
  }

  /** `at`: Unix second. What is not of the range is left out. */
  add(at: number, key: number, amounts: HistoryAmounts): void {
    const { from, unit, table } = this.question;
    const bucket = table[Math.floor((at - from) / unit)];
    if (bucket === undefined) return;
    const { bytesIn, bytesOut, connections, blocked } = amounts;
    this.put(bucket, this.question.rowOf(key), bytesIn, bytesOut, connections, blocked);
  }

  /** `midnight`: the Unix second at which the page's day begins. Only where the unit is a quarter of an hour. */
  addPage(page: Page, midnight: number): void {
    const { from, unit, table } = this.question;
    const rows = Int32Array.from(page.keys, (key) => this.question.rowOf(key));
    const { first, key, bytesIn, bytesOut, connections, blocked } = page;
    for (let quarter = 0; quarter < quartersInDay; quarter++) {
      const bucket = table[(midnight - from) / unit + quarter];
      if (bucket === undefined) continue;
      const end = first[quarter + 1] as number;
      for (let at = first[quarter] as number; at < end; at++) {
        this.put(
          bucket,
          rows[key[at] as number] as number,
          bytesIn[at] as number,
          bytesOut[at] as number,
          connections[at] as number,
          blocked[at] as number,
        );
      }
    }
  }

  private put(bucket: number, row: number, bytesIn: number, bytesOut: number, connections: number, blocked: number) {
    if (row < 0) return;
    const { total, series } = this;
    total[0] = (total[0] as number) + bytesIn;
    total[1] = (total[1] as number) + bytesOut;
    total[2] = (total[2] as number) + connections;
    total[3] = (total[3] as number) + blocked;
    const s = bucket * fields;
    series[s] = (series[s] as number) + bytesIn;
    series[s + 1] = (series[s + 1] as number) + bytesOut;
    series[s + 2] = (series[s + 2] as number) + connections;
    series[s + 3] = (series[s + 3] as number) + blocked;
    const r = row * fields;
    if (r >= this.rows.length) this.grow(r);
    const { rows } = this;
    rows[r] = (rows[r] as number) + bytesIn;
    rows[r + 1] = (rows[r + 1] as number) + bytesOut;
    rows[r + 2] = (rows[r + 2] as number) + connections;
    rows[r + 3] = (rows[r + 3] as number) + blocked;
    if (this.sparks.length === 0) return;
    const spark = this.sparkOf(row);
    if (spark < 0) return;
    const p = spark * this.question.buckets + bucket;
    this.sparks[p] = (this.sparks[p] as number) + bytesIn + bytesOut;
  }

  private grow(place: number): void {
    const larger = new Float64Array(Math.max(this.rows.length * 2, place + fields));
    larger.set(this.rows);
    this.rows = larger;
  }
}
