// A rule as the policy reads it: the stored rule with its destination parsed once.
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Origin, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
import { type Prefix, parsePrefix } from "./address.ts";

export type Destination =
  | { readonly kind: "prefix"; readonly prefix: Prefix }
  | { readonly kind: "zone"; readonly zone: Zone }
  | { readonly kind: "any" };

export interface PolicyRule {
  readonly id: string;
  /** What the kernel calls the rule. */
  readonly number: number;
  readonly app: string | null;
  readonly destination: Destination;
  readonly port: number | null;
  readonly protocol: Protocol | null;
  readonly direction: RuleDirection;
  readonly action: Action;
  readonly lifetime: RuleLifetime;
  readonly origin: Origin;
}

/** What the zones mean on this machine at the moment. */
export type Zones = Readonly<Record<Zone, readonly Prefix[]>>;

export const loopbackPrefixes: readonly Prefix[] = ["127.0.0.0/8", "::1"].map((text) => {
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(text);
  return prefix;
});

/** Null when the stored address is unreadable: such a rule takes no part and the caller reports it. */
export function policyRule(rule: Rule, number: number): PolicyRule | null {
  const { id, app, port, protocol, direction, action, lifetime, origin } = rule;
  let destination: Destination = { kind: "any" };
  if (rule.zone !== null) {
    destination = { kind: "zone", zone: rule.zone };
  } else if (rule.address !== null) {
    const prefix = parsePrefix(rule.address);
    if (prefix === null) return null;
    destination = { kind: "prefix", prefix };
  }
  return { id, number, app, destination, port, protocol, direction, action, lifetime, origin };
}
