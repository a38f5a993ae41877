// All keys of history as columns of numbers: what a question groups and filters by, without asking the database for each. A column is
// read when somebody asks about it, and then only what is new; all are forgotten when nobody has asked for a while.
import type { Store } from "./database.ts";

export type Column = "app" | "host" | "domain" | "country" | "protocol" | "network" | "user";

/** Milliseconds after the last question. A year of a busy desktop takes three megabytes. */
const patience = 60_000;

/** Uids do not fit into 31 bits. */
type Numbers = Int32Array | Float64Array;

/** As far as it was read. */
class Growing {
  count = 0;
  private numbers: Numbers;
  private readonly kind: Int32ArrayConstructor | Float64ArrayConstructor;
  constructor(kind: Int32ArrayConstructor | Float64ArrayConstructor) {
    this.kind = kind;
    this.numbers = new kind(0);
  }

  append(more: readonly number[]): void {
    if (this.count + more.length > this.numbers.length) {
      const grown = new this.kind(Math.ceil((this.count + more.length) * 1.2));
      grown.set(this.numbers.subarray(0, this.count));
      this.numbers = grown;
    }
    this.numbers.set(more, this.count);
    this.count += more.length;
  }

  get all(): Numbers {
    return this.numbers.subarray(0, this.count);
  }
}

export class KeyColumns {
  private readonly store: Store;
  private ids = new Growing(Int32Array);
  private columns = new Map<Column, Growing>();
  private timer: NodeJS.Timeout | undefined;
  /** Called when all is forgotten: so is what was made of it. */
  private readonly onForget: () => void;

  constructor(store: Store, onForget: () => void) {
    this.store = store;
    this.onForget = onForget;
  }

  /** Ids of all keys, ascending. The columns have as many numbers, in the same order. */
  upToDate(): { ids: Int32Array; column(name: Column): Numbers } {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.forget(), patience).unref();
    this.read(this.ids, "id");
    const column = (name: Column) => {
      const known = this.columns.get(name) ?? new Growing(name === "user" ? Float64Array : Int32Array);
      this.columns.set(name, known);
      this.read(known, name);
      return known.all;
    };
    return { ids: this.ids.all as Int32Array, column };
  }

  private read(numbers: Growing, name: Column | "id"): void {
    const last = numbers.count === 0 ? 0 : (this.ids.all[numbers.count - 1] as number);
    const more = this.store.prepare(`SELECT ${name} FROM history_keys WHERE id > ? ORDER BY id`).pluck().all(last);
    numbers.append(more as number[]);
  }

  /** Keys have changed, or gone. */
  forget(): void {
    clearTimeout(this.timer);
    this.ids = new Growing(Int32Array);
    this.columns = new Map();
    this.onForget();
  }
}
