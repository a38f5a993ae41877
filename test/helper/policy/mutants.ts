// Compilers with one mistake each: a comparison that does not notice them proves nothing.
import { type Compiled, compile, type Target } from "../../../helper/policy/compile.ts";
import type { Policy } from "../../../helper/policy/decide.ts";
import { apps } from "./model.ts";

export type Compiler = (policy: Policy, target: Target) => Compiled;

const slotsOf = (compiled: Compiled, change: (slots: Compiled["slots"]) => Compiled["slots"]) => ({
  ...compiled,
  slots: change(compiled.slots),
});
const pathsOf = (compiled: Compiled, change: (tables: readonly number[]) => readonly number[]): Compiled => ({
  ...compiled,
  paths: new Map([...compiled.paths].map(([name, path]) => [name, { ...path, tables: change(path.tables) }])),
});
export const mutants: [name: string, Compiler][] = [
  [
    "swaps the shape bits of app and protocol",
    (p, t) => compile(p, { ...t, shape: { ...t.shape, anyApp: 2, anyProtocol: 8 } }),
  ],
  [
    "swaps the shape bits of port and protocol",
    (p, t) => compile(p, { ...t, shape: { ...t.shape, anyPort: 2, anyProtocol: 4 } }),
  ],
  ["takes inbound for outbound", (p, t) => compile(p, { ...t, direction: { outbound: 1, inbound: 0 } })],
  ["drops the loopback zone", (p, t) => compile({ ...p, zones: { ...p.zones, loopback: [] } }, t)],
  ["drops the resolvers' zone", (p, t) => compile({ ...p, zones: { ...p.zones, resolvers: [] } }, t)],
  ["takes the rules in reverse order", (p, t) => compile({ ...p, rules: [...p.rules].reverse() }, t)],
  [
    "takes the rules in order of their numbers",
    (p, t) => compile({ ...p, rules: [...p.rules].sort((a, b) => a.number - b.number) }, t),
  ],
  ["forgets the last rule", (p, t) => compile({ ...p, rules: p.rules.slice(0, -1) }, t)],
  ["forgets the mode", (p, t) => compile({ ...p, mode: "ask" }, t)],
  ["tries wide tables first", (p, t) => pathsOf(compile(p, t), (tables) => [...tables].reverse())],
  ["leaves out the narrowest table", (p, t) => pathsOf(compile(p, t), (tables) => tables.slice(1))],
  ["ends paths before `any`", (p, t) => pathsOf(compile(p, t), (tables) => tables.slice(0, -1))],
  [
    "has no paths for hosts",
    (p, t) => ({
      ...compile(p, t),
      paths: new Map([...compile(p, t).paths].filter(([name]) => !name.endsWith("/128"))),
    }),
  ],
  [
    "has only paths for hosts",
    (p, t) => ({
      ...compile(p, t),
      paths: new Map([...compile(p, t).paths].filter(([name]) => name.endsWith("/128"))),
    }),
  ],
  [
    "shows no table its exact slots",
    (p, t) => ({
      ...compile(p, t),
      tables: new Map([...compile(p, t).tables].map(([table, shapes]) => [table, shapes & ~15])),
    }),
  ],
  [
    "puts other protocols into ICMP's class",
    (p, t) => compile(p, { ...t, protocolClass: { ...t.protocolClass, other: 1 } }),
  ],
  [
    "cuts deep paths instead of deferring",
    (p, t) => pathsOf(compile(p, t), (tables) => tables.filter((table) => table !== 0xffffffff)),
  ],
  ["allows where it should ask", (p, t) => compile(p, { ...t, action: { ...t.action, ask: 1 } })],
  [
    "blames another rule",
    (p, t) =>
      slotsOf(
        compile(p, t),
        (slots) => new Map([...slots].map(([name, slot]) => [name, { ...slot, rule: slot.rule + 1 }])),
      ),
  ],
  ["gives two apps one number", (p, t) => compile(p, { ...t, appId: () => t.appId(apps[0]) })],
];
