// The one total order of rules (docs/architecture.md): the first rule in this order that matches decides.
import type { PolicyRule } from "./rule.ts";

/** Longer prefix first, then zones, then any. A host is the longest prefix. */
function destinationRank(rule: PolicyRule): number {
  switch (rule.destination.kind) {
    case "prefix":
      return rule.destination.prefix.bits + 2;
    case "zone":
      return 1;
    case "any":
      return 0;
  }
}

const originRank = { person: 1, factory: 0 } as const;
const actionRank = { block: 2, ask: 1, allow: 0 } as const;

const ranks: readonly ((rule: PolicyRule) => number)[] = [
  destinationRank,
  (rule) => (rule.app === null ? 0 : 1),
  (rule) => (rule.port === null ? 0 : 1),
  (rule) => (rule.protocol === null ? 0 : 1),
  (rule) => (rule.direction === "both" ? 0 : 1),
  (rule) => (rule.lifetime === "forever" ? 0 : 1),
  (rule) => originRank[rule.origin],
  (rule) => actionRank[rule.action],
];

/** Negative when `a` comes first. The rule number breaks what no criterion decides: the newer rule first. */
export function compareRules(a: PolicyRule, b: PolicyRule): number {
  for (const rank of ranks) {
    const difference = rank(b) - rank(a);
    if (difference !== 0) return difference;
  }
  return b.number - a.number;
}
