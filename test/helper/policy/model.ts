// Generated policies and questions, and the kernel's look-up (bpf/policy.bpf.h) written a second time, over what the compiler made.
import fc from "fast-check";
import type { Protocol } from "../../../contract/words.ts";
import { AddressSet } from "../../../helper/blocklists/address-set.ts";
import { covers, type Prefix, truncate } from "../../../helper/policy/address.ts";
import type { Compiled, CompiledPath, Target } from "../../../helper/policy/compile.ts";
import { type KnownNames, noNames, type Policy, type Question } from "../../../helper/policy/decide.ts";
import { type ListEntry, type Lists, listNumbers, noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import { domainsOf, localPrefixes, loopbackPrefixes, type PolicyRule } from "../../../helper/policy/rule.ts";

export const apps = ["/usr/bin/curl", "/opt/app", "/usr/bin/other"] as const;
/** Never in a rule. */
export const stranger = "/usr/bin/stranger";
/** Allows everything to every app, for good. */
export const anyRule: PolicyRule = {
  id: "",
  number: 0,
  app: null,
  via: null,
  user: null,
  destination: { kind: "any" },
  port: null,
  portTo: null,
  protocol: null,
  direction: "both",
  profile: null,
  action: "allow",
  lifetime: "forever",
  origin: "person",
};
const ports = [53, 80, 443, 8080];
const protocols: Protocol[] = ["tcp", "udp", "icmp", "other"];
export const protocolNumbers: Record<Protocol, number[]> = {
  tcp: [6],
  udp: [17],
  icmp: [1, 58],
  other: [132, 47, 255],
};

/** Around these everything is nested: 32 digits each. */
export const centres = [
  "00000000000000000000ffff0a010203", // 10.1.2.3
  "00000000000000000000ffff0a010235", // 10.1.2.53
  "00000000000000000000ffff7f000001", // 127.0.0.1
  "20010db8000000000000000000000001",
  "20010db8000000010000000000000053",
  "00000000000000000000000000000001", // ::1
];

const flipped = fc.tuple(fc.constantFrom(...centres), fc.nat(127)).map(([hex, bit]) => {
  const value = BigInt(`0x${hex}`) ^ (1n << BigInt(127 - bit));
  return value.toString(16).padStart(32, "0");
});
/** An address in the midst, or one that leaves a centre's ranges at some bit. */
export const address = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...centres) }, flipped);

/** Nested, and some beside one another. */
const hosts = ["example.org", "www.example.org", "a.b.example.org", "ads.example.net", "cdn.test"] as const;
const domains = ["org", "example.org", "b.example.org", "example.net", "test"] as const;

const lengths = [0, 8, 32, 33, 48, 64, 95, 96, 104, 112, 119, 120, 121, 127, 128];
const prefix = fc
  .tuple(address, fc.constantFrom(...lengths))
  .map(([hex, bits]) => ({ hex: truncate(hex, bits), bits }));

const destination: fc.Arbitrary<PolicyRule["destination"]> = fc.oneof(
  { weight: 5, arbitrary: prefix.map((prefix) => ({ kind: "prefix", prefix }) as const) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom("loopback", "resolvers", "local", "internet")
      .map((zone) => ({ kind: "zone", zone }) as const),
  },
  { weight: 1, arbitrary: fc.constantFrom(...hosts).map((name) => ({ kind: "host", name }) as const) },
  { weight: 1, arbitrary: fc.constantFrom(...domains).map((name) => ({ kind: "domain", name }) as const) },
  { weight: 3, arbitrary: fc.constant({ kind: "any" } as const) },
);

const rarely = <T>(weight: number, value: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });

export const parents = ["/usr/bin/bash", "/usr/bin/updater"] as const;
export const users = [1000, 1001] as const;

export const rule: fc.Arbitrary<PolicyRule> = fc
  .record({
    id: fc.constant(""),
    number: fc.constant(0),
    app: fc.oneof(fc.constant(null), fc.constantFrom(...apps.slice(0, 2))),
    via: rarely(20, fc.constantFrom(...parents)),
    user: rarely(20, fc.constantFrom(...users)),
    destination,
    port: rarely(2, fc.constantFrom(...ports)),
    portTo: rarely(12, fc.constantFrom(100, 9000)),
    protocol: rarely(2, fc.constantFrom(...protocols)),
    direction: fc.constantFrom("outbound", "inbound", "both", "both"),
    profile: rarely(8, fc.constant("work")),
    action: fc.constantFrom("allow", "block", "ask"),
    lifetime: fc.constantFrom("quit", "1h", "restart", "forever", "forever"),
    origin: fc.constantFrom("person", "person", "import", "factory", "factory"),
  })
  .map((made) => ({
    ...made,
    via: made.app === null ? null : made.via,
    portTo: made.port === null || (made.portTo ?? 0) <= made.port ? null : made.portTo,
  }));

/** Rules for ranges around one centre, each within the next: deeper than the kernel's paths go, now and then. */
export const nest: fc.Arbitrary<PolicyRule[]> = fc
  .tuple(fc.constantFrom(...centres), fc.array(rule, { minLength: lengths.length, maxLength: lengths.length }))
  .chain(([hex, rules]) =>
    fc.subarray(lengths, { minLength: 4 }).map((chosen) =>
      chosen.map((bits, at) => {
        const destination = { kind: "prefix", prefix: { hex: truncate(hex, bits), bits } } as const;
        return { ...(rules[at] as PolicyRule), destination };
      }),
    ),
  );

export function numbered(rules: readonly PolicyRule[]): PolicyRule[] {
  return rules.map((rule, at) => ({ ...rule, id: `rule ${at + 1}`, number: at + 1 }));
}

const listedPrefix = prefix.filter(({ bits }) => bits > 96).map((prefix) => ({ kind: "prefix", prefix }) as const);
const listEntry: fc.Arbitrary<ListEntry["destination"]> = fc.oneof(
  fc.constantFrom(...hosts).map((name) => ({ kind: "host", name }) as const),
  fc.constantFrom(...domains.slice(1)).map((name) => ({ kind: "domain", name }) as const),
  listedPrefix,
);

function listsOf(destinations: readonly ListEntry["destination"][]): Lists {
  const entries = destinations.map((destination, at): ListEntry => {
    const list = at % 2;
    return { list: `list ${list}`, number: listNumbers + list, destination };
  });
  const prefixOf = ({ destination }: ListEntry) => (destination.kind === "prefix" ? destination.prefix : null);
  const addresses = [0, 1]
    .map((list) => {
      const own = entries.filter(({ number }) => number === listNumbers + list).map(prefixOf);
      return {
        list: `list ${list}`,
        number: listNumbers + list,
        addresses: new AddressSet(own.filter((each) => each !== null)),
      };
    })
    .filter(({ addresses }) => addresses.size > 0);
  const named = (kind: "host" | "domain", name: string) =>
    entries.find(({ destination }) => destination.kind === kind && destination.name === name);
  return {
    name: (name) =>
      [named("host", name), ...domainsOf(name).map((each) => named("domain", each))].find(Boolean) ?? null,
    covering: (inner) =>
      addresses
        .flatMap(({ list, number, addresses }) =>
          addresses.prefixes.map((prefix) => ({ list, number, destination: { kind: "prefix", prefix } as const })),
        )
        .filter(({ destination: { prefix } }) => covers(prefix, inner))
        .sort((a, b) => b.destination.prefix.bits - a.destination.prefix.bits)[0] ?? null,
    hasNames: entries.some(({ destination: { kind } }) => kind !== "prefix"),
    prefixes: () => addresses.flatMap(({ addresses }) => addresses.prefixes),
    addresses: () => addresses,
    contents: () => [entries],
    titleOf: String,
  };
}

const mixedLists = fc.array(listEntry, { minLength: 1, maxLength: 4 }).map(listsOf);
/** Without names nothing has to wait for them. */
export const addressLists: fc.Arbitrary<Lists> = fc.array(listedPrefix, { minLength: 1, maxLength: 4 }).map(listsOf);
/** One or two lists, with a few entries that rules may have as well. */
export const lists: fc.Arbitrary<Lists> = fc.oneof(mixedLists, addressLists);

export const policy: fc.Arbitrary<Policy> = fc.record({
  rules: fc
    .tuple(
      fc.array(rule, { maxLength: 12 }),
      fc.oneof({ weight: 5, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: nest }),
    )
    .map(([rules, nested]) => numbered([...rules, ...nested]).sort(compareRules)),
  zones: fc.record({
    loopback: fc.constant(loopbackPrefixes),
    // Overlapping the other zone as well: systemd-resolved listens on 127.0.0.53.
    resolvers: fc.subarray<Prefix>([
      { hex: "00000000000000000000ffff0a010235", bits: 128 },
      { hex: "00000000000000000000ffff7f000035", bits: 128 },
      { hex: "20010db8000000010000000000000053", bits: 128 },
    ]),
    local: fc.constant(localPrefixes),
  }),
  // Two of the four allow: the others come twice, so that no verdict is rare.
  mode: fc.constantFrom("ask", "ask", "learn", "allow", "block", "block"),
  lists: fc.oneof({ weight: 4, arbitrary: fc.constant(noLists) }, { weight: 1, arbitrary: mixedLists }),
  override: fc.oneof(
    // Often enough that none of its layers is rare in a run.
    { weight: 10, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom("lockdown", "pause") },
  ),
});

export const knownNames: fc.Arbitrary<KnownNames> = fc.record({
  trusted: fc.oneof(
    { weight: 3, arbitrary: fc.subarray([...hosts], { minLength: 1, maxLength: 1 }) },
    { weight: 1, arbitrary: fc.subarray([...hosts], { maxLength: 2 }) },
  ),
  labels: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray([...hosts], { maxLength: 1 }) },
  ),
});

/** What is known of the addresses' names, by their digits. */
export const named: fc.Arbitrary<ReadonlyMap<string, KnownNames>> = fc
  .array(fc.tuple(fc.constantFrom(...centres), knownNames), { maxLength: 5 })
  .map((entries) => new Map(entries));

export const question: fc.Arbitrary<Question> = fc
  .record({
    app: fc.constantFrom(...apps, stranger),
    via: rarely(1, fc.constantFrom(...parents)),
    user: fc.constantFrom(...users),
    addressHex: fc.oneof(
      { weight: 9, arbitrary: address },
      { weight: 1, arbitrary: fc.constant("00000000000000000000ffff7f000035") },
    ),
    port: fc.constantFrom(...ports, 9999),
    protocol: fc.constantFrom(...protocols, "tcp", "udp"),
    direction: fc.constantFrom("outbound", "outbound", "inbound"),
    names: fc.constant(noNames),
  })
  .map((asked) => (asked.protocol === "tcp" || asked.protocol === "udp" ? asked : { ...asked, port: 0 }));

/** A policy without a single rule. */
export function emptyPolicy(mode: Policy["mode"]): Policy {
  return { rules: [], zones: { loopback: [], resolvers: [], local: [] }, mode, lists: noLists, override: null };
}

/** The numbers as bpf/picket.h has them, written out: the mirror is tested elsewhere. */
export const numbers = {
  pathDepth: 6,
  tableDefer: 0xffffffff,
  tableNamed: 0xfffffffe,
  tableResolver: 0xfffffffd,
  action: { allow: 1, block: 2, ask: 3 },
  protocolClass: { tcp: 6, udp: 17, icmp: 1, other: 255 },
  direction: { outbound: 0, inbound: 1 },
  personal: 0x80,
  shape: { anyApp: 8, anyPort: 4, anyProtocol: 2, anyDirection: 1 },
} as const;

/** A target that numbers tables and apps as they come. */
export function newTarget(person: number | null = null): Target & { apps: Map<string, number> } {
  const tables = new Map<string, number>();
  const apps = new Map<string, number>();
  const numberIn = (map: Map<string, number>) => (name: string) => {
    const number = map.get(name) ?? map.size + 1;
    map.set(name, number);
    return number;
  };
  return { ...numbers, person, tableId: numberIn(tables), appId: numberIn(apps), apps };
}

/** The bits of a longest-prefix match, without the product's own arithmetic. */
function holds(prefix: Prefix, hex: string): boolean {
  const shift = BigInt(128 - prefix.bits);
  return BigInt(`0x${prefix.hex}`) >> shift === BigInt(`0x${hex}`) >> shift;
}

/** Everything that has a path, by "hex/bits": of two lists the first counts, and before them what rules name. */
export function pathsOf(compiled: Compiled): Map<string, CompiledPath> {
  const listed = [...compiled.listed()]
    .reverse()
    .flatMap(({ addresses, tables }) =>
      addresses.prefixes.map((prefix) => [`${prefix.hex}/${prefix.bits}`, { prefix, tables }] as const),
    );
  return new Map([...listed, ...compiled.paths]);
}

function pathOf(compiled: Compiled, hex: string): readonly number[] {
  const paths = pathsOf(compiled);
  const host = paths.get(`${hex}/128`);
  if (host) return host.tables;
  let longest: { bits: number; tables: readonly number[] } | undefined;
  for (const { prefix, tables } of paths.values()) {
    if (prefix.bits === 128 || !holds(prefix, hex)) continue;
    if (!longest || prefix.bits > longest.bits) longest = { bits: prefix.bits, tables };
  }
  return longest?.tables ?? compiled.any;
}

export interface Found {
  action: number;
  rule: number;
  /** The compiled policy gave the question to the helper, although a rule or the mode decides it. */
  deferred: boolean;
}

/** look_up() of bpf/policy.bpf.h. `app` 0: an executable without a name yet. `protocol`: IP's number. `person`: config.person. */
export function lookUp(
  compiled: Compiled,
  app: number,
  { addressHex, port, direction, user }: Pick<Question, "addressHex" | "port" | "direction"> & { user?: number },
  protocol: number,
  person: number | null = null,
): Found {
  const ask = { action: 3, rule: 0, deferred: true };
  const known: Record<number, number> = { 1: 1, 58: 1, 6: 6, 17: 17 };
  const isLoopback = addressHex.startsWith("00000000000000000000ffff7f") || BigInt(`0x${addressHex}`) === 1n;
  if (compiled.override !== null && !isLoopback)
    return { action: compiled.override === "pause" ? 1 : 2, rule: 0, deferred: false };
  const path = pathOf(compiled, addressHex);
  const way = direction === "inbound" ? 1 : 0;
  const skipped = path[0] === 0xfffffffd ? (port === 53 ? 2 : 1) : 0;
  for (const table of path.slice(skipped, 6)) {
    if (table === 0) break;
    if (table === 0xffffffff) return ask;
    if (table === 0xfffffffe) continue;
    const shapes = compiled.tables.get(table) ?? 0;
    for (let shape = 0; shape < 16; shape++) {
      if (!(shapes & (1 << shape))) continue;
      if (!(shape & 8) && app === 0) return ask;
      const parts = [shape & 8 ? 0 : app, shape & 4 ? 0 : port, shape & 2 ? 0 : (known[protocol] ?? 255)];
      const key = [table, ...parts, shape & 1 ? 0 : way, shape];
      const slot = [...compiled.slots.values()].find(
        (slot) => [slot.table, slot.app, slot.port, slot.protocol, slot.direction, slot.shape].join() === key.join(),
      );
      if (slot === undefined) continue;
      if (slot.action >= 0x80 && user !== person) return ask;
      const action = slot.action & 0x7f;
      return { action, rule: slot.rule, deferred: action === 3 && slot.rule === 0 };
    }
  }
  return { action: compiled.defaultAction, rule: 0, deferred: false };
}
