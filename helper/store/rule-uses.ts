// When each rule decided last, and how often: counted in memory, written in batches. A crash loses the last few seconds.
import { log } from "../log.ts";
import { listNumbers } from "../policy/lists.ts";
import type { Store } from "./database.ts";

export interface RuleUse {
  /** Milliseconds since 1970. */
  readonly last: number;
  /** Flows. */
  readonly uses: number;
}

/** Milliseconds between a use and its being written. */
const batchPace = 10_000;

export class RuleUses {
  private readonly store: Store;
  private readonly known = new Map<number, RuleUse>();
  private readonly unwritten = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  /** When counting began, milliseconds since 1970: what is older tells nothing. */
  readonly since: number;

  /** Forgets rules that are gone for good: they are neither there nor in a change that could be taken back. */
  constructor(store: Store) {
    this.store = store;
    const since = store.prepare("SELECT value FROM settings WHERE name = 'uses counted since'").pluck().get();
    this.since = Number(since);
    store.exec(`DELETE FROM rule_uses WHERE rule NOT IN (SELECT number FROM rules) AND rule NOT IN (
      SELECT each.value ->> 'number' FROM rule_changes, json_each(rule_changes.before) AS each)`);
    const rows = store.prepare("SELECT rule, last, uses FROM rule_uses").all() as (RuleUse & { rule: number })[];
    for (const { rule, last, uses } of rows) this.known.set(rule, { last, uses });
  }

  /** A rule decided a flow. `number`: 0, and what is no rule's, is ignored. `at`: milliseconds since 1970. */
  count(number: number, at: number): void {
    if (number === 0 || number >= listNumbers) return;
    const { last = 0, uses = 0 } = this.known.get(number) ?? {};
    this.known.set(number, { last: Math.max(last, at), uses: uses + 1 });
    this.unwritten.add(number);
    this.timer ??= setTimeout(() => this.flush(), batchPace).unref();
  }

  of(number: number): RuleUse | null {
    return this.known.get(number) ?? null;
  }

  /** Never throws: what cannot be written (a full disk) waits for the next time. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.unwritten.size === 0 || !this.store.open) return;
    try {
      const write = this.store.prepare("INSERT OR REPLACE INTO rule_uses (rule, last, uses) VALUES (?, ?, ?)");
      this.store.transaction(() => {
        for (const number of this.unwritten) {
          const use = this.known.get(number);
          if (use) write.run(number, use.last, use.uses);
        }
      })();
      this.unwritten.clear();
    } catch (error) {
      log("error", "uses of rules could not be saved", { error: String(error) });
      this.timer = setTimeout(() => this.flush(), batchPace).unref();
    }
  }
}
