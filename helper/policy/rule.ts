// A rule as the policy reads it: the stored rule with its destination parsed once.
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Origin, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
import { contains, type Prefix, parsePrefix } from "./address.ts";

export type Destination =
  | { readonly kind: "prefix"; readonly prefix: Prefix }
  | { readonly kind: "host"; readonly name: string }
  | { readonly kind: "domain"; readonly name: string }
  | { readonly kind: "zone"; readonly zone: Zone }
  | { readonly kind: "any" };

export interface PolicyRule {
  readonly id: string;
  /** What the kernel calls the rule. */
  readonly number: number;
  readonly app: string | null;
  readonly via: string | null;
  readonly user: number | null;
  readonly destination: Destination;
  readonly port: number | null;
  /** Last port of a range; null for a single port or any. */
  readonly portTo: number | null;
  readonly protocol: Protocol | null;
  readonly direction: RuleDirection;
  /** The one it is for; rules of profiles that are not active take no part. */
  readonly profile: string | null;
  readonly action: Action;
  readonly lifetime: RuleLifetime;
  readonly origin: Origin;
}

/** What the zones mean on this machine at the moment. The internet is what is neither loopback nor local. */
export type Zones = Readonly<Record<Exclude<Zone, "internet">, readonly Prefix[]>>;

function prefixes(...texts: string[]): readonly Prefix[] {
  return texts.map((text) => {
    const prefix = parsePrefix(text);
    if (prefix === null) throw new Error(text);
    return prefix;
  });
}

export const loopbackPrefixes = prefixes("127.0.0.0/8", "::1");

/**
 * Addresses that the internet does not route: private (RFC 1918, RFC 4193), shared by carriers (RFC 6598), link-local (RFC 3927, RFC 4291),
 * multicast (RFC 5771, RFC 4291) and the limited broadcast (RFC 919).
 */
export const localPrefixes = prefixes(
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
);

/** Whether an address (32 hex digits) is in the zone. */
export function isInZone(zone: Zone, addressHex: string, zones: Zones): boolean {
  if (zone !== "internet") return zones[zone].some((prefix) => contains(prefix, addressHex));
  return ![...zones.loopback, ...zones.local].some((prefix) => contains(prefix, addressHex));
}

/** Where names are looked up. */
const lookUpPort = 53;

/** Names say nothing about this computer itself, nor about the look-ups that they come from: what else a resolver serves has names. */
export function hasNames(addressHex: string, port: number, zones: Zones): boolean {
  return !isInZone("loopback", addressHex, zones) && !(port === lookUpPort && isInZone("resolvers", addressHex, zones));
}

export function isNamed({ destination: { kind } }: Pick<PolicyRule, "destination">): boolean {
  return kind === "host" || kind === "domain";
}

/** "a.b.example" → itself, "b.example", "example": the domains that a name is in, deepest first. */
export function domainsOf(name: string): string[] {
  const labels = name.split(".");
  return labels.map((_, at) => labels.slice(at).join("."));
}

/** Null when the stored address is unreadable: such a rule takes no part and the caller reports it. */
export function policyRule(rule: Rule, number: number): PolicyRule | null {
  const { id, app, via, user, port, portTo, protocol, direction, profile, action, lifetime, origin } = rule;
  let destination: Destination = { kind: "any" };
  if (rule.zone !== null) {
    destination = { kind: "zone", zone: rule.zone };
  } else if (rule.host !== null) {
    destination = { kind: "host", name: rule.host };
  } else if (rule.domain !== null) {
    destination = { kind: "domain", name: rule.domain };
  } else if (rule.address !== null) {
    const prefix = parsePrefix(rule.address);
    if (prefix === null) return null;
    destination = { kind: "prefix", prefix };
  }
  return {
    id,
    number,
    app,
    via,
    user,
    destination,
    port,
    portTo,
    protocol,
    direction,
    profile,
    action,
    lifetime,
    origin,
  };
}
