// When rules decided last, in a real database file.
import { expect, it } from "vitest";
import { listNumbers } from "../../../helper/policy/lists.ts";
import { RuleUses } from "../../../helper/store/rule-uses.ts";
import { anyMatcher, Rules } from "../../../helper/store/rules.ts";
import { clock, temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();
const anything = { ...anyMatcher, action: "allow", lifetime: "forever", note: "" } as const;

it("uses of rules are counted, written in batches and read again", () => {
  const store = open();
  const { number } = new Rules(store, clock).add(anything, 1);
  const uses = new RuleUses(store);
  expect(Math.abs(uses.since - Date.now())).toBeLessThan(60_000);
  expect(uses.of(number)).toBe(null);
  uses.count(number, 1000);
  uses.count(number, 3000);
  uses.count(number, 2000);
  uses.count(0, 1000);
  uses.count(listNumbers + 1, 1000);
  expect(uses.of(number)).toEqual({ last: 3000, uses: 3 });
  expect(store.prepare("SELECT count(*) FROM rule_uses").pluck().get()).toBe(0);
  uses.flush();
  expect(store.prepare("SELECT * FROM rule_uses").all()).toEqual([{ rule: number, last: 3000, uses: 3 }]);
  store.close();
  const again = new RuleUses(open());
  again.count(number, 4000);
  expect(again.of(number)).toEqual({ last: 4000, uses: 4 });
});

it("uses stay with a rule that may come back, and go with one that cannot", () => {
  const store = open();
  const rules = new Rules(store, clock);
  const { number, rule } = rules.add(anything, 1);
  const uses = new RuleUses(store);
  uses.count(number, 1000);
  uses.flush();
  rules.remove(rule.id, 2);
  expect(new RuleUses(store).of(number)).toEqual({ last: 1000, uses: 1 });
  rules.changes.undo(rules.changes.newest() as number);
  expect(new RuleUses(store).of(number)).toEqual({ last: 1000, uses: 1 });
  rules.remove(rule.id, 3);
  store.exec("DELETE FROM rule_changes");
  expect(new RuleUses(store).of(number)).toBe(null);
  expect(store.prepare("SELECT count(*) FROM rule_uses").pluck().get()).toBe(0);
});

it("a full disk loses nothing that memory has", () => {
  const store = open();
  const uses = new RuleUses(store);
  uses.count(1, 1000);
  store.pragma("query_only = ON");
  uses.flush();
  expect(uses.of(1)).toEqual({ last: 1000, uses: 1 });
  store.pragma("query_only = OFF");
  uses.flush();
  expect(store.prepare("SELECT uses FROM rule_uses WHERE rule = 1").pluck().get()).toBe(1);
});
