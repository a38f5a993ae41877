// Compiles rules to what the kernel looks up (bpf/policy.bpf.h): tables of slots, and for every known destination the path of
// tables to try, narrow to wide. One slot per rule and table; one path per address or range named. Pure.
import { covers, everyIpv4, type Prefix } from "./address.ts";
import type { KnownNames, Override, Policy } from "./decide.ts";
import { levels } from "./levels.ts";
import type { Addresses, ListEntry } from "./lists.ts";
import { Nodes, prefixName } from "./nodes.ts";
import { isAstray } from "./rebinding.ts";
import { type Destination, domainsOf, isNamed, type PolicyRule } from "./rule.ts";
import type { Slot, SlotTarget } from "./slots.ts";
import { type Source, Tables } from "./tables.ts";
import { type Replaced, Watched } from "./watched.ts";

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

/** What is different in a compiled policy; the rest of it is a few words. */
export interface Difference {
  readonly slots: ReadonlyMap<string, Replaced<Slot>>;
  readonly tables: ReadonlyMap<number, Replaced<number>>;
  readonly paths: ReadonlyMap<string, Replaced<CompiledPath>>;
}

/** The names that addresses have at the moment, by 32 hex digits. */
export type NamedAddresses = ReadonlyMap<string, KnownNames>;

function destinationName(destination: Destination): string {
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

/** Stands for the rules about names: of an address without one nobody knows whether they are meant. */
const unnamed = "unnamed";

/** A table on a path; without a source a number that means something itself. */
interface Stop {
  readonly table: number;
  readonly source: Source | null;
}

function numbersOf(stops: readonly Stop[]): number[] {
  return stops.map(({ table }) => table);
}

/** Many are asked: most are told from their digits. */
function within(range: Prefix): (prefix: Prefix) => boolean {
  const digits = range.hex.slice(0, range.bits >> 2);
  return (prefix) => prefix.hex.startsWith(digits) && covers(range, prefix);
}

/**
 * A policy compiled, and kept so while rules come and go and addresses are called something else: the same as if it were compiled anew.
 * A path depends on which destinations have rules at all, a table on the rules of its destinations. Zones and lists stay what they are.
 */
export class Compiler implements Compiled {
  readonly slots: ReadonlyMap<string, Slot>;
  readonly tables: ReadonlyMap<number, number>;
  readonly paths = new Watched<string, CompiledPath>();
  any: readonly number[] = [];
  defaultAction = 0;
  override: Override | null = null;
  readonly listed = (): readonly ListedPath[] => {
    this.listedOnce ??= this.listedPaths();
    return this.listedOnce;
  };
  private listedOnce: readonly ListedPath[] | undefined;
  private readonly policy: Omit<Policy, "rules" | "mode" | "override">;
  private readonly target: Target;
  private readonly made: Tables;
  /** Trusted names by address. */
  private readonly names = new Map<string, KnownNames>();
  private readonly nodes = new Nodes();

  constructor(policy: Policy, target: Target) {
    this.policy = { zones: policy.zones, lists: policy.lists };
    this.target = target;
    this.made = new Tables(target);
    this.slots = this.made.slots;
    this.tables = this.made.shapes;
    this.setMode(policy);
    for (const rule of policy.rules) {
      for (const group of groupsOf(rule)) this.made.append(group, rule);
      if (rule.destination.kind === "prefix") this.nodes.name(rule.destination.prefix);
    }
    this.routeAll();
    this.take();
  }

  /** What is different since the last call, or since the policy was compiled. */
  take(): Difference {
    return {
      slots: this.made.slots.take((a, b) => a.action === b.action && a.rule === b.rule),
      tables: this.made.shapes.take((a, b) => a === b),
      paths: this.paths.take((a, b) => a.tables.join() === b.tables.join()),
    };
  }

  setMode({ mode, override }: Pick<Policy, "mode" | "override">): void {
    const { ask, allow, block } = this.target.action;
    this.defaultAction = { ask, learn: allow, allow, block }[mode];
    this.override = override;
  }

  /** The policy loses rules that it has, and gets others. */
  change(gone: readonly PolicyRule[], come: readonly PolicyRule[]): void {
    const before = new Map<string, { had: boolean; destination: Destination }>();
    const meet = (rules: readonly PolicyRule[], work: (group: string, rule: PolicyRule) => void) => {
      for (const rule of rules)
        for (const group of groupsOf(rule)) {
          if (!before.has(group)) before.set(group, { had: this.made.has(group), destination: rule.destination });
          work(group, rule);
        }
    };
    // In this order: a destination whose rule is replaced has one all the time.
    meet(come, (group, rule) => this.made.add(group, rule));
    meet(gone, (group, rule) => this.made.remove(group, rule));
    const turned = [...before].filter(([group, { had }]) => this.made.has(group) !== had);
    for (const [group, { destination }] of turned) {
      if (destination.kind !== "prefix") continue;
      if (this.made.has(group)) this.nodes.name(destination.prefix);
      else this.nodes.unname(destination.prefix);
    }
    if (turned.some(([group, { destination }]) => group === unnamed || isWide(destination))) this.routeAll();
    else for (const [, { destination }] of turned) this.routeAround(destination);
  }

  /** The names of an address are these by now. Returns whether its path changed. */
  setNames(addressHex: string, names: KnownNames): boolean {
    if (names.trusted.length === 0) this.names.delete(addressHex);
    else this.names.set(addressHex, names);
    return this.route({ hex: addressHex, bits: 128 });
  }

  /** Finds every path anew. */
  private routeAll(): void {
    const { zones } = this.policy;
    const ranges = [...zones.loopback, ...zones.resolvers];
    if (this.made.has("zone:local") || this.made.has("zone:internet")) ranges.push(...zones.local);
    this.nodes.surround(ranges);
    for (const [name, { prefix }] of this.paths) if (!this.nodes.has(name)) this.route(prefix);
    for (const prefix of this.nodes.all()) this.route(prefix);
    for (const hex of this.names.keys()) this.route({ hex, bits: 128 });
    const stops = this.path(null, null);
    this.exchange(this.any, stops);
    this.any = numbersOf(stops);
  }

  /** Finds the paths anew that may lead through a destination, which has its first rule or lost its last. */
  private routeAround(destination: Destination): void {
    if (destination.kind === "prefix") {
      const { prefix } = destination;
      for (const node of [prefix, ...this.nodes.settle(prefix)]) this.route(node);
      if (prefix.bits === 128) return;
      const isWithin = within(prefix);
      for (const node of this.nodes.all()) if (isWithin(node)) this.route(node);
      for (const hex of this.names.keys()) if (isWithin({ hex, bits: 128 })) this.route({ hex, bits: 128 });
    } else if (destination.kind === "host" || destination.kind === "domain") {
      const { kind, name } = destination;
      const isMeant = (known: string) => known === name || (kind === "domain" && known.endsWith(`.${name}`));
      for (const [hex, { trusted, labels }] of this.names)
        if (trusted.some(isMeant) || labels.some(isMeant)) this.route({ hex, bits: 128 });
    }
  }

  /** Finds one path anew. Returns whether it is another one, or none, by now. */
  private route(prefix: Prefix): boolean {
    const name = prefixName(prefix);
    const names = prefix.bits === 128 ? this.names.get(prefix.hex) : undefined;
    const byName = names === undefined ? null : this.namedPath(prefix, names);
    const stops = byName ?? (this.nodes.has(name) ? this.path(prefix, null) : null);
    const tables = stops === null ? null : numbersOf(stops);
    const before = this.paths.get(name)?.tables;
    if (tables?.join() === before?.join()) return false;
    this.exchange(before ?? [], stops ?? []);
    if (tables === null) this.paths.delete(name);
    else this.paths.set(name, { prefix, tables });
    return true;
  }

  private exchange(before: readonly number[], after: readonly Stop[]): void {
    for (const { table, source } of after) if (source !== null) this.made.retain(table, source);
    for (const table of before) this.made.release(table);
  }

  private namedPath(prefix: Prefix, { trusted, labels }: KnownNames): readonly Stop[] | null {
    if (!this.asksForNames || !this.isNameable(prefix)) return null;
    const deferred: Stop = { table: this.target.tableDefer, source: null };
    // Look-ups have no names; of what else is there the helper compares.
    if (this.isResolver(prefix)) {
      return [{ table: this.target.tableResolver, source: null }, deferred, ...this.path(prefix, null).slice(2)];
    }
    // There an allow by a name of the internet does not count.
    const { local } = this.policy.zones;
    if (trusted.some((name) => isAstray(name, prefix.hex, local) && this.isAbout(name))) return [deferred];
    const [first, ...others] = trusted.map((name) => this.path(prefix, name));
    const agree = first && others.every((other) => numbersOf(other).join() === numbersOf(first).join());
    // An alias or the app's own word may block: the helper compares.
    if (agree && !labels.some((label) => this.isAbout(label))) return first;
    return [deferred];
  }

  /**
   * Nothing around an entry matters to it: no rule is as narrow, or it had a path of its own, and nothing passes a list. Whether rules ask
   * for names must not matter either, or a single rule would change every entry: what a list has is never the machine's own or a resolver's.
   */
  private listedPaths(): ListedPath[] {
    return this.policy.lists.addresses().map(({ list, number, addresses }) => {
      const destination = { kind: "prefix", prefix: everyIpv4 } as const;
      const stop = this.stop([], { list, number, destination });
      const stops = stop === null ? [] : [this.unnamedStop(), stop];
      this.exchange([], stops);
      return { addresses, tables: numbersOf(stops) };
    });
  }

  private get asksForNames(): boolean {
    return this.made.has(unnamed) || this.policy.lists.hasNames;
  }

  private isAbout(name: string): boolean {
    if (this.made.has(`host:${name}`) || this.policy.lists.name(name) !== null) return true;
    return domainsOf(name).some((domain) => this.made.has(`domain:${domain}`));
  }

  private isNameable(prefix: Prefix | null): boolean {
    return prefix === null || !this.policy.zones.loopback.some((range) => covers(range, prefix));
  }

  private isResolver(prefix: Prefix | null): boolean {
    return prefix !== null && this.policy.zones.resolvers.some((range) => covers(range, prefix));
  }

  /** `prefix` null: everything else. `name` null: nobody knows one. */
  private path(prefix: Prefix | null, name: string | null): readonly Stop[] {
    const { pathDepth, tableDefer, tableNamed, tableResolver } = this.target;
    const stops: Stop[] = name === null ? [] : [{ table: tableNamed, source: null }];
    const isUnsure = name === null && this.asksForNames && this.isNameable(prefix);
    const isResolver = isUnsure && this.isResolver(prefix);
    // A rule about that one address goes before every list's name, whatever the name turns out to be: it needs no helper.
    let listsWait = isUnsure && !isResolver && this.policy.lists.hasNames && prefix?.bits === 128;
    if (isResolver) stops.push({ table: tableResolver, source: null });
    if (listsWait && this.made.has(unnamed)) stops.push(this.namedRulesStop());
    else if (isUnsure && !listsWait) stops.push(this.unnamedStop());
    for (const [names, entry] of levels(this.policy, this.nodes.lengths, prefix, name)) {
      const stop = this.stop(names, entry);
      if (stop !== null) stops.push(stop);
      if (entry !== null) break; // it is about everybody: nothing passes it
      if (listsWait) stops.push(this.unnamedStop());
      listsWait = false;
    }
    if (stops.length <= pathDepth) return stops;
    return [...stops.slice(0, pathDepth - 1), { table: tableDefer, source: null }];
  }

  /** The table with the rules of these groups and the entry; null where there are none. */
  private stop(names: readonly string[], entry: ListEntry | null): Stop | null {
    const groups = names.filter((name) => this.made.has(name));
    if (groups.length === 0 && entry === null) return null;
    const title = [...groups, ...(entry === null ? [] : [`list:${entry.list}`])].join("+");
    return { table: this.target.tableId(title), source: { groups, entry, defer: false } };
  }

  /** Where rules of people's about names may be meant. */
  private namedRulesStop(): Stop {
    return { table: this.target.tableId(`${unnamed} rules`), source: { groups: [unnamed], entry: null, defer: true } };
  }

  private unnamedStop(): Stop {
    const anything = { list: "", number: 0, destination: { kind: "any" } } as const;
    const source = this.policy.lists.hasNames
      ? { groups: [], entry: anything, defer: true }
      : { groups: [unnamed], entry: null, defer: true };
    return { table: this.target.tableId(unnamed), source };
  }
}

/** Groups that a rule is in. */
function groupsOf(rule: PolicyRule): string[] {
  const name = destinationName(rule.destination);
  return isNamed(rule) ? [name, unnamed] : [name];
}

/** Whether any path may lead through it. */
function isWide({ kind }: Destination): boolean {
  return kind === "zone" || kind === "any";
}

export function compile(policy: Policy, target: Target, named: NamedAddresses = new Map()): Compiled {
  const compiler = new Compiler(policy, target);
  for (const [addressHex, names] of named) compiler.setNames(addressHex, names);
  return compiler;
}
