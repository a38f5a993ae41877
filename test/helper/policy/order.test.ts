// The one total order of rules: each criterion, which of two criteria wins, and that it is an order at all.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePrefix } from "../../../helper/policy/address.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import type { PolicyRule } from "../../../helper/policy/rule.ts";
import { anyRule, numbered, rule } from "./model.ts";

const base: PolicyRule = { ...anyRule, number: 1, origin: "factory" };

const at = (text: string) => ({ destination: { kind: "prefix" as const, prefix: parsePrefix(text)! } });
const host = (name: string) => ({ destination: { kind: "host" as const, name } });
const domain = (name: string) => ({ destination: { kind: "domain" as const, name } });
const zone = { destination: { kind: "zone" as const, zone: "loopback" as const } };

/** From the strongest criterion to the weakest: each step's first beats its second. */
const criteria: [string, Partial<PolicyRule>, Partial<PolicyRule>][] = [
  ["a host before a range", at("192.0.2.1"), at("192.0.2.0/31")],
  ["an IPv6 host before an IPv6 range", at("2001:db8::1"), at("2001:db8::/127")],
  ["a longer range before a shorter", at("192.0.2.0/24"), at("192.0.0.0/23")],
  ["a host before a domain", host("example.org"), domain("www.example.org")],
  ["a single address before a domain", at("192.0.2.1"), domain("www.example.org")],
  ["a deeper domain before the one it is in", domain("b.example.org"), domain("example.org")],
  ["a domain before a range", domain("org"), at("192.0.2.0/31")],
  ["the shortest IPv6 range before a zone", at("::/0"), zone],
  ["the shortest IPv4 range before a zone", at("0.0.0.0/0"), zone],
  ["a zone before any destination", zone, {}],
  ["an app before any app", { app: "/usr/bin/curl" }, {}],
  ["an app by its parent before an app", { app: "/usr/bin/curl", via: "/usr/bin/bash" }, { app: "/usr/bin/curl" }],
  ["one user before all", { user: 1000 }, {}],
  ["the active profile before all profiles", { profile: "work" }, {}],
  ["a port before a range of ports", { port: 443 }, { port: 443, portTo: 444 }],
  ["a range of ports before any port", { port: 1, portTo: 65535 }, {}],
  ["a protocol before any protocol", { protocol: "tcp" }, {}],
  ["a direction before both", { direction: "outbound" }, {}],
  ["a temporary rule before a permanent one", { lifetime: "1h" }, {}],
  ["a person's rule before an imported one", { origin: "person" }, { origin: "import" }],
  ["an imported rule before a blocklist", { origin: "import" }, { origin: "subscription" }],
  ["a blocklist before a factory rule", { origin: "subscription" }, {}],
  ["block before ask", { action: "block" }, { action: "ask" }],
  ["block before allow", { action: "block" }, {}],
  ["ask before allow", { action: "ask" }, {}],
  ["the newer rule before the older", { number: 2 }, { number: 1 }],
];

describe("the order of rules", () => {
  it.each(criteria)("puts %s", (_, first, second) => {
    expect(compareRules({ ...base, ...first }, { ...base, ...second })).toBeLessThan(0);
    expect(compareRules({ ...base, ...second }, { ...base, ...first })).toBeGreaterThan(0);
  });

  // Each criterion against all weaker ones together: one step up outweighs everything below.
  const strongest: [string, Partial<PolicyRule>][] = [
    ["destination", at("10.0.0.0/8")],
    ["app", { app: "/usr/bin/curl" }],
    ["user", { user: 1000 }],
    ["profile", { profile: "work" }],
    ["port", { port: 443 }],
    ["protocol", { protocol: "udp" }],
    ["lifetime", { lifetime: "1h" }],
    ["origin", { origin: "person" }],
    ["action", { action: "block" }],
    ["number", { number: 9 }],
  ];
  it.each(strongest.slice(0, -1))("%s outweighs all that comes after it", (name, advantage) => {
    const weaker = strongest.slice(strongest.findIndex(([other]) => other === name) + 1).map(([, part]) => part);
    const others = Object.assign({}, ...weaker) as Partial<PolicyRule>;
    expect(compareRules({ ...base, ...advantage }, { ...base, ...others })).toBeLessThan(0);
  });

  it("is total: antisymmetric, transitive, and no two rules are equal", () => {
    fc.assert(
      fc.property(rule, rule, rule, (...three) => {
        const [a, b, c] = numbered(three) as [PolicyRule, PolicyRule, PolicyRule];
        expect(compareRules(a, a)).toBe(0);
        for (const [x, y] of [
          [a, b],
          [b, c],
          [a, c],
        ] as const) {
          expect(Math.sign(compareRules(x, y))).toBe(-Math.sign(compareRules(y, x)));
          expect(compareRules(x, y)).not.toBe(0);
        }
        if (compareRules(a, b) < 0 && compareRules(b, c) < 0) expect(compareRules(a, c)).toBeLessThan(0);
      }),
      { numRuns: 3000 },
    );
  });

  it("does not depend on the order in which rules are given", () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 8 }), fc.infiniteStream(fc.nat(7)), (rules, stream) => {
        const all = numbered(rules);
        const shuffled = [...all].sort(() => (stream.next().value ?? 0) - 3);
        expect([...all].sort(compareRules)).toEqual(shuffled.sort(compareRules));
      }),
    );
  });
});
