// The one total order of rules (docs/architecture.md): the first rule in this order that matches decides.
import type { PolicyRule } from "./rule.ts";

/** Above every prefix there is: hosts and single addresses; below them domains, of at most 127 labels. */
const hostRank = 1000;
const domainRank = 500;
const prefixRank = 2;

/** A host or single address, then domains (deeper first), then ranges (longer first), then zones, then any. */
function destinationRank({ destination }: PolicyRule): number {
  switch (destination.kind) {
    case "host":
      return hostRank;
    case "domain":
      return domainRank + destination.name.split(".").length;
    case "prefix":
      return destination.prefix.bits === 128 ? hostRank : prefixRank + destination.prefix.bits;
    case "zone":
      return 1;
    case "any":
      return 0;
  }
}

function appRank(rule: PolicyRule): number {
  if (rule.app === null) return 0;
  return rule.via === null ? 1 : 2;
}

function portRank(rule: PolicyRule): number {
  if (rule.port === null) return 0;
  return rule.portTo === null ? 2 : 1;
}

const originRank = { person: 3, import: 2, subscription: 1, factory: 0 } as const;
const actionRank = { block: 2, ask: 1, allow: 0 } as const;

/** What is compared, most important first. A rule of a profile is here only while that profile is active. */
export const criteria = {
  destination: destinationRank,
  app: appRank,
  user: (rule) => (rule.user === null ? 0 : 1),
  profile: (rule) => (rule.profile === null ? 0 : 1),
  port: portRank,
  protocol: (rule) => (rule.protocol === null ? 0 : 1),
  direction: (rule) => (rule.direction === "both" ? 0 : 1),
  lifetime: (rule) => (rule.lifetime === "forever" ? 0 : 1),
  origin: (rule) => originRank[rule.origin],
  action: (rule) => actionRank[rule.action],
} as const satisfies Record<string, (rule: PolicyRule) => number>;

export type Criterion = keyof typeof criteria;

const ranks = Object.values(criteria);

/** Negative when `a` comes first. The rule number breaks what no criterion decides: the newer rule first. */
export function compareRules(a: PolicyRule, b: PolicyRule): number {
  for (const rank of ranks) {
    const difference = rank(b) - rank(a);
    if (difference !== 0) return difference;
  }
  return b.number - a.number;
}

/** Where the rule is among sorted ones, or belongs. */
export function placeOf(rule: PolicyRule, sorted: readonly PolicyRule[]): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareRules(sorted[middle] as PolicyRule, rule) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The criterion that puts one rule before the other; null when only their age does. */
export function decidingCriterion(a: PolicyRule, b: PolicyRule): Criterion | null {
  const names = Object.keys(criteria) as Criterion[];
  return names.find((name) => criteria[name](a) !== criteria[name](b)) ?? null;
}
