// Compilers with one mistake each: a comparison that does not notice them proves nothing.
import { type Compiled, compile, type Target } from "../../../helper/policy/compile.ts";
import type { KnownNames, Policy } from "../../../helper/policy/decide.ts";
import { noLists } from "../../../helper/policy/lists.ts";
import { apps } from "./model.ts";

type Named = ReadonlyMap<string, KnownNames>;
export type Compiler = (policy: Policy, target: Target, named?: Named) => Compiled;

const slotsOf = (compiled: Compiled, change: (slots: Compiled["slots"]) => Compiled["slots"]) => ({
  ...compiled,
  slots: change(compiled.slots),
});
const pathsOf = (compiled: Compiled, change: (tables: readonly number[]) => readonly number[]): Compiled => ({
  ...compiled,
  paths: new Map([...compiled.paths].map(([name, path]) => [name, { ...path, tables: change(path.tables) }])),
});
const eachName = (named: Named | undefined, change: (names: KnownNames) => KnownNames): Named =>
  new Map([...(named ?? [])].map(([address, names]) => [address, change(names)]));

export const mutants: [name: string, Compiler][] = [
  [
    "swaps the shape bits of app and protocol",
    (p, t, n) => compile(p, { ...t, shape: { ...t.shape, anyApp: 2, anyProtocol: 8 } }, n),
  ],
  [
    "swaps the shape bits of port and protocol",
    (p, t, n) => compile(p, { ...t, shape: { ...t.shape, anyPort: 2, anyProtocol: 4 } }, n),
  ],
  ["takes inbound for outbound", (p, t, n) => compile(p, { ...t, direction: { outbound: 1, inbound: 0 } }, n)],
  ["drops the loopback zone", (p, t, n) => compile({ ...p, zones: { ...p.zones, loopback: [] } }, t, n)],
  ["drops the resolvers' zone", (p, t, n) => compile({ ...p, zones: { ...p.zones, resolvers: [] } }, t, n)],
  ["takes the rules in reverse order", (p, t, n) => compile({ ...p, rules: [...p.rules].reverse() }, t, n)],
  [
    "takes the rules in order of their numbers",
    (p, t, n) => compile({ ...p, rules: [...p.rules].sort((a, b) => a.number - b.number) }, t, n),
  ],
  ["forgets the last rule", (p, t, n) => compile({ ...p, rules: p.rules.slice(0, -1) }, t, n)],
  ["takes no notice of users", (p, t, n) => compile({ ...p, rules: p.rules.map((r) => ({ ...r, user: null })) }, t, n)],
  [
    "takes no notice of parents",
    (p, t, n) => compile({ ...p, rules: p.rules.map((r) => ({ ...r, via: null })) }, t, n),
  ],
  [
    "takes a range of ports for its first",
    (p, t, n) => compile({ ...p, rules: p.rules.map((r) => ({ ...r, portTo: null })) }, t, n),
  ],
  [
    "places rules of the profile like any other",
    (p, t, n) => compile({ ...p, rules: p.rules.map((r) => ({ ...r, profile: null })) }, t, n),
  ],
  [
    "believes the first of several names",
    (p, t, n) =>
      compile(
        p,
        t,
        eachName(n, (names) => ({ ...names, trusted: names.trusted.slice(0, 1) })),
      ),
  ],
  [
    "forgets what may block",
    (p, t, n) =>
      compile(
        p,
        t,
        eachName(n, (names) => ({ ...names, labels: [] })),
      ),
  ],
  [
    "believes labels",
    (p, t, n) =>
      compile(
        p,
        t,
        eachName(n, ({ trusted, labels }) => ({ trusted: [...trusted, ...labels], labels: [] })),
      ),
  ],
  ["forgets the blocklists", (p, t, n) => compile({ ...p, lists: noLists }, t, n)],
  ["forgets what overrides", (p, t, n) => compile({ ...p, override: null }, t, n)],
  ["forgets the mode", (p, t, n) => compile({ ...p, mode: "ask" }, t, n)],
  ["tries wide tables first", (p, t, n) => pathsOf(compile(p, t, n), (tables) => [...tables].reverse())],
  ["leaves out the narrowest table", (p, t, n) => pathsOf(compile(p, t, n), (tables) => tables.slice(1))],
  [
    "takes a resolver's pages for look-ups",
    (p, t, n) => pathsOf(compile(p, t, n), (tables) => (tables[0] === 0xfffffffd ? tables.slice(2) : tables)),
  ],
  ["ends paths before `any`", (p, t, n) => pathsOf(compile(p, t, n), (tables) => tables.slice(0, -1))],
  [
    "has no paths for hosts",
    (p, t, n) => ({
      ...compile(p, t, n),
      paths: new Map([...compile(p, t, n).paths].filter(([name]) => !name.endsWith("/128"))),
    }),
  ],
  [
    "has only paths for hosts",
    (p, t, n) => ({
      ...compile(p, t, n),
      paths: new Map([...compile(p, t, n).paths].filter(([name]) => name.endsWith("/128"))),
    }),
  ],
  [
    "shows no table its exact slots",
    (p, t, n) => ({
      ...compile(p, t, n),
      tables: new Map([...compile(p, t, n).tables].map(([table, shapes]) => [table, shapes & ~15])),
    }),
  ],
  [
    "puts other protocols into ICMP's class",
    (p, t, n) => compile(p, { ...t, protocolClass: { ...t.protocolClass, other: 1 } }, n),
  ],
  [
    "cuts deep paths instead of deferring",
    (p, t, n) => pathsOf(compile(p, t, n), (tables) => tables.filter((table) => table !== 0xffffffff)),
  ],
  ["allows where it should ask", (p, t, n) => compile(p, { ...t, action: { ...t.action, ask: 1 } }, n)],
  [
    "blames another rule",
    (p, t, n) =>
      slotsOf(
        compile(p, t, n),
        (slots) => new Map([...slots].map(([name, slot]) => [name, { ...slot, rule: slot.rule + 1 }])),
      ),
  ],
  ["takes one person's rules for everybody's", (p, t, n) => compile(p, { ...t, personal: 0 }, n)],
  ["gives two apps one number", (p, t, n) => compile(p, { ...t, appId: () => t.appId(apps[0]) }, n)],
];
