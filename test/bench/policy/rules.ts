// Ten thousand rules as people, their apps and imports make them: most about names and addresses, and some of every other kind.
import type { NewRuleParams } from "../../../contract/methods.ts";
import { addressHex } from "../../../helper/policy/address.ts";
import { anyMatcher, type NewRule } from "../../../helper/store/rules.ts";

const appCount = 200;

export function appOf(at: number): string {
  return `/usr/bin/app-${at % appCount}`;
}

/** Different for different numbers below 2^16. */
function hostOf(at: number): string {
  return `${["www", "api", "cdn", "img"][at % 4]}.site-${at}.example-${at % 97}.org`;
}

function domainOf(at: number): string {
  return `site-${at}.example-${at % 97}.org`;
}

export function addressOf(at: number): string {
  return `${80 + (at % 100)}.${(at * 101) % 256}.${(at >> 8) & 255}.${at & 255}`;
}

export const kinds = ["host", "domain", "address", "range", "zone", "any"] as const;
export type Kind = (typeof kinds)[number];

/** A rule of the kind; different for different numbers below 2^16. */
export function ruleOf(kind: Kind, at: number): NewRule {
  const action = at % 5 === 0 ? "block" : "allow";
  const app = appOf(at);
  const rest = { ...anyMatcher, app, action, direction: "outbound", lifetime: "forever", note: "" } as const;
  switch (kind) {
    case "host":
      return { ...rest, host: hostOf(at), port: 443, protocol: "tcp" };
    case "domain":
      return { ...rest, domain: domainOf(at) };
    case "address":
      return { ...rest, address: addressOf(at), port: 443, protocol: "tcp" };
    case "range":
      return { ...rest, address: `${80 + (at % 100)}.${(at * 101) % 256}.${(at >> 8) & 255}.0/24` };
    case "zone":
      return { ...rest, zone: "local", port: at, protocol: "tcp" };
    case "any":
      return { ...rest, port: at, protocol: at % 2 === 0 ? "tcp" : "udp" };
  }
}

/** Of ten: two about hosts, three about domains, two about addresses, one about a range, the others about a zone or anything. */
export function kindOf(at: number): Kind {
  const mix = ["host", "host", "domain", "domain", "domain", "address", "address", "range", "any"] as const;
  return mix[at % 10] ?? (at % 40 === 9 ? "zone" : "any");
}

/** The rule as a client asks for it. */
export function asked(rule: NewRule): NewRuleParams {
  return rule;
}

/** Names that addresses have: what a machine looked up in an hour or so. */
export function* names(count: number, until: number) {
  for (let at = 0; at < count; at++) {
    const address = addressHex(addressOf(at * 7 + 3));
    yield { address, name: hostOf(at * 10), owner: "1 1", chain: [], source: "query" as const, until };
  }
}
