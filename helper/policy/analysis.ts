// Which rules do nothing, and because of which others. Pure. What it says is true of every flow there can be; what would take several
// rules together to be true it does not say.
import type { Prefix } from "./address.ts";
import { entryRule, type Lists, listNumbers } from "./lists.ts";
import { type Criterion, compareRules, decidingCriterion } from "./order.ts";
import { contains } from "./overlap.ts";
import { isNamed, type PolicyRule, type Zones } from "./rule.ts";
import { destinationKey, RuleIndex } from "./rule-index.ts";

export interface Idle {
  /**
   * shadowed: `by` comes first and decides all that the rule matches. conflicting: so it does, and it is the same matcher with another
   * action. redundant: without the rule, `by` would decide all of it the same way.
   */
  readonly kind: "shadowed" | "conflicting" | "redundant";
  readonly by: PolicyRule;
  /** What puts `by` first; null for redundant rules, and where only the rules' age does. */
  readonly criterion: Criterion | null;
}

/**
 * The rules that decide nothing, by their number; all of them together could go without any verdict changing. `rules`: enabled ones, of
 * every profile. A rule that ends by itself is no reason to call another idle.
 */
export function findIdle(rules: readonly PolicyRule[], zones: Zones, lists: Lists): Map<number, Idle> {
  const sorted = [...rules].sort(compareRules);
  const index = new RuleIndex(sorted, zones);
  const idle = new Map<number, Idle>();
  for (const [position, rule] of sorted.entries()) {
    const winner = sorted[index.firstHolder(rule, 0, position, (each) => each.lifetime === "forever")];
    if (winner === undefined) continue;
    const kind = winner.action !== rule.action && isTwin(winner, rule) ? "conflicting" : "shadowed";
    idle.set(rule.number, { kind, by: winner, criterion: decidingCriterion(winner, rule) });
  }
  for (const [position, rule] of sorted.entries()) {
    if (idle.has(rule.number)) continue;
    const stays = (each: PolicyRule) =>
      each.lifetime === "forever" && each.action === rule.action && !idle.has(each.number);
    const at = index.firstHolder(rule, position + 1, sorted.length, stays);
    const heir = sorted[at];
    if (heir === undefined || listsDiffer(rule, heir, lists) || index.differsBetween(position, at)) continue;
    idle.set(rule.number, { kind: "redundant", by: heir, criterion: null });
  }
  return settled(idle);
}

/** Names the last of a chain: the rule that stays when all idle ones are gone. Heirs come later in the order: they are settled first. */
function settled(idle: Map<number, Idle>): Map<number, Idle> {
  for (const [number, found] of [...idle].reverse()) {
    const next = idle.get(found.by.number);
    if (found.kind === "redundant" && next?.kind === "redundant") idle.set(number, { ...found, by: next.by });
  }
  return idle;
}

/** Whether two rules that hold one another are about exactly the same. */
function isTwin(a: PolicyRule, b: PolicyRule): boolean {
  return destinationKey(a.destination) === destinationKey(b.destination) && contains(b, a);
}

/** Whether a blocklist's entry could come between the two and decide otherwise. Where that is hard to tell, it could. */
function listsDiffer(rule: PolicyRule, heir: PolicyRule, lists: Lists): boolean {
  if (rule.action === "block") return false;
  const listed = lists.hasNames || !isEmpty(lists.prefixes());
  if (!listed) return false;
  const { destination } = rule;
  if (destinationKey(destination) === destinationKey(heir.destination)) {
    const entry = entryRule({ list: "", number: listNumbers, destination });
    return compareRules(rule, entry) < 0 && compareRules(heir, entry) > 0;
  }
  if (isNamed(rule)) return true;
  if (destination.kind !== "prefix") return false;
  return (destination.prefix.bits === 128 && lists.hasNames) || lists.covering(destination.prefix) !== null;
}

function isEmpty(prefixes: Iterable<Prefix>): boolean {
  for (const _ of prefixes) return false;
  return true;
}
