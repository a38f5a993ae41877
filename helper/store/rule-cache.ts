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

/** A row, with nulls where there is none. */
interface Touched {
  at: number;
  touched: number;
  number: number | null;
}

export class RuleCache<Kept> {
  private readonly store: Store;
  private readonly keep: (row: RuleRow) => Kept;
  /** By number, lowest first unless `isMixed`. */
  private kept = new Map<number, Kept>();
  private highest = 0;
  /** Whether a rule came back with an old number. */
  private isMixed = false;
  private seen: number;
  private readonly touches: () => (RuleRow & Touched)[];
  private pending = new Set<number>();
  /** Rules that are to count no more and could not be removed (a full disk). */
  private readonly dropped = new Set<number>();

  /** `keep`: what is to be kept of a rule. */
  constructor(store: Store, keep: (row: RuleRow) => Kept) {
    this.store = store;
    this.keep = keep;
    store.exec(watch);
    this.seen = store.prepare("SELECT coalesce(max(at), 0) FROM temp.touched_rules").pluck().get() as number;
    for (const row of this.read()) this.put(row);
    const statement = store.prepare(
      `SELECT changed.at, changed.number AS touched, rules.* FROM temp.touched_rules AS changed
         LEFT JOIN main.rules AS rules ON rules.number = changed.number WHERE changed.at > ? ORDER BY changed.at`,
    );
    this.touches = () => statement.all(this.seen) as (RuleRow & Touched)[];
  }

  /** Every rule, by number. In the midst of a change, which may still be taken back, they are read from the database. */
  all(): readonly Kept[] {
    if (this.store.inTransaction) return this.read().map(this.keep);
    this.catchUp();
    if (this.isMixed) this.kept = new Map([...this.kept].sort(([a], [b]) => a - b));
    this.isMixed = false;
    return [...this.kept.values()];
  }

  get(number: number): Kept | undefined {
    return this.kept.get(number);
  }

  /** Numbers of the rules that were made, changed or removed since the last call; get() has them as they are now. Not within a change. */
  touched(): ReadonlySet<number> {
    if (this.store.inTransaction) throw new Error("the rules are read in the midst of a change");
    this.catchUp();
    const touched = this.pending;
    this.pending = new Set();
    return touched;
  }

  /** The rule counts no more, whatever is stored. */
  drop(number: number): void {
    this.catchUp();
    this.kept.delete(number);
    this.dropped.add(number);
    this.pending.add(number);
  }

  private catchUp(): void {
    for (const { at, touched, ...row } of this.touches()) {
      this.seen = at;
      this.pending.add(touched);
      this.dropped.delete(touched);
      if (row.number === null) this.kept.delete(touched);
      else this.put(row);
    }
  }

  private put(row: RuleRow): void {
    this.isMixed ||= row.number < this.highest && !this.kept.has(row.number);
    this.highest = Math.max(this.highest, row.number);
    this.kept.set(row.number, this.keep(row));
  }

  private read(): RuleRow[] {
    const rows = this.store.prepare("SELECT * FROM rules ORDER BY number").all() as RuleRow[];
    return this.dropped.size === 0 ? rows : rows.filter(({ number }) => !this.dropped.has(number));
  }
}
