// Takes what flows have come to, keeps the last ten minutes by the second in memory, and brings all of it to the disk in batches: one
// transaction each few seconds, with how much of every live flow is in it. A helper that is killed loses no more than one batch.

import { log } from "../log.ts";
import { dayLength, type HistoryRows, type LiveFlow, minute } from "../store/history.ts";
import type { HistoryKeys, StoredNetwork } from "../store/history-keys.ts";
import { type Amounts, addAmounts, noAmounts, type Place } from "./amounts.ts";
import { Overdue } from "./overdue.ts";
import type { Entry, LiveEntry } from "./recorder.ts";
import { Seconds } from "./seconds.ts";

/** Seconds between two batches. */
export const batchPace = 5;
/** Amounts that wait while the disk is full; more are given up. */
const mostWaiting = 50_000;

interface Taken {
  readonly entries: readonly Entry[];
  readonly live: readonly LiveEntry[];
  readonly over: readonly string[];
}

export class Ledger {
  seconds = new Seconds();
  private readonly rows: HistoryRows;
  private readonly keys: HistoryKeys;
  private batch = new Map<number, Amounts>();
  private live = new Map<string, LiveFlow | null>();
  /** Unix second of the batch's first entry. */
  private began: number | null = null;
  /** What the disk did not take, but for the batch. */
  private readonly overdue = new Overdue(mostWaiting);
  /** Unix second up to which it was told. */
  private now = 0;

  constructor(rows: HistoryRows, keys: HistoryKeys) {
    this.rows = rows;
    this.keys = keys;
  }

  /** What came in the seconds (before, now]. `network`: of a place. Throws what SQLite throws; then it waits for the next time. */
  add({ entries, live, over }: Taken, before: number, now: number, network: (entry: Entry) => StoredNetwork): void {
    this.now = now;
    try {
      if ((this.began !== null && !this.sameMinute(now)) || !this.overdue.isEmpty) this.flush();
      if (entries.length > 0) this.book(entries, before, now, network);
    } catch (error) {
      for (const entry of entries) this.overdue.add(Math.floor(now / minute), entry, network(entry));
      throw error;
    } finally {
      if (live.length > 0 || over.length > 0) this.began ??= now;
      for (const { place, ...flow } of live) this.live.set(flow.flow, { ...flow, place: this.placeText(place) });
      for (const flow of over) this.live.set(flow, null);
    }
  }

  private book(entries: readonly Entry[], before: number, now: number, network: (entry: Entry) => StoredNetwork): void {
    // New keys in one go.
    const keys = this.keys.attempt(() => entries.map((entry) => this.keyOf(entry.place, network(entry))));
    this.began ??= now;
    for (const [at, { amounts }] of entries.entries()) {
      const key = keys[at] ?? null;
      if (key === null) continue;
      sumUp(this.batch, key, amounts);
      this.spread(key, amounts, before, now);
    }
  }

  private keyOf(place: Place, network: StoredNetwork): number | null {
    return this.keys.of(place, this.keys.network(network), Math.floor(this.now / dayLength));
  }

  /** Of a private app only that it is counted already, not where it went. */
  private placeText(place: Place): string {
    const known = this.keys.isPrivate(place.app.path) ? { ...place, host: "", country: null } : place;
    return JSON.stringify(known);
  }

  flushIfDue(now: number): void {
    if (this.isDueBefore(now + 1)) this.flush();
  }

  /** Whether the batch is to be written before that Unix second. */
  isDueBefore(second: number): boolean {
    return this.began !== null && this.began + batchPace < second;
  }

  private sameMinute(now: number): boolean {
    return Math.floor(now / minute) === Math.floor((this.began ?? 0) / minute);
  }

  /** Bytes that were counted after more than a second came in all of it, as far as anybody knows. */
  spread(key: number, amounts: Amounts, before: number, now: number, most = 10): void {
    const seconds = Math.max(1, Math.min(now - before, most));
    const share = { bytesIn: Math.floor(amounts.bytesIn / seconds), bytesOut: Math.floor(amounts.bytesOut / seconds) };
    const some = share.bytesIn > 0 || share.bytesOut > 0;
    for (let second = now - seconds + 1; some && second < now; second++)
      this.seconds.add(second, key, { ...share, connections: 0, blocked: 0 });
    this.seconds.add(now, key, {
      ...amounts,
      bytesIn: amounts.bytesIn - share.bytesIn * (seconds - 1),
      bytesOut: amounts.bytesOut - share.bytesOut * (seconds - 1),
    });
  }

  /** Brings everything to the disk. What cannot be written (a full disk) waits for the next time. Throws what SQLite throws. */
  flush(): void {
    this.writeBatch();
    this.writeOverdue();
  }

  private writeBatch(): void {
    if (this.began === null) return;
    const live: LiveFlow[] = [];
    const over: string[] = [];
    for (const [key, flow] of this.live) {
      if (flow === null) over.push(key);
      else live.push(flow);
    }
    try {
      this.rows.write({ at: this.began, amounts: this.batch, live, over });
    } catch (error) {
      if (this.batch.size < mostWaiting && this.live.size < mostWaiting) throw error;
      this.overdue.lost += this.batch.size;
    }
    this.clear();
  }

  private writeOverdue(): void {
    this.overdue.each((at, waiting) => {
      const keys = this.keys.attempt(() => waiting.map(({ place, network }) => this.keyOf(place, network)));
      const sums = new Map<number, Amounts>();
      for (const [index, { amounts }] of waiting.entries()) {
        const key = keys[index] ?? null;
        if (key !== null) sumUp(sums, key, amounts);
      }
      const began = at * minute;
      this.rows.write({ at: began, amounts: sums, live: [], over: [] });
      const end = Math.min(began + minute - 1, this.now);
      for (const [key, amounts] of sums) this.spread(key, amounts, began - 1, end, minute);
    });
    if (this.overdue.lost === 0) return;
    log("warn", "history is lost: the disk was full for too long", { amounts: this.overdue.lost });
    this.overdue.lost = 0;
  }

  /** Forgets what waits. */
  clear(): void {
    this.batch = new Map();
    this.live = new Map();
    this.began = null;
  }
}

function sumUp(sums: Map<number, Amounts>, key: number, amounts: Amounts): void {
  const sum = sums.get(key) ?? noAmounts();
  addAmounts(sum, amounts);
  sums.set(key, sum);
}
