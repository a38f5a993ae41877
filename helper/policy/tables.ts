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

/** With more rules than this a group knows them by app as well: one is a handful among thousands. */
const fewRules = 4;

/** Rules of one group, best first. */
class Group {
  readonly rules: PolicyRule[] = [];
  private byApp: Map<string | null, PolicyRule[]> | undefined;

  append(rule: PolicyRule): void {
    this.rules.push(rule);
    this.byApp = undefined;
  }

  add(rule: PolicyRule): void {
    this.rules.splice(placeOf(rule, this.rules), 0, rule);
    if (this.byApp === undefined) return;
    const own = this.byApp.get(rule.app);
    if (own === undefined) this.byApp.set(rule.app, [rule]);
    else own.splice(placeOf(rule, own), 0, rule);
  }

  /** Returns whether it was there. */
  remove(rule: PolicyRule): boolean {
    const own = this.byApp?.get(rule.app);
    if (own?.includes(rule)) own.splice(own.indexOf(rule), 1);
    // There may be two of one number: before and after a change.
    const place = this.rules.indexOf(rule, placeOf(rule, this.rules));
    if (place >= 0) this.rules.splice(place, 1);
    return place >= 0;
  }

  /** Those about one app. */
  of(app: string | null): readonly PolicyRule[] {
    if (this.rules.length <= fewRules) return this.rules.filter((rule) => rule.app === app);
    this.byApp ??= Map.groupBy(this.rules, (rule) => rule.app);
    return this.byApp.get(app) ?? [];
  }
}

export class Tables {
  readonly slots = new Watched<string, Slot>();
  /** Table number → mask of the shapes it has. */
  readonly shapes = new Watched<number, number>();
  private readonly target: SlotTarget;
  private readonly groups = new Map<string, Group>();
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
    this.group(group).append(rule);
  }

  add(group: string, rule: PolicyRule): void {
    this.group(group).add(rule);
    this.refill(group, rule.app);
  }

  remove(name: string, rule: PolicyRule): void {
    const group = this.groups.get(name);
    if (!group?.remove(rule)) throw new Error(`rule ${rule.number} is not in group ${name}`);
    if (group.rules.length === 0) this.groups.delete(name);
    this.refill(name, rule.app);
  }

  private group(name: string): Group {
    const group = this.groups.get(name) ?? new Group();
    this.groups.set(name, group);
    return group;
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
    const present = groups.map((name) => this.groups.get(name)).filter((group) => group !== undefined);
    const wanted = present.map((group) => (app === undefined ? group.rules : group.of(app)));
    // An entry is about every app.
    if (entry !== null && (app ?? null) === null) wanted.push([entryRule(entry)]);
    return wanted.length === 1 ? (wanted[0] as readonly PolicyRule[]) : wanted.flat().sort(compareRules);
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
