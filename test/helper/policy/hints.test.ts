// What is said of rules that do nothing, and after how long of those that did nothing.
import { expect, it } from "vitest";
import { idleHint, unusedHint } from "../../../helper/policy/hints.ts";
import { entryRule, listNumbers } from "../../../helper/policy/lists.ts";
import { describeRules } from "../../../helper/rule-hints.ts";
import { rule } from "../../cli/samples.ts";

const day = 86_400_000;
const made = Date.parse(rule.created);
const by = {
  ...entryRule({ list: "12", number: listNumbers, destination: { kind: "any" } }),
  action: "allow",
} as const;

it("each kind of idle rule is told by the other and the criterion", () => {
  expect(idleHint({ kind: "shadowed", by, criterion: "origin" })).toEqual({
    kind: "shadowed",
    by: "12",
    why: "It never decides: rule 12 holds all of it and comes first, as your rules come before imported ones, and those before the factory's.",
  });
  expect(idleHint({ kind: "conflicting", by, criterion: "action" }).why).toContain(
    "says allow and comes first, as block",
  );
  expect(idleHint({ kind: "shadowed", by, criterion: null }).why).toContain("it is newer");
  expect(idleHint({ kind: "redundant", by, criterion: null }).why).toContain("rule 12 would allow all of it too");
});

it("a permanent rule is unused after thirty days, counted from its last use, its making and the first count", () => {
  const at = (lastUsed: number | null, since: number, days: number) =>
    unusedHint(rule, lastUsed, since, made + days * day);
  expect(at(null, 0, 29.9)).toBe(null);
  expect(at(null, 0, 45)).toEqual({ kind: "unused", by: null, why: "It decided nothing for 45 days." });
  expect(at(made + 20 * day, 0, 45)).toBe(null);
  expect(at(made + 10 * day, 0, 45)?.why).toContain("35 days");
  expect(at(null, made + 20 * day, 45)).toBe(null);
  const never = { lastUsed: null, since: 0, now: made + 99 * day } as const;
  for (const part of [{ enabled: false }, { origin: "factory" }, { lifetime: "restart" }] as const)
    expect(unusedHint({ ...rule, ...part }, never.lastUsed, never.since, never.now)).toBe(null);
});

it("a rule is described with one hint, its uses, or nothing", () => {
  const uses = { since: 0, of: (number: number) => (number === 2 ? { last: made, uses: 3 } : null) };
  const rules = [1, 2, 3].map((number) => ({ number, rule: { ...rule, id: String(number) } }));
  const idle = new Map([[1, { kind: "redundant", by, criterion: null } as const]]);
  const [first, second, third] = describeRules(rules, idle, uses, made + 40 * day);
  expect(first?.hints?.map(({ kind }) => kind)).toEqual(["redundant"]);
  expect(second).toMatchObject({ lastUsed: rule.created, uses: 3, hints: [{ kind: "unused" }] });
  expect(third?.uses).toBe(undefined);
  expect(describeRules(rules, idle, uses, made)[2]).toEqual(rules[2]?.rule);
});
