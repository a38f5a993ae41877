// Finds the rules that could hold another, or come between it and one that does, without looking at all of them. Pure.

import { covers, type Prefix, truncate } from "./address.ts";
import { isInternetName } from "./host-name.ts";
import { contains, isWithin, overlaps, touches } from "./overlap.ts";
import { type Destination, domainsOf, type PolicyRule, type Zones } from "./rule.ts";

/** Rules looked at in one list. Where more would have to be, nothing is said of the rule: the time stays bounded. */
const patience = 200;

export function destinationKey(destination: Destination): string {
  switch (destination.kind) {
    case "prefix":
      return prefixKey(destination.prefix);
    case "host":
    case "domain":
      return `${destination.kind} ${destination.name}`;
    case "zone":
      return `zone ${destination.zone}`;
    case "any":
      return "any";
  }
}

function prefixKey({ hex, bits }: Prefix): string {
  return `${hex}/${bits}`;
}

/** Keys under which a destination is found as one of many. */
function classesOf({ kind }: Destination): string[] {
  if (kind === "prefix") return ["every prefix"];
  if (kind === "zone") return ["every zone"];
  return kind === "any" ? [] : ["every name"];
}

type Positions = number[];

/** Up to so many rules are looked at one by one: most destinations have one or two. */
const few = 8;
/** Stands for the rules of all apps. */
const everyApp = "*";

/** The rules of one destination, or of a class of them, by position in the order. */
class Place {
  readonly positions: Positions = [];
  holders: Place[] | undefined;
  neighbours: Place[] | undefined;
  private wide: Map<string, Positions> | undefined;
  private near: Map<string, Positions> | undefined;

  /** Lists of the rules that could hold all of this one. */
  wider(rule: PolicyRule, rules: readonly PolicyRule[]): Positions[] {
    if (this.positions.length <= few) return [this.positions];
    this.wide ??= grouped(this.positions, (position) => {
      const other = rules[position] as PolicyRule;
      return [`${other.app ?? ""}\n${portsOf(other)[0]}`];
    });
    const apps = rule.app === null ? [""] : [rule.app, ""];
    return found(
      this.wide,
      apps.flatMap((app) => portsOf(rule).map((port) => `${app}\n${port}`)),
    );
  }

  /** Lists of the rules of another action that could have something in common with this one. */
  other(rule: PolicyRule, rules: readonly PolicyRule[]): Positions[] {
    if (this.positions.length <= few) return [this.positions];
    this.near ??= grouped(this.positions, (position) => {
      const { app, action } = rules[position] as PolicyRule;
      return [`${app ?? ""}\n${action}`, `${everyApp}\n${action}`];
    });
    const apps = rule.app === null ? [everyApp] : [rule.app, ""];
    const actions = (["allow", "block", "ask"] as const).filter((action) => action !== rule.action);
    return found(
      this.near,
      apps.flatMap((app) => actions.map((action) => `${app}\n${action}`)),
    );
  }
}

function grouped(positions: Positions, keysOf: (position: number) => string[]): Map<string, Positions> {
  const groups = new Map<string, Positions>();
  for (const position of positions)
    for (const key of keysOf(position)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [position]);
      else group.push(position);
    }
  return groups;
}

function found(groups: ReadonlyMap<string, Positions>, keys: readonly string[]): Positions[] {
  return keys.map((key) => groups.get(key)).filter((group) => group !== undefined);
}

const [rangeOfPorts, anyPort] = [-1, -2];

/** Under which a rule is kept, then those of rules that may hold it. */
function portsOf({ port, portTo }: PolicyRule): number[] {
  if (port === null) return [anyPort];
  return portTo === null ? [port, rangeOfPorts, anyPort] : [rangeOfPorts, anyPort];
}

export class RuleIndex {
  private readonly rules: readonly PolicyRule[];
  private readonly zones: Zones;
  /** Of the prefixes that any rule has. */
  private readonly lengths: number[];
  private readonly places = new Map<string, Place>();

  /** `rules`: sorted by compareRules. */
  constructor(rules: readonly PolicyRule[], zones: Zones) {
    this.rules = rules;
    this.zones = zones;
    const lengths = new Set<number>();
    for (const [position, { destination }] of rules.entries()) {
      if (destination.kind === "prefix") lengths.add(destination.prefix.bits);
      for (const key of [destinationKey(destination), ...classesOf(destination)])
        this.place(key).positions.push(position);
    }
    this.lengths = [...lengths];
  }

  private place(key: string): Place {
    const known = this.places.get(key);
    if (known !== undefined) return known;
    const made = new Place();
    this.places.set(key, made);
    return made;
  }

  private existing(keys: readonly string[]): Place[] {
    return keys.map((key) => this.places.get(key)).filter((place) => place !== undefined);
  }

  /** Destinations that hold all of this one. Resolvers change with the network: nothing is taken to be within that zone. */
  private holders(destination: Destination): Place[] {
    const place = this.place(destinationKey(destination));
    place.holders ??= this.existing(this.holderKeys(destination));
    return place.holders;
  }

  private holderKeys(destination: Destination): string[] {
    const own = destinationKey(destination);
    switch (destination.kind) {
      case "host":
        return [own, ...domainsOf(destination.name).map((name) => `domain ${name}`), "any"];
      case "domain":
        return [...domainsOf(destination.name).map((name) => `domain ${name}`), "any"];
      case "prefix":
        return [...this.rangesOf(destination.prefix), "any"];
      default:
        return destination.kind === "any" ? [own] : [own, "any"];
    }
  }

  private rangesOf(prefix: Prefix): string[] {
    const { loopback, local } = this.zones;
    const keys = this.lengths
      .filter((bits) => bits <= prefix.bits)
      .map((bits) => ({ hex: truncate(prefix.hex, bits), bits }))
      .filter((range) => covers(range, prefix))
      .map(prefixKey);
    if (isWithin(prefix, loopback)) keys.push("zone loopback");
    if (isWithin(prefix, local)) keys.push("zone local");
    if (!touches(prefix, loopback) && !touches(prefix, local)) keys.push("zone internet");
    return keys;
  }

  /** Destinations that rank below this one, or beside it, and may have something in common with it. */
  private neighbours(destination: Destination): Place[] {
    const place = this.place(destinationKey(destination));
    place.neighbours ??= [...this.holders(destination), ...this.existing(strangers(destination))];
    return place.neighbours;
  }

  /** The first rule from `from` to before `to` that holds all that the rule matches and is wanted; its position, or -1. */
  firstHolder(rule: PolicyRule, from: number, to: number, wanted: (rule: PolicyRule) => boolean): number {
    let first = to;
    for (const place of this.holders(rule.destination))
      for (const positions of place.wider(rule, this.rules)) first = this.firstIn(positions, rule, from, first, wanted);
    return first === to ? -1 : first;
  }

  private firstIn(
    positions: readonly number[],
    rule: PolicyRule,
    from: number,
    to: number,
    wanted: (rule: PolicyRule) => boolean,
  ): number {
    const start = firstAtLeast(positions, from);
    const end = Math.min(positions.length, start + patience);
    for (let index = start; index < end; index++) {
      const position = positions[index] as number;
      if (position >= to) break;
      const other = this.rules[position] as PolicyRule;
      if (contains(other, rule) && !letsPast(other, rule) && wanted(other)) return position;
    }
    return to;
  }

  /** Whether a rule after `position` and before `until` has anything in common with the one there and another action. */
  differsBetween(position: number, until: number): boolean {
    const rule = this.rules[position] as PolicyRule;
    return this.neighbours(rule.destination).some((place) =>
      place.other(rule, this.rules).some((positions) => this.anyOverlaps(positions, rule, position + 1, until)),
    );
  }

  private anyOverlaps(positions: readonly number[], rule: PolicyRule, from: number, to: number): boolean {
    const start = firstAtLeast(positions, from);
    for (let index = start; index < positions.length; index++) {
      const position = positions[index] as number;
      if (position >= to) return false;
      const other = this.rules[position] as PolicyRule;
      if (index - start >= patience || (other.action !== rule.action && overlaps(rule, other, this.zones))) return true;
    }
    return false;
  }
}

/** Whether a rule holds another by their boxes, and yet passes some of its flows on: an allow by a name ends at the local network. */
function letsPast({ destination, action }: PolicyRule, inner: PolicyRule): boolean {
  const isName = destination.kind === "host" || destination.kind === "domain";
  return isName && action === "allow" && inner.action !== "allow" && isInternetName(destination.name);
}

/** Keys of what a destination may meet without being within it. */
function strangers(destination: Destination): string[] {
  switch (destination.kind) {
    case "host":
    case "domain":
      return ["every prefix", "zone local", "zone internet"];
    case "prefix":
      return ["every zone", ...(destination.prefix.bits === 128 ? ["every name"] : [])];
    case "zone":
      return ["every zone"];
    case "any":
      return [];
  }
}

function firstAtLeast(positions: readonly number[], value: number): number {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
