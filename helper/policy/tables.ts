// Tables of slots, kept in step with the rules: those that some path leads to, and no others. Pure.
import { entryRule, type ListEntry } from "./lists.ts";
import { compareRules, placeOf } from "./order.ts";
import type { PolicyRule } from "./rule.ts";
import { type Slot, type SlotTarget, slotsOf } from "./slots.ts";
import { Watched } from "./watched.ts";

/** What a table is made of. `defer`: all of it only makes the helper decide. */
export interface Source {
  /** Names of groups of rules. */
  readonly groups: readonly string[];
  readonly entry: ListEntry | null;
  readonly defer: boolean;
}

interface Table extends Source {
  readonly number: number;
  /** How many paths lead here. */
  uses: number;
  slots: readonly Slot[];
}

export function slotName({ table, app, port, protocol, direction, shape }: Slot): string {
  return `${table}:${app}:${port}:${protocol}:${direction}:${shape}`;
}

export class Tables {
  readonly slots = new Watched<string, Slot>();
  /** Table number → mask of the shapes it has. */
  readonly shapes = new Watched<number, number>();
  private readonly target: SlotTarget;
  /** Rules by group, best first. */
  private readonly groups = new Map<string, PolicyRule[]>();
  private readonly tables = new Map<number, Table>();
  private readonly byGroup = new Map<string, Table[]>();

  constructor(target: SlotTarget) {
    this.target = target;
  }

  /** Whether the group has any rule. */
  has(group: string): boolean {
    return this.groups.has(group);
  }

  /** Before there are tables: the next rule of the group, in order. */
  append(group: string, rule: PolicyRule): void {
    const rules = this.groups.get(group);
    if (rules === undefined) this.groups.set(group, [rule]);
    else rules.push(rule);
  }

  add(group: string, rule: PolicyRule): void {
    const rules = this.groups.get(group);
    if (rules === undefined) this.groups.set(group, [rule]);
    else rules.splice(placeOf(rule, rules), 0, rule);
    this.refill(group, rule.app);
  }

  remove(group: string, rule: PolicyRule): void {
    const rules = this.groups.get(group) ?? [];
    // There may be two of one number: before and after a change.
    const place = rules.indexOf(rule, placeOf(rule, rules));
    if (place < 0) throw new Error(`rule ${rule.number} is not in group ${group}`);
    if (rules.length === 1) this.groups.delete(group);
    else rules.splice(place, 1);
    this.refill(group, rule.app);
  }

  /** One more path leads to the table. */
  retain(number: number, source: Source): void {
    const known = this.tables.get(number);
    if (known !== undefined) {
      known.uses++;
      return;
    }
    const table = { ...source, number, uses: 1, slots: [] };
    this.tables.set(number, table);
    for (const group of source.groups) this.byGroup.set(group, [...(this.byGroup.get(group) ?? []), table]);
    this.write(table, [], [], slotsOf(number, this.rulesOf(table), this.target, source.defer));
  }

  /** One path less leads to the table; it goes with the last one. What is no table is nobody's. */
  release(number: number): void {
    const table = this.tables.get(number);
    if (table === undefined || --table.uses > 0) return;
    this.write(table, table.slots, [], []);
    this.shapes.delete(number);
    this.tables.delete(number);
    for (const group of table.groups) {
      const others = (this.byGroup.get(group) ?? []).filter((each) => each !== table);
      if (others.length === 0) this.byGroup.delete(group);
      else this.byGroup.set(group, others);
    }
  }

  /** Rules about different apps have nothing to do with each other in a table: only the slots of one are made anew. */
  private refill(group: string, app: string | null): void {
    for (const table of this.byGroup.get(group) ?? []) {
      const number = app === null ? 0 : this.target.appId(app);
      const rules = this.rulesOf(table, (rule) => rule.app === app);
      const fresh = slotsOf(table.number, rules, this.target, table.defer);
      const [old, others]: [Slot[], Slot[]] = [[], []];
      for (const slot of table.slots) (slot.app === number ? old : others).push(slot);
      this.write(table, old, others, fresh);
    }
  }

  private rulesOf({ groups, entry }: Source, wanted: (rule: PolicyRule) => boolean = () => true): PolicyRule[] {
    const rules = groups.flatMap((group) => (this.groups.get(group) ?? []).filter(wanted));
    if (entry !== null) rules.push(...[entryRule(entry)].filter(wanted));
    return groups.length + (entry === null ? 0 : 1) > 1 ? rules.sort(compareRules) : rules;
  }

  /** The table's slots are `others` and `fresh` from now on; `old` ones are no more. */
  private write(table: Table, old: readonly Slot[], others: readonly Slot[], fresh: readonly Slot[]): void {
    const names = new Set(fresh.map(slotName));
    for (const name of old.map(slotName)) if (!names.has(name)) this.slots.delete(name);
    for (const slot of fresh) this.slots.set(slotName(slot), slot);
    table.slots = [...others, ...fresh];
    this.shapes.set(
      table.number,
      table.slots.reduce((shapes, { shape }) => shapes | (1 << shape), 0),
    );
  }
}
