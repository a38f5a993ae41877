// What people changed about rules, so that it can be taken back: the rows as they were, and what took their place.
import * as v from "valibot";
import { CodedError } from "../../contract/errors.ts";
import { holdsAsLong } from "../policy/lifetime.ts";
import { prepared, type Store } from "./database.ts";
import type { RuleRow } from "./rules.ts";
import { anyMatcher, twinOf } from "./twins.ts";

/** Changes of one maker that can be taken back, the newest; fewer where they are large. */
const kept = 200;
/** Bytes of what they replaced, of one maker, the newest change aside. */
const keptBytes = 32 * 1024 * 1024;

/** Changes of less are small however many are kept. */
const fewRules = 100;

/** Those on trial (probation.ts) are kept however many came since, for they take themselves back; of an unfinished trial each one. */
const trials = `(SELECT each.key, each.value FROM settings, json_tree(iif(json_valid(settings.value), settings.value, '[]')) AS each
  WHERE settings.name = 'trial' AND each.type = 'integer')`;
const notOnTrial = `id NOT IN (SELECT value FROM ${trials} WHERE key = 'undo')
  AND NOT EXISTS (SELECT 1 FROM ${trials} WHERE key = 'after' AND value < id)`;

/** Collects what one change does. */
export interface Change {
  /** A row that is about to go or to become another. */
  gone(row: RuleRow): void;
  /** A row that is there by now. */
  made(number: number): void;
}

type Statement = ReturnType<Store["prepare"]>;

interface StoredRow extends RuleRow {
  processes: { pid: number; start: number }[];
}

/** A change as it is stored. `before`, `after`: JSON. `maker`: a uid, which an older helper did not keep. */
const storedSchema = v.object({
  id: v.number(),
  made: v.number(),
  before: v.string(),
  after: v.string(),
  maker: v.optional(v.number(), 0),
});
type Stored = v.InferOutput<typeof storedSchema>;

/** Rows that are to be there, and the numbers of those that go for them. */
interface Replacement {
  before: StoredRow[];
  after: number[];
}

/** What takes an undo back: the change, and the rules as it had left them. */
export const undoneSchema = v.object({
  change: storedSchema,
  before: v.array(v.custom<StoredRow>((row) => typeof row === "object" && row !== null)),
  after: v.array(v.number()),
});
export type Undone = v.InferOutput<typeof undoneSchema>;

export class RuleChanges {
  private readonly store: Store;
  private readonly check: () => void;
  private readonly maker: () => number;
  private open: { before: StoredRow[]; after: number[] } | undefined;
  /** `check`: within a change that is made or taken back, throws where it may not be. `maker`: uid of who changes something now. */
  constructor(store: Store, check = () => {}, maker = () => 0) {
    this.store = store;
    this.check = check;
    this.maker = maker;
  }

  /** One transaction and one step back, also for what is recorded within. `now`: milliseconds since 1970. */
  record<T>(now: number, work: (change: Change) => T): T {
    return this.store.transaction(() => {
      const outer = this.open;
      const open = outer ?? { before: [], after: [] };
      this.open = open;
      try {
        const result = work({
          gone: (row) => void open.before.push({ ...row, processes: this.processesOf(row) }),
          made: (number) => void open.after.push(number),
        });
        if (outer === undefined) {
          this.check();
          this.write(open, now);
        }
        return result;
      } finally {
        this.open = outer;
      }
    })();
  }

  /** Id of the newest change, null when there is none. */
  newest(): number | null {
    const row = prepared(this.store, "SELECT max(id) AS id FROM rule_changes").get() as { id: number | null };
    return row.id;
  }

  /** Users whose rules each change was about (null: everybody's), the newest change first. */
  *users(): Generator<{ id: number; users: (number | null)[] }> {
    const find = this.store.prepare("SELECT user FROM rules WHERE number = ?").pluck();
    const ids = this.store.prepare("SELECT id FROM rule_changes ORDER BY id DESC").pluck().all() as number[];
    const read = this.store.prepare("SELECT * FROM rule_changes WHERE id = ?");
    for (const id of ids) {
      const { before, after } = read.get(id) as Stored;
      const gone = (JSON.parse(before) as StoredRow[]).map(({ user }) => user ?? null);
      const made = (JSON.parse(after) as number[]).map(
        (number) => (find.get(number) as number | null | undefined) ?? null,
      );
      yield { id, users: [...gone, ...made] };
    }
  }

  /** Ids of the changes newer than that one, oldest first. */
  after(id: number): number[] {
    const rows = prepared(this.store, "SELECT id FROM rule_changes WHERE id > ? ORDER BY id").all(id);
    return (rows as { id: number }[]).map((row) => row.id);
  }

  /** Whether the change did nothing but block more, or allow less; false for one that is not known any more. */
  blockedMore(id: number): boolean {
    const stored = this.store.prepare("SELECT * FROM rule_changes WHERE id = ?").get(id) as Stored | undefined;
    if (stored === undefined) return false;
    const gone = JSON.parse(stored.before) as StoredRow[];
    const numbers = JSON.parse(stored.after) as number[];
    const made = numbers.map((number) => this.row(number));
    return (
      gone.every((row) => row.action === "allow" || row.enabled === 0 || this.isBlockedAsLong(row, numbers)) &&
      made.every((row) => row === undefined || row.action === "block" || row.enabled === 0)
    );
  }

  /** Whether one of those rules is a block in the row's place that is sure to hold for as long. */
  private isBlockedAsLong(row: StoredRow, numbers: readonly number[]): boolean {
    const twin = this.twinOf(row);
    if (twin === undefined || !numbers.includes(twin.number) || twin.action !== "block" || twin.enabled === 0)
      return false;
    return twin.lifetime === "forever" || holdsAsLong(twin, row);
  }

  /**
   * Takes the change back; returns what would take that back in turn. Errors: nothing_to_undo, when there is none of this id, or others
   * changed the same since.
   */
  undo(id: number): Undone {
    return this.store.transaction(() => {
      const { stored, ...replacement } = this.find(id);
      const inverse = this.replace(replacement);
      this.check();
      this.drop(id);
      return { change: stored, ...inverse };
    })();
  }

  /** Takes the change back as far as nobody who may widen decided otherwise since. Errors: nothing_to_undo, where there is none of this id. */
  takeBack(id: number): void {
    this.store.transaction(() => {
      this.replaceWhatIsLeft(this.find(id));
      this.drop(id);
    })();
  }

  /** Takes an undo back, as far as takeBack() does: the change is there again, and can be taken back again. */
  redo({ change, ...inverse }: Undone): void {
    this.store.transaction(() => {
      this.replaceWhatIsLeft(inverse);
      this.store
        .prepare(
          "INSERT INTO rule_changes (id, made, before, after, maker) VALUES (@id, @made, @before, @after, @maker)",
        )
        .run(change);
    })();
  }

  private find(id: number): Replacement & { stored: Stored } {
    const stored = this.store.prepare("SELECT * FROM rule_changes WHERE id = ?").get(id) as Stored | undefined;
    if (stored === undefined) throw new CodedError("nothing_to_undo");
    return { stored, before: JSON.parse(stored.before) as StoredRow[], after: JSON.parse(stored.after) as number[] };
  }

  private drop(id: number): void {
    this.store.prepare("DELETE FROM rule_changes WHERE id = ?").run(id);
  }

  private replace({ before, after }: Replacement): Replacement {
    const remove = this.store.prepare("DELETE FROM rules WHERE number = ?");
    const gone = after.map((number) => {
      const row = this.row(number);
      if (row === undefined) throw new CodedError("nothing_to_undo", "the rule is gone by now");
      const processes = this.processesOf(row); // they go with their rule
      remove.run(number);
      return { ...row, processes };
    });
    const statements = new Map<string, Statement>();
    for (const row of before) this.restore(row, statements);
    return { before: gone, after: before.map(({ number }) => number) };
  }

  /** A program that may only block must not keep any of it from happening: what it can do to rules is to put a block in their place. */
  private replaceWhatIsLeft({ before, after }: Replacement): void {
    const remove = this.store.prepare("DELETE FROM rules WHERE number = ?");
    const left = after.filter((number) => remove.run(number).changes > 0);
    const statements = new Map<string, Statement>();
    for (const row of before) {
      // It was switched, and then removed or replaced: nothing lets more through for having been on trial.
      if (row.action === "allow" && after.includes(row.number) && !left.includes(row.number)) continue;
      const twin = this.twinOf(row);
      if (twin !== undefined) {
        const isShort = twin.action === "block" && twin.lifetime !== "forever" && !holdsAsLong(twin, row);
        if (row.action === "allow" || !isShort) continue;
        remove.run(twin.number);
      }
      this.restore(row, statements);
    }
  }

  /** `row`: one of an older version has fewer columns. */
  private twinOf(row: StoredRow): RuleRow | undefined {
    return twinOf(this.store, { ...anyMatcher, ...row }, row.origin);
  }

  private row(number: number): RuleRow | undefined {
    return prepared(this.store, "SELECT * FROM rules WHERE number = ?").get(number) as RuleRow | undefined;
  }

  /** `statements`: by the columns that a row has, which are fewer in one of an older version. */
  private restore({ processes, ...row }: StoredRow, statements: Map<string, Statement>): void {
    const names = Object.keys(row);
    const columns = names.join(", ");
    const insertion = `INSERT INTO rules (${columns}) VALUES (${names.map((name) => `@${name}`).join(", ")})`;
    const restore = statements.get(columns) ?? this.store.prepare(insertion);
    statements.set(columns, restore);
    try {
      restore.run(row);
    } catch (error) {
      // A rule with its matcher came since.
      if ((error as { code?: string }).code?.startsWith("SQLITE_CONSTRAINT"))
        throw new CodedError("nothing_to_undo", "another rule took its place");
      throw error;
    }
    for (const { pid, start } of processes) {
      this.store.prepare("INSERT INTO rule_processes (rule, pid, start) VALUES (?, ?, ?)").run(row.number, pid, start);
    }
  }

  private processesOf({ number, boot }: RuleRow): StoredRow["processes"] {
    if (boot === null) return [];
    return this.store
      .prepare("SELECT pid, start FROM rule_processes WHERE rule = ?")
      .all(number) as StoredRow["processes"];
  }

  private write({ before, after }: { before: StoredRow[]; after: number[] }, now: number): void {
    if (before.length === 0 && after.length === 0) return;
    const maker = this.maker();
    const insert = prepared(this.store, "INSERT INTO rule_changes (made, before, after, maker) VALUES (?, ?, ?, ?)");
    const { lastInsertRowid } = insert.run(now, JSON.stringify(before), JSON.stringify(after), maker);
    prepared(
      this.store,
      `DELETE FROM rule_changes WHERE maker = @maker AND ${notOnTrial}
         AND id <= (SELECT id FROM rule_changes WHERE maker = @maker ORDER BY id DESC LIMIT 1 OFFSET @kept)`,
    ).run({ maker, kept });
    if (after.length < fewRules && before.length < fewRules) return;
    this.store
      .prepare(
        `DELETE FROM rule_changes WHERE id < @newest AND ${notOnTrial} AND id IN (SELECT id FROM
           (SELECT id, sum(length(before) + length(after)) OVER (ORDER BY id DESC) AS size FROM rule_changes WHERE maker = @maker)
           WHERE size > @keptBytes)`,
      )
      .run({ newest: lastInsertRowid, maker, keptBytes });
  }
}
