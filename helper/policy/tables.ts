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
    for (const group of source.groups) {
      const others = this.byGroup.get(group);
      if (others === undefined) this.byGroup.set(group, [table]);
      else others.push(table);
    }
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
      const fresh = slotsOf(table.number, this.rulesOf(table, app), this.target, table.defer);
      const [old, others]: [Slot[], Slot[]] = [[], []];
      for (const slot of table.slots) (slot.app === number ? old : others).push(slot);
      this.write(table, old, others, fresh);
    }
  }

  /** `app` undefined: of every app. */
  private rulesOf({ groups, entry }: Source, app?: string | null): readonly PolicyRule[] {
    const sources = groups.map((group) => this.groups.get(group) ?? []);
    if (entry !== null) sources.push([entryRule(entry)]);
    const wanted = app === undefined ? sources : sources.map((rules) => rules.filter((rule) => rule.app === app));
    return wanted.length === 1 ? (wanted[0] as PolicyRule[]) : wanted.flat().sort(compareRules);
  }

  /** The table's slots are `others` and `fresh` from now on; `old` ones are no more. */
  private write(table: Table, old: readonly Slot[], others: readonly Slot[], fresh: readonly Slot[]): void {
    // Of both: what is there before and after is no difference (Watched).
    for (const slot of old) this.slots.delete(slotName(slot));
    for (const slot of fresh) this.slots.set(slotName(slot), slot);
    table.slots = others.length === 0 ? fresh : [...others, ...fresh];
    let shapes = 0;
    for (const { shape } of table.slots) shapes |= 1 << shape;
    this.shapes.set(table.number, shapes);
  }
}
