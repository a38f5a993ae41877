// What the kernel finds in compiled maps against what the decider says: generated policies × questions.
// test/helper/kernel/policy-maps.test.ts asks the real kernel the same.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddressSet } from "../../../helper/blocklists/address-set.ts";
import { type Prefix, parsePrefix } from "../../../helper/policy/address.ts";
import { Compiler, compile } from "../../../helper/policy/compile.ts";
import { decide, type KnownNames, noNames, type Policy, type Question } from "../../../helper/policy/decide.ts";
import { type ListEntry, listNumbers, noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import { isNamed, loopbackPrefixes, type PolicyRule } from "../../../helper/policy/rule.ts";
import { isPartial } from "../../../helper/policy/slots.ts";
import {
  anyRule,
  apps,
  lookUp,
  named,
  newTarget,
  numbered,
  policy,
  protocolNumbers,
  question,
  stranger,
  users,
} from "./model.ts";
import { type Compiler as AnyCompiler, mutants } from "./mutants.ts";

const actions = { allow: 1, block: 2, ask: 3 } as const;

interface Tally {
  pairs: number;
  deferred: number;
  /** Of policies with nothing that the kernel cannot say: no names, parents, users or ranges of ports. */
  plain: { pairs: number; deferred: number };
  verdicts: Record<string, number>;
  layers: Record<string, number>;
}

const cases = fc.tuple(policy, fc.array(question, { minLength: 40, maxLength: 40 }), named);

/** Throws when kernel and decider disagree on a question. */
function compare(
  compiler: AnyCompiler,
  tally: Tally,
  policy: Policy,
  questions: readonly Question[],
  named: ReadonlyMap<string, KnownNames>,
): void {
  // Of every other policy the kernel knows somebody's own rules.
  const person = policy.rules.length % 2 === 0 ? users[0] : null;
  const target = newTarget(person);
  const bare = compiler(policy, target);
  // In proportion to the rules, beside what the zones themselves are.
  const own = Object.values(policy.zones).reduce((sum, ranges) => sum + ranges.length, 1);
  const entries = bare.slots.size + bare.tables.size + bare.paths.size - own;
  const most = 4 * policy.rules.length + 2 * policy.lists.addresses().length;
  if (!policy.lists.hasNames) expect(entries).toBeLessThanOrEqual(most);
  const compiled = compiler(policy, target, named);
  const plain = !policy.lists.hasNames && !policy.rules.some((rule) => isPartial(rule) || isNamed(rule));
  for (const { names: _, ...unnamed } of questions) {
    const asked = { ...unnamed, names: named.get(unnamed.addressHex) ?? noNames };
    const said = decide(policy, asked);
    const app = target.appId(asked.app);
    tally.pairs++;
    if (plain) tally.plain.pairs++;
    tally.verdicts[said.verdict] = (tally.verdicts[said.verdict] ?? 0) + 1;
    tally.layers[said.layer] = (tally.layers[said.layer] ?? 0) + 1;
    for (const protocol of protocolNumbers[asked.protocol]) {
      const found = lookUp(compiled, app, asked, protocol, person);
      // What the kernel leaves to the helper is held and decided there: right, if rare.
      if (found.deferred) {
        tally.deferred++;
        if (plain) tally.plain.deferred++;
      } else expect([found.action, found.rule]).toEqual([actions[said.verdict], said.number]);
      // Without a name yet: either the helper decides, or the answer is the same whatever the name turns out to be.
      const unnamed = lookUp(compiled, 0, asked, protocol, person);
      if (unnamed.deferred) continue;
      for (const app of [...apps, stranger]) {
        expect([unnamed.action, unnamed.rule]).toEqual([
          actions[decide(policy, { ...asked, app }).verdict],
          decide(policy, { ...asked, app }).number,
        ]);
      }
    }
  }
}

function run(compiler: AnyCompiler, runs: number, seed: number): Tally {
  const tally: Tally = { pairs: 0, deferred: 0, plain: { pairs: 0, deferred: 0 }, verdicts: {}, layers: {} };
  fc.assert(
    fc.property(cases, ([policy, questions, named]) => compare(compiler, tally, policy, questions, named)),
    { numRuns: runs, seed, endOnFailure: true },
  );
  return tally;
}

const percent = (part: number, whole: number) => `${((100 * part) / whole).toFixed(2)} %`;

/** What the questions came to, for whoever reads the run. */
function shares({ pairs, deferred, plain, verdicts, layers }: Tally): string {
  const each = Object.entries({ ...verdicts, ...layers }).map(([name, count]) => `${name} ${percent(count, pairs)}`);
  return `${pairs} pairs: ${each.join(", ")}; left to the helper ${percent(deferred, pairs)}, without names and the like ${percent(plain.deferred, plain.pairs)}`;
}

describe("the compiled policy", () => {
  it("gives the decider's answer to 100,000 questions, of every verdict and layer", () => {
    const tally = run(compile, 2500, Date.now());
    expect(tally.pairs).toBeGreaterThanOrEqual(100_000);
    console.log(shares(tally));
    for (const verdict of ["allow", "block", "ask"]) {
      expect(tally.verdicts[verdict]! / tally.pairs, verdict).toBeGreaterThan(0.2);
    }
    for (const layer of ["rule", "factory", "mode", "blocklist", "lockdown"]) {
      expect(tally.layers[layer]! / tally.pairs, layer).toBeGreaterThan(0.01);
    }
    // Defers happen, so that they are tested, and are few.
    expect(tally.deferred).toBeGreaterThan(0);
    expect(tally.plain.pairs).toBeGreaterThan(5000);
    expect(tally.plain.deferred / tally.plain.pairs).toBeLessThan(0.02);
  }, 400_000);

  const at = (text: string) => ({ kind: "prefix", prefix: parsePrefix(text)! }) as const;
  const toward = (text: string, port: number) =>
    ({ addressHex: parsePrefix(text)!.hex, port, direction: "outbound" }) as const;
  const zones = { loopback: loopbackPrefixes, resolvers: [], local: [] };
  const policyOf = (...rules: Partial<PolicyRule>[]): Policy => ({
    rules: numbered(rules.map((rule) => ({ ...anyRule, ...rule }))).sort(compareRules),
    zones,
    mode: "ask",
    lists: noLists,
    override: null,
  });
  const nest = [
    "10.1.2.3",
    "10.1.2.2/31",
    "10.1.2.0/30",
    "10.1.2.0/24",
    "10.1.0.0/16",
    "10.0.0.0/8",
    "8.0.0.0/6",
    "0.0.0.0/0",
  ];

  it("keeps to six tables per path: the helper decides what is nested deeper", () => {
    const deep = policyOf(...nest.map((text) => ({ destination: at(text), port: 1, action: "block" as const })));
    const target = newTarget();
    const compiled = compile(deep, target);
    for (const { tables } of compiled.paths.values()) expect(tables.length).toBeLessThanOrEqual(6);
    const shallow = compile({ ...deep, rules: deep.rules.slice(0, 4) }, newTarget());
    for (const { tables } of shallow.paths.values()) expect(tables).not.toContain(0xffffffff);
    expect(lookUp(compiled, 1, toward("10.1.2.3", 1), 6)).toEqual({ action: 2, rule: 1, deferred: false });
    expect(lookUp(compiled, 1, toward("10.1.2.3", 2), 6).deferred).toBe(true);
  });

  it("never turns a block into what a dead helper would let pass: a deep block is found or held", () => {
    const deep = policyOf(
      { action: "allow" },
      ...nest.map((text, depth) => ({
        destination: at(text),
        ...(depth < nest.length - 1 && { port: 1 }),
        action: "block" as const,
      })),
    );
    const compiled = compile(deep, newTarget());
    for (const port of [1, 2]) {
      for (const text of ["10.1.2.3", "10.1.2.1", "10.1.2.2", "10.1.2.9", "10.1.9.9", "10.9.9.9", "9.9.9.9"]) {
        expect(lookUp(compiled, 1, toward(text, port), 6).action).not.toBe(actions.allow);
      }
    }
  });

  it("grows with the rules, not with their products", () => {
    const rules = Array.from({ length: 500 }, (_, i) => ({
      destination: at(`10.${i >> 8}.${i & 255}.0/${24 + (i % 9)}`),
      app: apps[i % 2]!,
      port: 1 + (i % 7),
    }));
    const compiled = compile(policyOf(...rules), newTarget());
    expect(compiled.slots.size).toBeLessThanOrEqual(500);
    expect(compiled.paths.size).toBeLessThanOrEqual(500 + loopbackPrefixes.length);
    expect(compiled.tables.size).toBeLessThanOrEqual(500);
    expect(compiled.slots.size + compiled.tables.size + compiled.paths.size).toBeLessThanOrEqual(4 * 500);
  });

  it("blocks a listed address again once a name it had is over", () => {
    const prefix = parsePrefix("198.51.100.7")!;
    const entry: ListEntry = { list: "bad", number: listNumbers, destination: { kind: "prefix", prefix } };
    const lists = {
      ...noLists,
      prefixes: () => [prefix],
      covering: ({ hex }: Prefix) => (hex === prefix.hex ? entry : null),
      addresses: () => [{ list: "bad", number: listNumbers, addresses: new AddressSet([prefix]) }],
    };
    const policy = {
      ...policyOf({ app: apps[0]! }, { app: apps[1]!, destination: { kind: "host", name: "a.test" } }),
      lists,
    };
    const compiler = new Compiler(policy, newTarget());
    compiler.setNames(prefix.hex, { trusted: ["b.test"], labels: [] });
    expect(compiler.paths.has(`${prefix.hex}/128`)).toBe(true);
    compiler.setNames(prefix.hex, noNames);
    expect(compiler.paths.has(`${prefix.hex}/128`)).toBe(false);
    expect(lookUp(compiler, 1, toward("198.51.100.7", 443), 6)).toMatchObject({ action: actions.block });
  });

  it("needs no helper for a rule about one address while lists have names, and for nothing wider", () => {
    const lists = { ...noLists, hasNames: true };
    const one = { destination: at("192.0.2.7"), port: 443 };
    const around = [{ destination: at("192.0.2.0/24") }, { destination: { kind: "any" } as const }];
    const listed = { ...policyOf(one, { ...one, port: 80, action: "block" }, ...around), lists };
    const compiled = compile(listed, newTarget());
    const at7 = (port: number, app = 1) => lookUp(compiled, app, toward("192.0.2.7", port), 6);
    expect(at7(443)).toMatchObject({ action: actions.allow, deferred: false });
    expect(at7(80)).toMatchObject({ action: actions.block, deferred: false });
    // What the rules about it say nothing about may be to a listed name, like any other address.
    expect(at7(22).deferred).toBe(true);
    for (const other of ["192.0.2.8", "198.51.100.1"])
      expect(lookUp(compiled, 1, toward(other, 443), 6), other).toMatchObject({ action: actions.ask, deferred: true });
    // Somebody's own rule about a name may be narrower: of that app the helper decides.
    const name = { destination: { kind: "host", name: "a.test" } as const, app: apps[0]!, action: "block" as const };
    const mixed = compile({ ...policyOf(one, name), lists }, newTarget());
    expect(lookUp(mixed, 1, toward("192.0.2.7", 443), 6).deferred).toBe(true);
    expect(lookUp(mixed, 2, toward("192.0.2.7", 443), 6)).toMatchObject({ action: actions.allow, deferred: false });
  });

  it("keeps IPv4 out of IPv6 ranges that hold it by its notation", () => {
    const compiled = compile(policyOf({ destination: at("::/0") }), newTarget());
    expect(lookUp(compiled, 1, toward("192.0.2.1", 1), 6).action).toBe(actions.ask);
    expect(lookUp(compiled, 1, toward("2001:db8::1", 1), 6).action).toBe(actions.allow);
  });
});

describe("the comparison itself", () => {
  it.each(mutants)("catches a compiler that %s", (_, mutant) => {
    expect(() => run(mutant, 2000, 7)).toThrow(/Property failed/);
  });
});
