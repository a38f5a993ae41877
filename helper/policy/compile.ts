// Compiles rules to what the kernel looks up (bpf/policy.bpf.h): tables of slots, and for every known destination the path of
// tables to try, narrow to wide. One slot per rule and table; one path per address or range named. Pure.
import { covers, everyIpv4, type Prefix, truncate } from "./address.ts";
import type { Policy } from "./decide.ts";
import type { PolicyRule, Zones } from "./rule.ts";

/** Limits and numbers of the kernel's side; they are helper/kernel/layout.ts's, passed in so that this file imports no kernel. */
export interface Target {
  readonly pathDepth: number;
  readonly tableDefer: number;
  readonly action: { readonly allow: number; readonly block: number; readonly ask: number };
  readonly protocolClass: { readonly tcp: number; readonly udp: number; readonly icmp: number; readonly other: number };
  readonly shape: {
    readonly anyApp: number;
    readonly anyPort: number;
    readonly anyProtocol: number;
    readonly anyDirection: number;
  };
  readonly direction: { readonly outbound: number; readonly inbound: number };
  /** Lasting number of a destination's table; 0 is never used. */
  tableId(destination: string): number;
  /** Lasting number of an app; 0 is never used. */
  appId(path: string): number;
}

export interface Slot {
  readonly table: number;
  readonly app: number;
  readonly port: number;
  readonly protocol: number;
  readonly direction: number;
  readonly shape: number;
  readonly action: number;
  readonly rule: number;
}

export interface CompiledPath {
  readonly prefix: Prefix;
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
}

function zoneSetName(zones: readonly string[]): string {
  return `zones:${zones.join("+")}`;
}

/** The zones that hold the whole prefix, in a fixed order. */
function zonesOf(prefix: Prefix, zones: Zones): string[] {
  return Object.entries(zones)
    .filter(([, ranges]) => ranges.some((range) => covers(range, prefix)))
    .map(([zone]) => zone)
    .sort();
}

function prefixName(prefix: Prefix): string {
  return `${prefix.hex}/${prefix.bits}`;
}

export function compile(policy: Policy, target: Target): Compiled {
  const slots = new Map<string, Slot>();
  const tables = new Map<number, number>();
  const paths = new Map<string, CompiledPath>();

  const place = (destination: string, rule: PolicyRule) => {
    const table = target.tableId(destination);
    const app = rule.app === null ? 0 : target.appId(rule.app);
    const protocol = rule.protocol === null ? 0 : target.protocolClass[rule.protocol];
    const direction = rule.direction === "both" ? 0 : target.direction[rule.direction];
    const shape =
      (rule.app === null ? target.shape.anyApp : 0) |
      (rule.port === null ? target.shape.anyPort : 0) |
      (rule.protocol === null ? target.shape.anyProtocol : 0) |
      (rule.direction === "both" ? target.shape.anyDirection : 0);
    const key = `${table}:${app}:${rule.port ?? 0}:${protocol}:${direction}:${shape}`;
    if (slots.has(key)) return; // rules come best first
    slots.set(key, {
      table,
      app,
      port: rule.port ?? 0,
      protocol,
      direction,
      shape,
      action: target.action[rule.action],
      rule: rule.number,
    });
    tables.set(table, (tables.get(table) ?? 0) | (1 << shape));
  };

  const explicit = new Map<string, Prefix>();
  const nodes = new Map<string, Prefix>();
  for (const rule of policy.rules) {
    if (rule.destination.kind !== "prefix") continue;
    explicit.set(prefixName(rule.destination.prefix), rule.destination.prefix);
  }
  for (const [name, prefix] of explicit) nodes.set(name, prefix);
  for (const ranges of Object.values(policy.zones)) for (const prefix of ranges) nodes.set(prefixName(prefix), prefix);
  // The kernel's longest match would find a short IPv6 range for IPv4 addresses: they need an own path to be kept out of it.
  if ([...nodes.values()].some(({ bits }) => bits < everyIpv4.bits)) nodes.set(prefixName(everyIpv4), everyIpv4);

  const lengths = [...new Set([...explicit.values()].map((prefix) => prefix.bits))].sort((a, b) => b - a);
  const zoneSets = new Map<string, readonly string[]>();
  for (const [name, prefix] of nodes) {
    const chain: number[] = [];
    for (const bits of lengths) {
      if (bits > prefix.bits) continue;
      const covering = explicit.get(prefixName({ hex: truncate(prefix.hex, bits), bits }));
      if (covering && covers(covering, prefix)) chain.push(target.tableId(prefixName(covering)));
    }
    const zones = zonesOf(prefix, policy.zones);
    if (zones.length > 0) {
      zoneSets.set(zoneSetName(zones), zones);
      chain.push(target.tableId(zoneSetName(zones)));
    }
    chain.push(target.tableId("any"));
    const fits = chain.length <= target.pathDepth;
    paths.set(name, { prefix, tables: fits ? chain : [...chain.slice(0, target.pathDepth - 1), target.tableDefer] });
  }

  for (const rule of policy.rules) {
    const { destination } = rule;
    if (destination.kind === "any") place("any", rule);
    else if (destination.kind === "prefix") place(prefixName(destination.prefix), rule);
    else for (const [name, zones] of zoneSets) if (zones.includes(destination.zone)) place(name, rule);
  }

  const defaults = {
    ask: target.action.ask,
    learn: target.action.allow,
    allow: target.action.allow,
    block: target.action.block,
  };
  return { slots, tables, paths, any: [target.tableId("any")], defaultAction: defaults[policy.mode] };
}
