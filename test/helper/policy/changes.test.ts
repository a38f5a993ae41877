// A compiler that is told of changes against one that compiles everything anew: after each of any sequence both have made the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Compiler, compile } from "../../../helper/policy/compile.ts";
import type { KnownNames, Policy } from "../../../helper/policy/decide.ts";
import { noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import type { PolicyRule } from "../../../helper/policy/rule.ts";
import { imageOf, Kept } from "./image.ts";
import { addressLists, centres, knownNames, lists, nest, newTarget, policy, rule } from "./model.ts";

/** One thing that happens. `at` chooses among the rules that are there, or were. */
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("add" as const), rule }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("replace" as const), at: fc.nat(), rule }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: fc.nat() }) },
  // Rules come back as they were, with their old numbers: enabled again, undone, of a profile.
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("back" as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("several" as const), rules: nest, at: fc.array(fc.nat()) }) },
  { weight: 1, arbitrary: fc.constant({ kind: "none" as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("names" as const),
      address: fc.constantFrom(...centres),
      names: knownNames,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("mode" as const), like: policy }) },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const begin = fc
  .tuple(
    policy,
    fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.oneof(lists, addressLists) }),
  )
  .map(([policy, lists]) => (lists === null ? policy : { ...policy, lists }));
const sequence = fc.tuple(begin, fc.array(step, { minLength: 1, maxLength: 14 }));

interface Tally {
  steps: number;
  /** Steps of which the difference had nothing of a kind. */
  slots: number;
  tables: number;
  paths: number;
  emptied: number;
}

/** Throws when the two are not the same after a step. */
function follow(broken: (compiler: Compiler) => void, tally: Tally, begin: Policy, steps: readonly Step[]): void {
  const target = newTarget();
  let rules = [...begin.rules];
  let highest = rules.length;
  let past: PolicyRule[] = [];
  let situation: Pick<Policy, "mode" | "override"> = begin;
  const names = new Map<string, KnownNames>();
  const compiler = new Compiler(begin, target);
  const kept = new Kept(compiler);
  kept.follow(compiler.take());
  broken(compiler);
  for (const step of steps) {
    const pick = (from: readonly PolicyRule[], at: number) => (from.length === 0 ? [] : [from[at % from.length]!]);
    const fresh = (rule: PolicyRule) => ({ ...rule, id: `rule ${++highest}`, number: highest });
    let [gone, come]: [PolicyRule[], PolicyRule[]] = [[], []];
    switch (step.kind) {
      case "add":
        come = [fresh(step.rule)];
        break;
      case "replace":
        gone = pick(rules, step.at);
        come = gone.map((rule) => fresh({ ...rule, action: step.rule.action }));
        break;
      case "remove":
        gone = pick(rules, step.at);
        break;
      case "back":
        come = pick(past, step.at);
        break;
      case "several":
        gone = [...new Set(step.at.flatMap((at) => pick(rules, at)))];
        come = step.rules.map(fresh);
        break;
      case "none":
        gone = rules;
        break;
      case "names":
        names.set(step.address, step.names);
        compiler.setNames(step.address, step.names);
        break;
      case "mode":
        situation = step.like;
        compiler.setMode(situation);
        break;
    }
    if (gone.length + come.length > 0) compiler.change(gone, come);
    rules = [...rules.filter((rule) => !gone.includes(rule)), ...come].sort(compareRules);
    past = [...past.filter((rule) => !come.includes(rule)), ...gone];
    const difference = compiler.take();
    kept.follow(difference);
    tally.steps++;
    for (const kind of ["slots", "tables", "paths"] as const) if (difference[kind].size > 0) tally[kind]++;
    if (rules.length === 0) tally.emptied++;

    const { mode, override } = situation;
    const whole = imageOf(compile({ ...begin, mode, override, rules }, target, names));
    expect(imageOf(compiler)).toEqual(whole);
    const { slots, tables, paths } = whole;
    expect(kept.image).toEqual({ slots, tables, paths });
  }
}

function run(broken: (compiler: Compiler) => void, runs: number, seed: number): Tally {
  const tally = { steps: 0, slots: 0, tables: 0, paths: 0, emptied: 0 };
  fc.assert(
    fc.property(sequence, ([begin, steps]) => follow(broken, tally, begin, steps)),
    { numRuns: runs, seed, endOnFailure: true },
  );
  return tally;
}

/** Makes a method of the compiler, of its tables or nodes, something else. */
function without(
  where: "compiler" | "made" | "nodes",
  method: string,
  instead: (...args: never[]) => unknown = () => false,
) {
  return (compiler: Compiler) => {
    const owner = where === "compiler" ? compiler : (compiler as unknown as Record<string, object>)[where]!;
    Object.defineProperty(owner, method, { value: instead });
  };
}

describe("a compiler that is told of changes", () => {
  it("has made what compiling everything anew makes, after every change", () => {
    const tally = run(() => {}, 700, Date.now());
    console.log(JSON.stringify(tally));
    for (const kind of ["slots", "tables", "paths"] as const) expect(tally[kind] / tally.steps).toBeGreaterThan(0.2);
    expect(tally.emptied).toBeGreaterThan(100);
  }, 400_000);

  it("changes a handful of entries for one rule among many", () => {
    const target = newTarget();
    const base = { id: "", via: null, user: null, portTo: null, protocol: "tcp", profile: null } as const;
    const many = Array.from({ length: 3000 }, (_, at): PolicyRule => {
      const hex = `00000000000000000000ffff0b${at.toString(16).padStart(6, "0")}`;
      const destination = { kind: "prefix", prefix: { hex, bits: 128 } } as const;
      const app = `/usr/bin/app-${at % 50}`;
      const rest = { direction: "outbound", action: "allow", lifetime: "forever", origin: "person" } as const;
      return { ...base, ...rest, app, number: at + 1, destination, port: 443 };
    }).sort(compareRules);
    const zones = { loopback: [], resolvers: [], local: [] };
    const around = { zones, mode: "ask", override: null, lists: noLists } as const;
    const compiler = new Compiler({ ...around, rules: many.slice(1) }, target);
    compiler.take();
    compiler.change([], many.slice(0, 1));
    const { slots, tables, paths } = compiler.take();
    expect([slots.size, tables.size, paths.size]).toEqual([1, 1, 1]);
  });
});

describe("the comparison itself", () => {
  it.each([
    ["forgets who goes", without("made", "remove")],
    ["forgets who comes", without("made", "add")],
    ["fills no table again", without("made", "refill")],
    ["keeps tables that nobody needs", without("made", "release")],
    ["leaves paths as they were", without("compiler", "routeAround")],
    ["leaves paths as they were where all may be others", without("compiler", "routeAll")],
    ["makes no range a destination of its own", without("nodes", "settle", () => [])],
    ["forgets the mode", without("compiler", "setMode")],
    ["does not count lengths", without("nodes", "count")],
  ])("catches a compiler that %s", (_, broken) => {
    expect(() => run(broken, 800, 7)).toThrow(/Property failed/);
  });
});
