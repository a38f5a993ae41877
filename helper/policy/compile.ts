// Compiles rules to what the kernel looks up (bpf/policy.bpf.h): tables of slots, and for every known destination the path of
// tables to try, narrow to wide. One slot per rule and table; one path per address or range named. Pure.
import { covers, everyIpv4, type Prefix, truncate } from "./address.ts";
import type { KnownNames, Override, Policy } from "./decide.ts";
import { type Addresses, entryRule, type ListEntry } from "./lists.ts";
import { compareRules } from "./order.ts";
import { isAstray } from "./rebinding.ts";
import { domainsOf, isNamed, type PolicyRule } from "./rule.ts";
import { type Slot, type SlotTarget, slotsOf } from "./slots.ts";

export interface Target extends SlotTarget {
  readonly pathDepth: number;
  readonly tableDefer: number;
  /** First of a path that an address has because of its names. */
  readonly tableNamed: number;
  /** First of a configured resolver's path: look-ups skip the table behind it. */
  readonly tableResolver: number;
  /** Lasting number of a destination's table; 0 is never used. */
  tableId(destination: string): number;
}

export type { Slot } from "./slots.ts";

export interface CompiledPath {
  readonly prefix: Prefix;
  readonly tables: readonly number[];
}

/** What one blocklist has by address, and the path of all of it that `paths` has no other for. */
export interface ListedPath {
  readonly addresses: Addresses;
  readonly tables: readonly number[];
}

export interface Compiled {
  readonly slots: ReadonlyMap<string, Slot>;
  /** Table id → mask of the shapes it has. */
  readonly tables: ReadonlyMap<number, number>;
  /** By "hex/bits"; 128 bits are hosts. */
  readonly paths: ReadonlyMap<string, CompiledPath>;
  /** Path of every other destination. */
  readonly any: readonly number[];
  readonly defaultAction: number;
  readonly override: Override | null;
  /** Paths of what blocklists have, beside `paths`; of two for the same the first counts. Their tables are there once this was asked. */
  listed(): readonly ListedPath[];
}

/** The names that addresses have at the moment, by 32 hex digits. */
export type NamedAddresses = ReadonlyMap<string, KnownNames>;

function prefixName(prefix: Prefix): string {
  return `${prefix.hex}/${prefix.bits}`;
}

function destinationName({ destination }: PolicyRule): string {
  switch (destination.kind) {
    case "prefix":
      return prefixName(destination.prefix);
    case "any":
      return "any";
    case "zone":
      return `zone:${destination.zone}`;
    default:
      return `${destination.kind}:${destination.name}`;
  }
}

/** One policy compiled, and the names of addresses as they become known. */
export class Compiler implements Compiled {
  readonly slots = new Map<string, Slot>();
  readonly tables = new Map<number, number>();
  readonly paths = new Map<string, CompiledPath>();
  readonly any: readonly number[];
  readonly defaultAction: number;
  readonly override: Override | null;
  readonly listed = (): ListedPath[] => this.listedPaths();
  private readonly policy: Policy;
  private readonly target: Target;
  /** Rules by the name of their destination, best first. */
  private readonly groups = new Map<string, PolicyRule[]>();
  /** Addresses and ranges that rules name, by name. */
  private readonly explicit = new Map<string, Prefix>();
  /** Their lengths, long ones first. */
  private readonly lengths: readonly number[];
  /** Paths that do not depend on names. */
  private readonly fixed: ReadonlyMap<string, CompiledPath>;
  /** Rules about names: of an address without one nobody knows whether they are meant. */
  private readonly named: readonly PolicyRule[];

  constructor(policy: Policy, target: Target) {
    this.policy = policy;
    this.target = target;
    const { ask, allow, block } = target.action;
    this.defaultAction = { ask, learn: allow, allow, block }[policy.mode];
    this.override = policy.override;
    for (const rule of policy.rules) {
      const name = destinationName(rule);
      const group = this.groups.get(name);
      if (group === undefined) this.groups.set(name, [rule]);
      else group.push(rule);
      if (rule.destination.kind === "prefix") this.explicit.set(name, rule.destination.prefix);
    }
    this.named = policy.rules.filter(isNamed);
    this.lengths = [...new Set([...this.explicit.values()].map(({ bits }) => bits))].sort((a, b) => b - a);
    for (const prefix of this.nodes()) {
      this.paths.set(prefixName(prefix), { prefix, tables: this.path(prefix, null) });
    }
    this.fixed = new Map(this.paths);
    this.any = this.path(null, null);
  }

  /** Destinations whose path differs from those around them. */
  private nodes(): Iterable<Prefix> {
    const { zones } = this.policy;
    const nodes = new Map(this.explicit);
    const ranges = [...zones.loopback, ...zones.resolvers];
    if (this.groups.has("zone:local") || this.groups.has("zone:internet")) ranges.push(...zones.local);
    for (const prefix of ranges) nodes.set(prefixName(prefix), prefix);
    // The kernel's longest match would find a short IPv6 range for IPv4 addresses: they need an own path to be kept out of it.
    if ([...nodes.values()].some(({ bits }) => bits < everyIpv4.bits)) nodes.set(prefixName(everyIpv4), everyIpv4);
    return nodes.values();
  }

  /** The names of an address are these by now. Returns whether its path changed; the tables it leads to are among the others then. */
  setNames(addressHex: string, names: KnownNames): boolean {
    const prefix = { hex: addressHex, bits: 128 };
    const title = prefixName(prefix);
    const tables = this.namedPath(prefix, names);
    const path = tables === null ? (this.fixed.get(title) ?? this.listedPath(prefix)) : { prefix, tables };
    if (path?.tables.join() === this.paths.get(title)?.tables.join()) return false;
    if (path === undefined) this.paths.delete(title);
    else this.paths.set(title, path);
    return true;
  }

  private namedPath(prefix: Prefix, { trusted, labels }: KnownNames): readonly number[] | null {
    if (trusted.length === 0 || !this.asksForNames || !this.isNameable(prefix)) return null;
    // Look-ups have no names; of what else is there the helper compares.
    if (this.isResolver(prefix)) {
      const { tableResolver, tableDefer } = this.target;
      return [tableResolver, tableDefer, ...this.path(prefix, null).slice(2)];
    }
    // There an allow by a name of the internet does not count.
    const { local } = this.policy.zones;
    if (trusted.some((name) => isAstray(name, prefix.hex, local) && this.isAbout(name)))
      return [this.target.tableDefer];
    const [first, ...others] = trusted.map((name) => this.path(prefix, name));
    const agree = others.every((other) => other.join() === first?.join());
    // An alias or the app's own word may block: the helper compares.
    return first && agree && !labels.some((label) => this.isAbout(label)) ? first : [this.target.tableDefer];
  }

  /** Without names of its own a listed address goes by its list again. */
  private listedPath(prefix: Prefix): CompiledPath | undefined {
    const entry = this.policy.lists.covering(prefix)?.destination;
    const isListed = entry?.kind === "prefix" && entry.prefix.bits === 128;
    return isListed ? { prefix, tables: this.path(prefix, null) } : undefined;
  }

  /**
   * Nothing around an entry matters to it: no rule is as narrow, or it had a path of its own, and nothing passes a list. Whether rules ask
   * for names must not matter either, or a single rule would change every entry: what a list has is never the machine's own or a resolver's.
   */
  private listedPaths(): ListedPath[] {
    return this.policy.lists.addresses().map(({ list, number, addresses }) => {
      const destination = { kind: "prefix", prefix: everyIpv4 } as const;
      const table = this.table([], { list, number, destination });
      return { addresses, tables: table === null ? [] : [this.unnamedTable(), table] };
    });
  }

  private get asksForNames(): boolean {
    return this.named.length > 0 || this.policy.lists.hasNames;
  }

  private isAbout(name: string): boolean {
    if (this.groups.has(`host:${name}`) || this.policy.lists.name(name) !== null) return true;
    return domainsOf(name).some((domain) => this.groups.has(`domain:${domain}`));
  }

  private isNameable(prefix: Prefix | null): boolean {
    return prefix === null || !this.policy.zones.loopback.some((range) => covers(range, prefix));
  }

  private isResolver(prefix: Prefix | null): boolean {
    return prefix !== null && this.policy.zones.resolvers.some((range) => covers(range, prefix));
  }

  /** `prefix` null: everything else. `name` null: nobody knows one. */
  private path(prefix: Prefix | null, name: string | null): readonly number[] {
    const tables: number[] = name === null ? [] : [this.target.tableNamed];
    if (name === null && this.asksForNames && this.isNameable(prefix)) {
      if (this.isResolver(prefix)) tables.push(this.target.tableResolver);
      tables.push(this.unnamedTable());
    }
    for (const [names, entry] of this.levels(prefix, name)) {
      const table = this.table(names, entry);
      if (table !== null) tables.push(table);
      if (entry !== null) break; // it is about everybody: nothing passes it
    }
    const { pathDepth, tableDefer } = this.target;
    return tables.length <= pathDepth ? tables : [...tables.slice(0, pathDepth - 1), tableDefer];
  }

  /** Groups of rules about the destination, narrow to wide, each with the blocklists' entry of the same rank. */
  private *levels(prefix: Prefix | null, name: string | null): Generator<[groups: string[], entry: ListEntry | null]> {
    const { lists } = this.policy;
    const byName = name === null ? null : lists.name(name);
    const byAddress = prefix === null ? null : lists.covering(prefix);
    const bits = byAddress?.destination.kind === "prefix" ? byAddress.destination.prefix.bits : 0;
    if (prefix?.bits === 128) {
      const hosts = [prefixName(prefix), ...(name === null ? [] : [`host:${name}`])];
      const entries = [byName?.destination.kind === "host" ? byName : null, bits === 128 ? byAddress : null];
      // Of two lists the one whose word it is: order.ts decides, as for rules.
      const [entry = null] = entries
        .filter((each) => each !== null)
        .sort((a, b) => compareRules(entryRule(a), entryRule(b)));
      yield [hosts, entry];
    }
    for (const domain of name === null ? [] : domainsOf(name)) {
      const listed = byName?.destination.kind === "domain" && byName.destination.name === domain;
      yield [[`domain:${domain}`], listed ? byName : null];
    }
    const lengths = byAddress === null ? this.lengths : [...new Set([...this.lengths, bits])].sort((a, b) => b - a);
    for (const length of prefix === null ? [] : lengths) {
      if (prefix === null || length > prefix.bits || length === 128) continue;
      const range = { hex: truncate(prefix.hex, length), bits: length };
      if (covers(range, prefix)) yield [[prefixName(range)], length === bits ? byAddress : null];
    }
    yield [this.zonesOf(prefix), null];
    yield [["any"], null];
  }

  /** The zones that hold the whole prefix, in a fixed order. */
  private zonesOf(prefix: Prefix | null): string[] {
    const { zones } = this.policy;
    const holding = Object.entries(zones)
      .filter(([, ranges]) => prefix !== null && ranges.some((range) => covers(range, prefix)))
      .map(([zone]) => `zone:${zone}`);
    const outside = !holding.includes("zone:loopback") && !holding.includes("zone:local");
    return (outside ? [...holding, "zone:internet"] : holding).sort();
  }

  /** Number of the table with the rules of these groups and the entry; null where there are none. */
  private table(names: readonly string[], entry: ListEntry | null): number | null {
    const present = names.filter((name) => this.groups.has(name));
    if (present.length === 0 && entry === null) return null;
    const title = [...present, ...(entry === null ? [] : [`list:${entry.list}`])].join("+");
    const table = this.target.tableId(title);
    if (this.tables.has(table)) return table;
    const rules = present.flatMap((name) => this.groups.get(name) ?? []);
    if (entry !== null) rules.push(entryRule(entry));
    if (present.length + (entry === null ? 0 : 1) > 1) rules.sort(compareRules);
    this.fill(table, rules, false);
    return table;
  }

  private unnamedTable(): number {
    const table = this.target.tableId("unnamed");
    if (this.tables.has(table)) return table;
    const anything = { list: "", number: 0, destination: { kind: "any" } } as const;
    this.fill(table, this.policy.lists.hasNames ? [entryRule(anything)] : this.named, true);
    return table;
  }

  private fill(table: number, rules: readonly PolicyRule[], defer: boolean): void {
    let shapes = 0;
    for (const slot of slotsOf(table, rules, this.target, defer)) {
      shapes |= 1 << slot.shape;
      this.slots.set(`${table}:${slot.app}:${slot.port}:${slot.protocol}:${slot.direction}:${slot.shape}`, slot);
    }
    this.tables.set(table, shapes);
  }
}

export function compile(policy: Policy, target: Target, named: NamedAddresses = new Map()): Compiled {
  const compiler = new Compiler(policy, target);
  for (const [addressHex, names] of named) compiler.setNames(addressHex, names);
  return compiler;
}
