// All keys of history as columns of numbers: what a question groups and filters by, without asking the database for each. Read when
// somebody asks, and then only what is new; forgotten when nobody has asked for a while.
import type { Store } from "./database.ts";

const names = ["app", "host", "domain", "country", "protocol", "network", "user"] as const;
export type Column = (typeof names)[number];

/** Milliseconds after the last question. A year of a busy desktop takes three megabytes. */
const patience = 60_000;

/** Uids do not fit into 31 bits. */
type Columns = Readonly<Record<Column, Int32Array | Float64Array>>;

export class KeyColumns {
  private readonly store: Store;
  private least = 0;
  private count = 0;
  private columns: Columns | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(store: Store) {
    this.store = store;
  }

  /** Of key `least + i` the i-th number of each column; a key that does not exist has the user -1. */
  upToDate(): { least: number; count: number; columns: Columns } {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.forget(), patience).unref();
    if (this.columns === null) this.least = this.number("SELECT coalesce(min(id), 0) FROM history_keys");
    const end = this.number("SELECT coalesce(max(id), -1) + 1 FROM history_keys");
    const columns = this.makeRoom(Math.max(0, end - this.least));
    const rows = this.store
      .prepare(`SELECT id, ${names.join(", ")} FROM history_keys WHERE id >= ?`)
      .raw()
      .iterate(this.least + this.count) as IterableIterator<number[]>;
    for (const row of rows) {
      const at = (row[0] as number) - this.least;
      for (const [index, name] of names.entries()) columns[name][at] = row[index + 1] as number;
    }
    this.count = Math.max(this.count, end - this.least);
    return { least: this.least, count: this.count, columns };
  }

  /** Keys have changed, or gone. */
  forget(): void {
    clearTimeout(this.timer);
    this.columns = null;
    this.count = 0;
  }

  private number(sql: string): number {
    return this.store.prepare(sql).pluck().get() as number;
  }

  private makeRoom(count: number): Columns {
    const old = this.columns;
    if (old !== null && old.user.length >= count) return old;
    const grown = (name: Column) => {
      const numbers = new (name === "user" ? Float64Array : Int32Array)(Math.ceil(count * 1.2)).fill(-1);
      if (old !== null) numbers.set(old[name].subarray(0, this.count));
      return numbers;
    };
    this.columns = Object.fromEntries(names.map((name) => [name, grown(name)])) as Record<Column, Int32Array>;
    return this.columns;
  }
}
