// Rules in the database.
import { CodedError } from "../../contract/errors.ts";
import type { Action, Lifetime, Origin, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
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
  lifetime: Lifetime;
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
  note: string;
}

export interface NumberedRule {
  number: number;
  rule: Rule;
}

function fromRow(row: Row): NumberedRule {
  const { number, name, created, enabled, boot: _boot, expires: _expires, ...rest } = row;
  return {
    number,
    rule: { id: name ?? String(number), ...rest, enabled: enabled === 1, created: new Date(created).toISOString() },
  };
}

export class Rules {
  private readonly store: Store;
  constructor(store: Store) {
    this.store = store;
  }

  all(): NumberedRule[] {
    return (this.store.prepare("SELECT * FROM rules ORDER BY number").all() as Row[]).map(fromRow);
  }

  /** A rule with an identical matcher is replaced: it goes, the new one has a number of its own. */
  add(rule: NewRule, now: number): NumberedRule & { replaced: string | null } {
    return this.store.transaction(() => {
      // Written like the index rules_matcher, or every rule there is would be read.
      const replaced = this.store
        .prepare(
          `DELETE FROM rules WHERE origin = 'person' AND coalesce(app, '') = coalesce(@app, '')
             AND coalesce(address, '') = coalesce(@address, '') AND coalesce(zone, '') = ''
             AND coalesce(port, -1) = coalesce(@port, -1) AND coalesce(protocol, '') = coalesce(@protocol, '')
             AND direction = @direction AND (lifetime = 'forever') = 1
           RETURNING number`,
        )
        .get(rule) as { number: number } | undefined;
      const row = this.store
        .prepare(
          `INSERT INTO rules (app, action, address, port, protocol, direction, lifetime, enabled, origin, note, created)
           VALUES (@app, @action, @address, @port, @protocol, @direction, 'forever', 1, 'person', @note, @now) RETURNING *`,
        )
        .get({ ...rule, now }) as Row;
      return { ...fromRow(row), replaced: replaced === undefined ? null : String(replaced.number) };
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
    return fromRow(row).rule;
  }

  private find(id: string): Row {
    const row = this.store
      .prepare("SELECT * FROM rules WHERE name = @id OR (name IS NULL AND CAST(number AS TEXT) = @id)")
      .get({ id }) as Row | undefined;
    if (row === undefined) throw new CodedError("unknown_rule", id);
    return row;
  }
}
