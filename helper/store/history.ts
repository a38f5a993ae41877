// Amounts on the disk: single minutes for a day, quarters of an hour for a year. Quarters of days that are over lie in pages
// (helper/history/page.ts), and sums of eight such days beside them. All times are UTC.
import type { HistoryAmounts } from "../../contract/history.ts";
import { type Cell, cellsOf, type Page, quartersInDay, readPage, thinPage, writePage } from "../history/page.ts";
import { readStrips, type Strips } from "../history/strips.ts";
import { type Part, readSums, type Sums, spanDays, writeSums } from "../history/sums.ts";
import { log } from "../log.ts";
import { durably, prepared, type Store } from "./database.ts";

export const minute = 60;
export const quarter = 900;
export const dayLength = 86_400;

/** How much of a live flow is in history: `place` says what it is counted by. */
export interface LiveFlow {
  readonly flow: string;
  readonly place: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

interface Batch {
  /** The Unix second that all of it belongs to. */
  readonly at: number;
  readonly amounts: Iterable<[key: number, amounts: HistoryAmounts]>;
  /** Live flows whose amounts are in it. */
  readonly live: Iterable<LiveFlow>;
  /** Flows that are over. */
  readonly over: Iterable<string>;
}

type RawCell = [at: number, key: number, bytesIn: number, bytesOut: number, connections: number, blocked: number];

export class HistoryRows {
  private readonly store: Store;
  private readonly boot: string;

  /** `boot`: the running kernel's boot id. */
  constructor(store: Store, boot: string) {
    this.store = store;
    this.boot = boot;
    store.prepare("DELETE FROM history_flows WHERE boot <> ?").run(boot);
  }

  /** One transaction: what is counted, and up to where. */
  write({ at, amounts, live, over }: Batch): void {
    const add = (table: string) =>
      this.store.prepare(
        `INSERT INTO ${table} (at, key, bytes_in, bytes_out, connections, blocked) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (at, key) DO UPDATE SET bytes_in = bytes_in + excluded.bytes_in,
           bytes_out = bytes_out + excluded.bytes_out, connections = connections + excluded.connections,
           blocked = blocked + excluded.blocked`,
      );
    const tables = [
      { add: add("history_minutes"), at: Math.floor(at / minute) },
      { add: add("history_quarters"), at: Math.floor(at / quarter) },
    ];
    const keep = this.store.prepare(
      "INSERT OR REPLACE INTO history_flows (flow, boot, place, bytes_in, bytes_out) VALUES (?, ?, ?, ?, ?)",
    );
    const drop = this.store.prepare("DELETE FROM history_flows WHERE flow = ?");
    this.store.transaction(() => {
      for (const [key, { bytesIn, bytesOut, connections, blocked }] of amounts) {
        for (const table of tables) table.add.run(table.at, key, bytesIn, bytesOut, connections, blocked);
      }
      for (const flow of over) drop.run(flow);
      for (const { flow, place, bytesIn, bytesOut } of live) keep.run(flow, this.boot, place, bytesIn, bytesOut);
    })();
  }

  /** One transaction. */
  together<T>(work: () => T): T {
    return this.store.transaction(work)();
  }

  /** One transaction, on the disk when this returns, whose removals leave nothing readable in the file. */
  erasing(work: () => void): void {
    this.store.pragma("secure_delete = ON");
    try {
      durably(this.store, work);
      this.store.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      this.store.pragma("secure_delete = OFF");
    }
  }

  /** Live flows of an earlier helper of this boot. */
  live(): LiveFlow[] {
    return this.store
      .prepare("SELECT flow, place, bytes_in AS bytesIn, bytes_out AS bytesOut FROM history_flows")
      .all() as LiveFlow[];
  }

  /** Live flows of the app, or of all, are known by their sums only, should this helper end. */
  forgetHosts(app: string | null): void {
    this.store
      .prepare(
        `UPDATE history_flows SET place = json_set(place, '$.host', '', '$.country', NULL)
         WHERE @app IS NULL OR place ->> '$.app.path' = @app`,
      )
      .run({ app });
  }

  /** Minutes of [from, to), Unix seconds: each with the second at which it begins. */
  minutes(from: number, to: number): RawCell[] {
    return this.cells("history_minutes", from, to, minute);
  }

  /** Quarters of days that are not sealed. */
  quarters(from: number, to: number): RawCell[] {
    return this.cells("history_quarters", from, to, quarter);
  }

  private cells(table: string, from: number, to: number, unit: number): RawCell[] {
    return prepared(
      this.store,
      `SELECT at * ${unit}, key, bytes_in, bytes_out, connections, blocked FROM ${table} WHERE at >= ? AND at < ?`,
    )
      .raw()
      .all(Math.floor(from / unit), Math.ceil(to / unit)) as RawCell[];
  }

  /** Sealed days that [from, to) touches, each with the second at which it begins. Damaged ones are left out. */
  *pages(from: number, to: number): Generator<[midnight: number, page: Page]> {
    const rows = prepared(this.store, "SELECT day, page FROM history_days WHERE day >= ? AND day < ? ORDER BY day")
      .raw()
      .iterate(Math.floor(from / dayLength), Math.ceil(to / dayLength)) as IterableIterator<[number, Buffer]>;
    for (const [day, bytes] of rows) {
      const page = this.read(day, bytes);
      if (page !== null) yield [day * dayLength, page];
    }
  }

  private read(day: number, bytes: Buffer): Page | null {
    return undamaged("a day of history is damaged", { day }, () => readPage(bytes));
  }

  /** The spans that there are sums of, within [from, to): the second at which each begins, ascending. */
  *wholeSpans(from: number, to: number): Generator<number> {
    const length = spanDays * dayLength;
    // One by one: a look at all of them passes by all of their parts.
    const exists = prepared(this.store, "SELECT 1 FROM history_spans WHERE span = ? AND part = 'quarter'").pluck();
    for (let span = Math.ceil(from / length); span < Math.floor(to / length); span++)
      if (exists.get(span) !== undefined) yield span * length;
  }

  /**
   * Parts of the span that begins at that second: null for one that there is nothing of; as a whole null where any is damaged, so that the
   * days themselves are read.
   */
  sums(begin: number, parts: readonly Part[]): (Sums | null)[] | null {
    return this.blocks(begin, parts, readSums);
  }

  strips(begin: number, parts: readonly Part[]): (Strips | null)[] | null {
    return this.blocks(begin, parts, readStrips);
  }

  private blocks<T>(begin: number, parts: readonly Part[], read: (bytes: Buffer) => T | null): (T | null)[] | null {
    const span = begin / (spanDays * dayLength);
    const select = prepared(this.store, "SELECT sums FROM history_spans WHERE span = ? AND part = ?").pluck();
    const found: (T | null)[] = [];
    for (const part of parts) {
      const bytes = select.get(span, part) as Buffer | undefined;
      const block = bytes && undamaged("a sum of history is damaged", { span }, () => read(bytes));
      if (block === null) return null;
      found.push(block ?? null);
    }
    return found;
  }

  /** Adds up one more span of sealed days, all before `today` (since 1970). Returns whether there was one. */
  summarize(today: number, valuesBy: Parameters<typeof writeSums>[1]): boolean {
    const span = this.store
      .prepare(
        `SELECT min(day / ${spanDays}) FROM history_days
         WHERE day < ? AND day / ${spanDays} NOT IN (SELECT span FROM history_spans)`,
      )
      .pluck()
      .get(today - (today % spanDays)) as number | null;
    if (span === null) return false;
    const first = span * spanDays;
    const pages = [...this.pages(first * dayLength, (first + spanDays) * dayLength)].map(
      ([midnight, page]) => [midnight / dayLength - first, page] as const,
    );
    const insert = this.store.prepare("INSERT INTO history_spans (span, part, sums) VALUES (?, ?, ?)");
    this.together(() => {
      for (const [part, sums] of writeSums(pages, valuesBy)) insert.run(span, part, sums);
    });
    return true;
  }

  /** Packs the quarters of every day before `today` (since 1970) that is not packed yet, one transaction each. */
  seal(today: number): void {
    const days = this.store
      .prepare(`SELECT DISTINCT at / ${quartersInDay} FROM history_quarters WHERE at < ?`)
      .pluck()
      .all(today * quartersInDay) as number[];
    for (const day of days) {
      this.store.transaction(() => {
        const fresh = this.quarters(day * dayLength, (day + 1) * dayLength).map(
          ([at, key, bytesIn, bytesOut, connections, blocked]): Cell => ({
            quarter: at / quarter - day * quartersInDay,
            key,
            bytesIn,
            bytesOut,
            connections,
            blocked,
          }),
        );
        this.rewrite(day, (cells) => [...cells, ...fresh]);
        this.store
          .prepare("DELETE FROM history_quarters WHERE at >= ? AND at < ?")
          .run(day * quartersInDay, (day + 1) * quartersInDay);
      })();
    }
  }

  private rewrite(day: number, change: (cells: Cell[]) => Cell[]): void {
    const bytes = this.store.prepare("SELECT page FROM history_days WHERE day = ?").pluck().get(day) as
      | Buffer
      | undefined;
    const page = bytes === undefined ? null : this.read(day, bytes);
    const cells = change(page === null ? [] : [...cellsOf(page)]);
    this.replace(day, cells.length, writePage(cells));
  }

  private thin(day: number, keeps: Parameters<typeof thinPage>[1]): void {
    const bytes = this.store.prepare("SELECT page FROM history_days WHERE day = ?").pluck().get(day) as Buffer;
    const page = this.read(day, bytes);
    const left = page === null ? { cells: 0, bytes } : thinPage(page, keeps);
    if (left !== null) this.replace(day, left.cells, left.bytes);
  }

  /** A day without cells is none, and what sums there are of it are not true any more. */
  private replace(day: number, cells: number, bytes: Buffer): void {
    this.store.prepare("DELETE FROM history_spans WHERE span = ?").run(Math.floor(day / spanDays));
    if (cells === 0) this.store.prepare("DELETE FROM history_days WHERE day = ?").run(day);
    else this.store.prepare("INSERT OR REPLACE INTO history_days (day, page) VALUES (?, ?)").run(day, bytes);
  }

  /** Forgets what is older: Unix seconds. A day goes when all of it is. */
  expire(minutesBefore: number, daysBefore: number): void {
    this.store.prepare("DELETE FROM history_minutes WHERE at < ?").run(Math.floor(minutesBefore / minute));
    this.store.prepare("DELETE FROM history_quarters WHERE at < ?").run(Math.floor(daysBefore / quarter));
    const day = Math.floor(daysBefore / dayLength);
    this.store.prepare("DELETE FROM history_days WHERE day < ?").run(day);
    this.store.prepare(`DELETE FROM history_spans WHERE span * ${spanDays} < ?`).run(day);
  }

  /** Forgets [from, to), full quarters of an hour, of the keys or of all. */
  remove(from: number, to: number, keys: ReadonlySet<number> | null): void {
    const hit = (key: number) => keys === null || keys.has(key);
    for (const [table, unit] of [
      ["history_minutes", minute],
      ["history_quarters", quarter],
    ] as const) {
      const [begin, end] = [from / unit, to / unit];
      if (keys === null) this.store.prepare(`DELETE FROM ${table} WHERE at >= ? AND at < ?`).run(begin, end);
      const remove = this.store.prepare(`DELETE FROM ${table} WHERE at >= ? AND at < ? AND key = ?`);
      if (keys !== null) for (const key of keys) remove.run(begin, end, key);
    }
    const days = this.store
      .prepare("SELECT day FROM history_days WHERE day >= ? AND day < ?")
      .pluck()
      .all(Math.floor(from / dayLength), Math.ceil(to / dayLength)) as number[];
    for (const day of days) {
      const inside = (place: number) => {
        const at = day * dayLength + place * quarter;
        return at >= from && at < to;
      };
      this.thin(day, (place, key) => !inside(place) || !hit(key));
    }
  }

  /** The first Unix second there is anything of, null where there is nothing. */
  since(): number | null {
    const day = this.store.prepare("SELECT min(day) FROM history_days").pluck().get() as number | null;
    const first = this.store.prepare("SELECT min(at) FROM history_quarters").pluck().get() as number | null;
    if (day === null) return first === null ? null : first * quarter;
    return Math.min(day * dayLength, first === null ? Number.POSITIVE_INFINITY : first * quarter);
  }

  /** What history takes on the disk, about: nearly all of the database is history. Counting its rows would read all of them. */
  bytes(): number {
    const number = (name: string) => this.store.pragma(name, { simple: true }) as number;
    return (number("page_count") - number("freelist_count")) * number("page_size");
  }
}

/** What cannot be read is left out, with a word in the journal. */
function undamaged<T>(complaint: string, which: Record<string, number>, read: () => T | null): T | null {
  try {
    return read();
  } catch (error) {
    log("error", complaint, { ...which, error: String(error) });
    return null;
  }
}
