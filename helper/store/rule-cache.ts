// The stored rules in memory: read once, and after that only those that changed. A trigger notes which, so that nobody who changes a rule
// has to think of it, and what was rolled back was never noted.
import type { Store } from "./database.ts";
import type { RuleRow } from "./rules.ts";

/** Of this connection, in memory, and gone with it. */
const watch = `
  CREATE TEMP TABLE IF NOT EXISTS touched_rules (at INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL UNIQUE);
  CREATE TEMP TRIGGER IF NOT EXISTS rule_made AFTER INSERT ON main.rules
    BEGIN INSERT OR REPLACE INTO touched_rules (number) VALUES (new.number); END;
  CREATE TEMP TRIGGER IF NOT EXISTS rule_changed AFTER UPDATE ON main.rules
    BEGIN INSERT OR REPLACE INTO touched_rules (number) VALUES (new.number); END;
  CREATE TEMP TRIGGER IF NOT EXISTS rule_gone AFTER DELETE ON main.rules
    BEGIN INSERT OR REPLACE INTO touched_rules (number) VALUES (old.number); END;`;

/** What goes before the columns of a rule, which are nulls where there is none. */
interface Joined {
  at: number;
  touched: number;
}

/** A rule that was touched, as it is now; null where it is gone. */
interface Touched extends Joined {
  row: RuleRow | null;
}

export class RuleCache<Kept> {
  private readonly store: Store;
  private readonly keep: (row: RuleRow) => Kept;
  private readonly isFew: (kept: Kept) => boolean;
  private readonly moved: (before: Kept | undefined, now: Kept | undefined) => void;
  /** By number, lowest first unless `isMixed`. */
  private kept = new Map<number, Kept>();
  private readonly atHand = new Set<number>();
  private highest = 0;
  /** Whether a rule came back with an old number. */
  private isMixed = false;
  private seen: number;
  private readonly touches: () => Touched[];
  private pending = new Set<number>();
  /** The same, and what was kept of them, for those who tell of it. */
  private untold = new Map<number, Kept | undefined>();

  /** `keep`: what is to be kept of a rule. `isFew`: which of them few() is about. `moved`: hears of what is kept from now on. */
  constructor(
    store: Store,
    keep: (row: RuleRow) => Kept,
    isFew: (kept: Kept) => boolean,
    moved: (before: Kept | undefined, now: Kept | undefined) => void,
  ) {
    this.store = store;
    this.keep = keep;
    this.isFew = isFew;
    this.moved = moved;
    store.exec(watch);
    this.seen = store.prepare("SELECT coalesce(max(at), 0) FROM temp.touched_rules").pluck().get() as number;
    for (const row of store.prepare("SELECT * FROM rules ORDER BY number").all()) this.put(row as RuleRow);
    const statement = store.prepare(
      `SELECT changed.at, changed.number AS touched, rules.* FROM temp.touched_rules AS changed
         LEFT JOIN main.rules AS rules ON rules.number = changed.number WHERE changed.at > ? ORDER BY changed.at`,
    );
    this.touches = () =>
      (statement.all(this.seen) as (RuleRow & Joined)[]).map(({ at, touched, ...row }) => ({
        at,
        touched,
        row: row.number === null ? null : row,
      }));
  }

  /** Every rule, by number, as it is by now: also in the midst of a change, which may still be taken back. */
  all(): readonly Kept[] {
    if (this.store.inTransaction) return this.asOfNow(this.kept.keys());
    this.catchUp();
    if (this.isMixed) this.kept = new Map([...this.kept].sort(([a], [b]) => a - b));
    this.isMixed = false;
    return [...this.kept.values()];
  }

  /** Within a change: what is kept of each rule that it touched, and what will be. */
  *underWay(): Generator<readonly [before: Kept | undefined, now: Kept | undefined]> {
    for (const { touched, row } of this.touches())
      yield [this.kept.get(touched), row === null ? undefined : this.keep(row)];
  }

  /** Numbers of the few that the cache was told to keep at hand, and in the midst of a change of all that it touched. */
  few(): readonly number[] {
    if (!this.store.inTransaction) this.catchUp();
    const touched = this.store.inTransaction ? this.touches().map((each) => each.touched) : [];
    return [...new Set([...this.atHand, ...touched])].sort((a, b) => a - b);
  }

  /** What is kept of these, and of what the change touched that is under way. */
  private asOfNow(numbers: Iterable<number>): Kept[] {
    const now = new Map<number, Kept | undefined>();
    for (const number of numbers) now.set(number, this.kept.get(number));
    if (this.store.inTransaction)
      for (const { touched, row } of this.touches()) now.set(touched, row === null ? undefined : this.keep(row));
    const sorted = [...now].sort(([a], [b]) => a - b);
    return sorted.flatMap(([, kept]) => (kept === undefined ? [] : [kept]));
  }

  get(number: number): Kept | undefined {
    return this.kept.get(number);
  }

  /** Numbers of the rules that were made, changed or removed since the last call; get() has them as they are now. Not within a change. */
  touched(): ReadonlySet<number> {
    this.mayNotChange();
    this.catchUp();
    const touched = this.pending;
    this.pending = new Set();
    return touched;
  }

  /** The same, for whoever tells of it, and what was kept of them at the last call. */
  news(): ReadonlyMap<number, Kept | undefined> {
    this.mayNotChange();
    this.catchUp();
    const news = this.untold;
    this.untold = new Map();
    return news;
  }

  private mayNotChange(): void {
    if (this.store.inTransaction) throw new Error("the rules are read in the midst of a change");
  }

  /** The rule counts no more, though it could not be removed (a full disk). Not within a change. */
  drop(number: number): void {
    this.catchUp();
    if (!this.untold.has(number)) this.untold.set(number, this.kept.get(number));
    this.keepNo(number);
    this.atHand.delete(number);
    this.pending.add(number);
  }

  private keepNo(number: number): void {
    this.moved(this.kept.get(number), undefined);
    this.kept.delete(number);
  }

  private catchUp(): void {
    for (const { at, touched, row } of this.touches()) {
      this.seen = at;
      this.pending.add(touched);
      if (!this.untold.has(touched)) this.untold.set(touched, this.kept.get(touched));
      this.atHand.delete(touched);
      if (row === null) this.keepNo(touched);
      else this.put(row);
    }
  }

  private put(row: RuleRow): void {
    this.isMixed ||= row.number < this.highest && !this.kept.has(row.number);
    this.highest = Math.max(this.highest, row.number);
    const kept = this.keep(row);
    this.moved(this.kept.get(row.number), kept);
    this.kept.set(row.number, kept);
    if (this.isFew(kept)) this.atHand.add(row.number);
  }
}
