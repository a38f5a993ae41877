// Rules in the database, and what tells when a temporary one is over.
import { CodedError } from "../../contract/errors.ts";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Origin, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
import type { ProcessId, TemporaryRule } from "../policy/lifetime.ts";
import type { Store } from "./database.ts";

interface Row {
  number: number;
  name: string | null;
  app: string | null;
  action: Action;
  address: string | null;
  zone: Zone | null;
  port: number | null;
  protocol: Protocol | null;
  direction: RuleDirection;
  lifetime: RuleLifetime;
  enabled: 0 | 1;
  origin: Origin;
  note: string;
  created: number;
  boot: string | null;
  expires: number | null;
}

/** A person's rule before it has an id. `address` must be canonical (helper/policy/address.ts). */
export interface NewRule {
  app: string | null;
  action: Action;
  address: string | null;
  port: number | null;
  protocol: Protocol | null;
  direction: RuleDirection;
  lifetime: RuleLifetime;
  note: string;
}

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
  number: number;
  rule: Rule;
}

const noTerm: Term = { expires: null, processes: [] };

/** `behind`: how far CLOCK_BOOTTIME is behind the clock on the wall, milliseconds. */
function fromRow(row: Row, behind: number): NumberedRule {
  const { number, name, created, enabled, expires, boot: _boot, ...rest } = row;
  return {
    number,
    rule: {
      id: name ?? String(number),
      ...rest,
      expires: expires === null ? null : new Date(expires + behind).toISOString(),
      enabled: enabled === 1,
      created: new Date(created).toISOString(),
    },
  };
}

export class Rules {
  private readonly store: Store;
  private readonly clock: BootClock;
  constructor(store: Store, clock: BootClock) {
    this.store = store;
    this.clock = clock;
  }

  all(): NumberedRule[] {
    // One moment for all: what was made together ends together.
    const behind = Date.now() - this.clock.boottime();
    return (this.store.prepare("SELECT * FROM rules ORDER BY number").all() as Row[]).map((row) =>
      fromRow(row, behind),
    );
  }

  /**
   * A rule with an identical matcher is replaced: it goes, the new one has a number of its own. A temporary rule stands beside a
   * permanent one, which counts again when the temporary one is over.
   */
  add(rule: NewRule, now: number, term = noTerm): NumberedRule & { replaced: string | null } {
    const boot = rule.lifetime === "forever" ? null : this.clock.boot;
    return this.store.transaction(() => {
      // Written like the index rules_matcher, or every rule there is would be read.
      const replaced = this.store
        .prepare(
          `DELETE FROM rules WHERE origin = 'person' AND coalesce(app, '') = coalesce(@app, '')
             AND coalesce(address, '') = coalesce(@address, '') AND coalesce(zone, '') = ''
             AND coalesce(port, -1) = coalesce(@port, -1) AND coalesce(protocol, '') = coalesce(@protocol, '')
             AND direction = @direction AND (lifetime = 'forever') = (@lifetime = 'forever')
           RETURNING number`,
        )
        .get(rule) as { number: number } | undefined;
      const row = this.store
        .prepare(
          `INSERT INTO rules (app, action, address, port, protocol, direction, lifetime, boot, expires, enabled, origin, note, created)
           VALUES (@app, @action, @address, @port, @protocol, @direction, @lifetime, @boot, @expires, 1, 'person', @note, @now)
           RETURNING *`,
        )
        .get({ ...rule, now, boot, expires: term.expires }) as Row;
      this.writeProcesses(row.number, term.processes);
      return { ...this.read(row), replaced: replaced === undefined ? null : String(replaced.number) };
    })();
  }

  temporary(): TemporaryRule[] {
    const processes = this.store.prepare("SELECT pid, start FROM rule_processes WHERE rule = ? ORDER BY pid");
    const rows = this.store.prepare("SELECT * FROM rules WHERE boot IS NOT NULL ORDER BY number").all() as Row[];
    return rows.map(({ number, app, lifetime, boot, expires }) => ({
      number,
      app,
      lifetime,
      boot: boot ?? "",
      expires,
      processes: processes.all(number) as ProcessId[],
    }));
  }

  /** What is known by now of the app that a `quit` rule is about. */
  setProcesses(number: number, processes: readonly ProcessId[]): void {
    this.store.transaction(() => {
      this.store.prepare("DELETE FROM rule_processes WHERE rule = ?").run(number);
      this.writeProcesses(number, processes);
    })();
  }

  private writeProcesses(number: number, processes: readonly ProcessId[]): void {
    const insert = this.store.prepare("INSERT INTO rule_processes (rule, pid, start) VALUES (?, ?, ?)");
    for (const { pid, start } of processes) insert.run(number, pid, start);
  }

  /** Temporary rules leave nothing behind. */
  removeOver(numbers: readonly number[]): void {
    const remove = this.store.prepare("DELETE FROM rules WHERE number = ?");
    this.store.transaction(() => {
      for (const number of numbers) remove.run(number);
    })();
  }

  remove(id: string): void {
    if (this.find(id).origin === "factory") throw new CodedError("factory_rule", id);
    this.store.prepare("DELETE FROM rules WHERE number = ?").run(Number(id));
  }

  enable(id: string, enabled: boolean): Rule {
    const { number } = this.find(id);
    const row = this.store
      .prepare("UPDATE rules SET enabled = ? WHERE number = ? RETURNING *")
      .get(enabled ? 1 : 0, number) as Row;
    return this.read(row).rule;
  }

  private read(row: Row): NumberedRule {
    return fromRow(row, Date.now() - this.clock.boottime());
  }

  private find(id: string): Row {
    const row = this.store
      .prepare("SELECT * FROM rules WHERE name = @id OR (name IS NULL AND CAST(number AS TEXT) = @id)")
      .get({ id }) as Row | undefined;
    if (row === undefined) throw new CodedError("unknown_rule", id);
    return row;
  }
}
