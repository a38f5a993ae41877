// A policy that the maps have no room for: whatever has no place is left to the helper, and nothing else is said of any flow.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../../helper/policy/compile.ts";
import { decide } from "../../../helper/policy/decide.ts";
import { cutToFit, type Room } from "../../../helper/policy/fit.ts";
import { isNamed } from "../../../helper/policy/rule.ts";
import { addressLists, lookUp, newTarget, numbers, pathsOf, policy, protocolNumbers, question } from "./model.ts";

const actions = { allow: 1, block: 2, ask: 3 } as const;
const plenty: Room = { slots: 1000, tables: 1000, hosts: 1000, ranges: 1000 };
/** As elsewhere, and half of them with lists of addresses and no rule about names: nothing waits for a name then. */
const somePolicy = fc
  .tuple(policy, fc.option(addressLists, { freq: 2 }))
  .map(([policy, lists]) =>
    lists === null ? policy : { ...policy, lists, rules: policy.rules.filter((rule) => !isNamed(rule)) },
  );
const room = fc.record({
  slots: fc.nat(12),
  tables: fc.oneof(fc.nat(8), fc.constant(1000)),
  hosts: fc.oneof(fc.nat(6), fc.constant(1000)),
  ranges: fc.oneof(fc.nat(8), fc.constant(1000)),
});

describe("a policy in maps that are too small", () => {
  it("is cut to fit, and decides as before or not at all", () => {
    const seen = { pairs: 0, deferred: 0, decided: 0, withoutLists: 0 };
    fc.assert(
      fc.property(somePolicy, room, fc.array(question, { minLength: 20, maxLength: 20 }), (policy, room, questions) => {
        const target = newTarget();
        const whole = compile(policy, target);
        const { compiled, leftOut } = cutToFit(whole, room, numbers.tableDefer);
        const paths = pathsOf(compiled);
        const hosts = [...paths.values()].filter(({ prefix }) => prefix.bits === 128).length;
        expect(compiled.slots.size).toBeLessThanOrEqual(room.slots);
        for (const table of compiled.tables.keys()) expect(table).toBeLessThanOrEqual(room.tables);
        expect(hosts).toBeLessThanOrEqual(room.hosts);
        expect(paths.size - hosts).toBeLessThanOrEqual(room.ranges);
        if (leftOut === 0) expect(compiled).toBe(whole);
        for (const asked of questions) {
          const app = target.appId(asked.app);
          for (const protocol of protocolNumbers[asked.protocol]) {
            const found = lookUp(compiled, app, asked, protocol);
            const said = decide(policy, asked);
            seen.pairs++;
            if (found.deferred) seen.deferred++;
            else expect([found.action, found.rule]).toEqual([actions[said.verdict], said.number]);
            if (!found.deferred && leftOut > 0) seen.decided++;
            if (!found.deferred && compiled.listed().length < whole.listed().length) seen.withoutLists++;
          }
        }
      }),
      { numRuns: 1500 },
    );
    // Both happen: a policy that is cut decides something still.
    expect(seen.deferred / seen.pairs).toBeGreaterThan(0.1);
    expect(seen.decided / seen.pairs).toBeGreaterThan(0.1);
    expect(seen.withoutLists).toBeGreaterThan(100);
  });

  it("is not touched where there is room", () => {
    fc.assert(
      fc.property(policy, (policy) => {
        const whole = compile(policy, newTarget());
        const { compiled, leftOut } = cutToFit(whole, plenty, numbers.tableDefer);
        expect(leftOut).toBe(0);
        expect(compiled).toBe(whole);
      }),
    );
  });
});
