// Rules in the database, and what tells when a temporary one is over.
import { CodedError } from "../../contract/errors.ts";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Matcher, Origin, Rule } from "../../contract/words.ts";
import { holdsAsLong, type ProcessId, type TemporaryRule } from "../policy/lifetime.ts";
import { prepared, type Store } from "./database.ts";
import { RuleCache } from "./rule-cache.ts";
import { RuleChanges } from "./rule-changes.ts";
import { RuleRoom, type Weighed, weigh } from "./rule-room.ts";
import type { Difference, WantedRule } from "./rule-sync.ts";
import { troubleOf } from "./trouble.ts";
import { twinOf } from "./twins.ts";

/** A row of table `rules`. */
export interface RuleRow extends Matcher {
  number: number;
  name: string | null;
  action: Action;
  lifetime: RuleLifetime;
  enabled: 0 | 1;
  origin: Origin;
  note: string;
  created: number;
  boot: string | null;
  expires: number | null;
  /** What an import was read from. */
  source: string | null;
}

/** A rule before it has an id. `address` must be canonical (helper/policy/address.ts), names as hostNameSchema has them. */
export interface NewRule extends Matcher {
  action: Action;
  lifetime: RuleLifetime;
  note: string;
}

export { anyMatcher } from "./twins.ts";

/** What ends a new rule: `expires` a length of time (CLOCK_BOOTTIME milliseconds), `processes` a `quit`. */
export interface Term {
  readonly expires: number | null;
  readonly processes: readonly ProcessId[];
}

/** The time of the running kernel. `boottime`: CLOCK_BOOTTIME, milliseconds. */
export interface BootClock {
  readonly boot: string;
  boottime(): number;
}

export interface NumberedRule {
  readonly number: number;
  readonly rule: Rule;
}

const insertion = `INSERT INTO rules (app, via, user, action, address, host, domain, zone, port, portTo, protocol, direction, profile,
    lifetime, boot, expires, enabled, origin, note, created, source)
  VALUES (@app, @via, @user, @action, @address, @host, @domain, @zone, @port, @portTo, @protocol, @direction, @profile,
    @lifetime, @boot, @expires, @enabled, @origin, @note, @created, @source)
  RETURNING *`;

const noTerm: Term = { expires: null, processes: [] };

/** A rule in memory. `expires`: CLOCK_BOOTTIME milliseconds; somebody may set the clock on the wall. */
interface KeptRule {
  readonly numbered: NumberedRule;
  readonly expires: number | null;
  /** Of a temporary one. */
  readonly boot: string | null;
  readonly weighed: Weighed;
}

/** What is to be told of rules after a change. */
export interface RuleNews {
  readonly changed: Rule[];
  /** As they were. */
  readonly removed: Rule[];
}

function shown({ numbered, expires }: KeptRule, behind: number): NumberedRule {
  if (expires === null) return numbered;
  return { number: numbered.number, rule: { ...numbered.rule, expires: timeText(expires, behind) } };
}

function timeText(expires: number | null, behind: number): string | null {
  return expires === null ? null : new Date(expires + behind).toISOString();
}

/** `behind`: how far CLOCK_BOOTTIME is behind the clock on the wall, milliseconds. */
function fromRow(row: RuleRow, behind: number): NumberedRule {
  const { number, name, created, enabled, expires, boot: _boot, source, ...rest } = row;
  return {
    number,
    rule: {
      id: name ?? String(number),
      ...rest,
      expires: timeText(expires, behind),
      enabled: enabled === 1,
      created: new Date(created).toISOString(),
      ...(source !== null && { source }),
    },
  };
}

export class Rules {
  private readonly store: Store;
  private readonly clock: BootClock;
  private readonly cache: RuleCache<KeptRule>;
  /** Over, and still stored. */
  private readonly leftOver = new Set<number>();
  /** What people changed, and the way back. */
  readonly changes: RuleChanges;
  /** `maker`: uid of who changes rules now. */
  constructor(store: Store, clock: BootClock, maker = () => 0) {
    this.store = store;
    this.clock = clock;
    const keep = (row: RuleRow) => ({
      numbered: fromRow(row, 0),
      expires: row.expires,
      boot: row.boot,
      weighed: weigh(row),
    });
    const room = new RuleRoom();
    this.cache = new RuleCache<KeptRule>(
      store,
      keep,
      ({ boot }) => boot !== null,
      (before, now) => room.note([before?.weighed, now?.weighed]),
    );
    this.changes = new RuleChanges(
      store,
      () => room.check(Array.from(this.cache.underWay(), ([before, now]) => [before?.weighed, now?.weighed] as const)),
      maker,
    );
  }

  /** Every rule as it is committed, by number; within a change, as it is by then. */
  all(): NumberedRule[] {
    // One moment for all: what was made together ends together.
    const behind = this.behind();
    return this.cache.all().map((kept) => shown(kept, behind));
  }

  /** The rule of this number, as it was at the last all() or touched(). */
  get(number: number): NumberedRule | undefined {
    const kept = this.cache.get(number);
    // Most rules have no end: the clocks are not asked for those, of which a start reads every one.
    return kept && (kept.expires === null ? kept.numbered : shown(kept, this.behind()));
  }

  /** Numbers of the rules that were made, changed or removed since the last call, in whatever way. Not within a change. */
  touched(): ReadonlySet<number> {
    return this.cache.touched();
  }

  /** What is new of them since the last call, for those who watch. Not within a change. */
  news(): RuleNews {
    const news: RuleNews = { changed: [], removed: [] };
    for (const [number, before] of this.cache.news()) {
      const now = this.get(number);
      if (now !== undefined) news.changed.push(now.rule);
      else if (before !== undefined) news.removed.push(before.numbered.rule);
    }
    return news;
  }

  /**
   * A rule with an identical matcher is replaced: it goes, the new one has a number of its own. A temporary rule stands beside a
   * permanent one, which counts again when the temporary one is over. Imports and people's rules stand beside one another.
   * Errors: too_many_rules.
   */
  add(
    rule: NewRule,
    now: number,
    term = noTerm,
    origin: Origin = "person",
  ): NumberedRule & { replaced: string | null } {
    const boot = rule.lifetime === "forever" ? null : this.clock.boot;
    return this.changes.record(now, (change) => {
      const replaced = twinOf(this.store, rule, origin);
      if (replaced !== undefined) {
        change.gone(replaced);
        this.drop(replaced.number);
      }
      const made = { ...rule, created: now, boot, expires: term.expires, enabled: 1, origin, source: null };
      const row = prepared(this.store, insertion).get(made) as RuleRow;
      this.writeProcesses(row.number, term.processes);
      change.made(row.number);
      return { ...this.read(row), replaced: replaced === undefined ? null : String(replaced.number) };
    });
  }

  /** Whether the rule would take the place of a temporary one that asks or blocks and may hold for longer. `expires`: as of its term. */
  endsSooner(rule: NewRule, expires: number | null): boolean {
    const replaced = rule.lifetime === "forever" ? undefined : twinOf(this.store, rule, "person");
    if (replaced === undefined || replaced.enabled === 0 || replaced.action === "allow") return false;
    return !holdsAsLong({ lifetime: rule.lifetime, expires }, replaced);
  }

  /** Whether a rule about the app allows something, enabled or not, in any profile. */
  allowsSomething(app: string): boolean {
    // Written like the index rules_matcher, or every rule there is would be read.
    const statement = this.store.prepare(
      "SELECT 1 FROM rules WHERE origin IN ('person', 'import') AND coalesce(app, '') = ? AND action = 'allow' LIMIT 1",
    );
    return statement.get(app) !== undefined;
  }

  /** Every rule as it is stored. */
  rows(): RuleRow[] {
    return this.store.prepare("SELECT * FROM rules ORDER BY number").all() as RuleRow[];
  }

  /**
   * Brings the rules to what a file says (rule-sync.ts), in one change. A rule that says something else from now on has a number of its
   * own; one that is switched or renamed keeps its number. Returns what takes it back; null where there was nothing to do. Errors:
   * too_many_rules.
   */
  carryOut({ added, changed, removed, factory }: Difference, now: number): number | null {
    if (added.length + changed.length + removed.length + factory.length === 0) return null;
    const drop = this.store.prepare("DELETE FROM rules WHERE number = ?");
    const insert = this.store.prepare(insertion);
    const update = this.store.prepare("UPDATE rules SET enabled = ?, note = ?, source = ? WHERE number = ?");
    return this.store.transaction(() => {
      this.changes.record(now, (change) => {
        const put = (rule: WantedRule) => {
          const made = { ...rule, created: now, boot: null, expires: null, enabled: rule.enabled ? 1 : 0 };
          change.made((insert.get(made) as RuleRow).number);
        };
        for (const row of removed) {
          change.gone(row);
          drop.run(row.number);
        }
        for (const { row, rule } of changed) {
          change.gone(row);
          if (row.action === rule.action) {
            update.run(rule.enabled ? 1 : 0, rule.note, rule.source, row.number);
            change.made(row.number);
          } else {
            drop.run(row.number);
            put(rule);
          }
        }
        for (const { rule } of added) put(rule);
        for (const { row, enabled } of factory) {
          change.gone(row);
          change.made(row.number);
          update.run(enabled ? 1 : 0, row.note, row.source, row.number);
        }
      });
      return this.changes.newest();
    })();
  }

  temporary(): TemporaryRule[] {
    const processes = prepared(this.store, "SELECT pid, start FROM rule_processes WHERE rule = ? ORDER BY pid");
    const find = prepared(this.store, "SELECT * FROM rules WHERE number = ? AND boot IS NOT NULL");
    return this.cache.few().flatMap((each) => {
      const row = find.get(each) as RuleRow | undefined;
      if (row === undefined) return [];
      const { number, app, lifetime, boot, expires } = row;
      return [{ number, app, lifetime, boot: boot ?? "", expires, processes: processes.all(number) as ProcessId[] }];
    });
  }

  /** What is known by now of the apps that `quit` rules are about, by rule. */
  setProcesses(known: ReadonlyMap<number, readonly ProcessId[]>): void {
    const forget = prepared(this.store, "DELETE FROM rule_processes WHERE rule = ?");
    this.store.transaction(() => {
      for (const [number, processes] of known) {
        forget.run(number);
        this.writeProcesses(number, processes);
      }
    })();
  }

  private writeProcesses(number: number, processes: readonly ProcessId[]): void {
    if (processes.length === 0) return;
    const insert = prepared(this.store, "INSERT INTO rule_processes (rule, pid, start) VALUES (?, ?, ?)");
    for (const { pid, start } of processes) insert.run(number, pid, start);
  }

  /**
   * Temporary rules leave nothing behind. On a full disk they stay where they are stored and count no more all the same (false: to be called
   * again, with none if no other is over); the next helper finds that they are over. Within a caller's transaction it fails then.
   */
  removeOver(numbers: readonly number[]): boolean {
    const nested = this.store.inTransaction;
    try {
      const remove = this.store.prepare("DELETE FROM rules WHERE number = ?");
      this.store.transaction(() => {
        for (const number of [...this.leftOver, ...numbers]) remove.run(number);
      })();
    } catch (error) {
      if (nested || troubleOf(error) !== "full") throw error;
      for (const number of numbers) {
        this.leftOver.add(number);
        this.cache.drop(number);
      }
      return false;
    }
    if (!nested) this.leftOver.clear();
    return true;
  }

  /** Errors: unknown_rule, factory_rule. */
  remove(id: string, now: number): void {
    this.changes.record(now, (change) => {
      const row = this.find(id);
      if (row.origin === "factory") throw new CodedError("factory_rule", id);
      change.gone(row);
      this.drop(row.number);
    });
  }

  private drop(number: number): void {
    prepared(this.store, "DELETE FROM rules WHERE number = ?").run(number);
  }

  /** Errors: unknown_rule. */
  enable(id: string, enabled: boolean, now: number): Rule {
    return this.changes.record(now, (change) => {
      const row = this.find(id);
      change.gone(row);
      change.made(row.number);
      const update = prepared(this.store, "UPDATE rules SET enabled = ? WHERE number = ? RETURNING *");
      const changed = update.get(enabled ? 1 : 0, row.number) as RuleRow;
      return this.read(changed).rule;
    });
  }

  private read(row: RuleRow): NumberedRule {
    return fromRow(row, this.behind());
  }

  /** How far CLOCK_BOOTTIME is behind the clock on the wall, milliseconds. */
  private behind(): number {
    return Date.now() - this.clock.boottime();
  }

  private find(id: string): RuleRow {
    // Each half has its index: with OR every rule there is would be read.
    const row = prepared(
      this.store,
      `SELECT * FROM rules WHERE name = @id UNION ALL
         SELECT * FROM rules WHERE number = CAST(@id AS INTEGER) AND name IS NULL AND CAST(number AS TEXT) = @id`,
    ).get({ id }) as RuleRow | undefined;
    if (row === undefined) throw new CodedError("unknown_rule", id);
    return row;
  }
}
