// The decider: what matches, which verdict, which layer, which sentence.
import { describe, expect, it } from "vitest";
import type { Mode, Rule } from "../../../contract/words.ts";
import { addressHex, parsePrefix } from "../../../helper/policy/address.ts";
import { decide, matches, type Policy, type Question } from "../../../helper/policy/decide.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import { loopbackPrefixes, type PolicyRule, policyRule, type Zones } from "../../../helper/policy/rule.ts";

const stored: Rule = {
  id: "1",
  app: null,
  action: "allow",
  address: null,
  zone: null,
  port: null,
  protocol: null,
  direction: "both",
  lifetime: "forever",
  expires: null,
  enabled: true,
  origin: "person",
  note: "",
  created: "2026-01-01T00:00:00.000Z",
};
let next = 1;
const rule = (part: Partial<Rule>): PolicyRule => policyRule({ ...stored, id: `rule ${next}`, ...part }, next++)!;

const zones: Zones = {
  loopback: loopbackPrefixes,
  resolvers: [parsePrefix("192.0.2.53")!, parsePrefix("127.0.0.53")!],
};
const policyOf = (mode: Mode, ...rules: PolicyRule[]): Policy => ({ rules: rules.sort(compareRules), zones, mode });
const asked = (part: Partial<Question> & { address?: string } = {}): Question => {
  const { address = "198.51.100.1", ...rest } = part;
  return {
    app: "/usr/bin/curl",
    addressHex: addressHex(address),
    port: 443,
    protocol: "tcp",
    direction: "outbound",
    ...rest,
  };
};

describe("a rule matches", () => {
  it.each<[string, Partial<Rule>, Parameters<typeof asked>[0], boolean]>([
    ["everything when it names nothing", {}, {}, true],
    ["its app", { app: "/usr/bin/curl" }, {}, true],
    ["no other app", { app: "/usr/bin/wget" }, {}, false],
    ["no app whose path merely begins so", { app: "/usr/bin/curl" }, { app: "/usr/bin/curl2" }, false],
    ["its port", { port: 443 }, {}, true],
    ["no other port", { port: 80 }, {}, false],
    ["port 0 only where it says so", { port: 443 }, { port: 0, protocol: "icmp" }, false],
    ["its protocol", { protocol: "tcp" }, {}, true],
    ["no other protocol", { protocol: "udp" }, {}, false],
    ["its address", { address: "198.51.100.1" }, {}, true],
    ["no other address", { address: "198.51.100.2" }, {}, false],
    ["its range", { address: "198.51.100.0/24" }, {}, true],
    ["nothing beside its range", { address: "198.51.101.0/24" }, {}, false],
    ["an IPv6 range", { address: "2001:db8::/32" }, { address: "2001:db8:1::9" }, true],
    ["no IPv4 address by an IPv6 range", { address: "::/0" }, {}, false],
    ["no IPv6 address by an IPv4 range", { address: "0.0.0.0/0" }, { address: "2001:db8::1" }, false],
    ["loopback", { zone: "loopback" }, { address: "127.9.9.9" }, true],
    ["loopback over IPv6", { zone: "loopback" }, { address: "::1" }, true],
    ["nothing outside loopback", { zone: "loopback" }, { address: "128.0.0.1" }, false],
    ["a resolver", { zone: "resolvers" }, { address: "192.0.2.53" }, true],
    ["no resolver's neighbour", { zone: "resolvers" }, { address: "192.0.2.54" }, false],
    ["its direction", { direction: "inbound" }, { direction: "inbound" }, true],
    ["no other direction", { direction: "inbound" }, {}, false],
    ["both directions", { direction: "both" }, { direction: "inbound" }, true],
    ["only when every part does", { app: "/usr/bin/curl", port: 443, protocol: "udp" }, {}, false],
  ])("%s", (_, part, question, expected) => {
    expect(matches(rule(part), asked(question), zones)).toBe(expected);
  });
});

describe("a decision", () => {
  it.each<[Mode, string]>([
    ["ask", "ask"],
    ["learn", "allow"],
    ["allow", "allow"],
    ["block", "block"],
  ])("is the mode's where no rule covers it: %s", (mode, verdict) => {
    const other = rule({ address: "203.0.113.1" });
    const decision = decide(policyOf(mode, other), asked());
    expect(decision).toMatchObject({ verdict, rule: null, number: 0, layer: "mode" });
    expect(decision.reason).toMatch(/^[A-Z].*\.$/);
  });

  it("names the rule, its layer and a reason", () => {
    const mine = rule({ app: "/usr/bin/curl", address: "198.51.100.1", action: "block", direction: "outbound" });
    expect(decide(policyOf("allow", mine), asked())).toEqual({
      verdict: "block",
      rule: mine.id,
      number: mine.number,
      layer: "rule",
      reason: "Your rule blocks this app to this address.",
    });
    const factory = rule({ id: "factory:loopback", origin: "factory", zone: "loopback" });
    expect(decide(policyOf("ask", factory), asked({ address: "127.0.0.1" }))).toMatchObject({
      verdict: "allow",
      rule: "factory:loopback",
      layer: "factory",
      reason: "A factory rule allows any app to and from this part of the network.",
    });
  });

  it("lets an exception be a rule as narrow as what it excepts", () => {
    const blockAll = rule({ app: "/usr/bin/curl", action: "block" });
    const allowHost = rule({ address: "198.51.100.1", action: "allow" });
    const policy = policyOf("ask", blockAll, allowHost);
    expect(decide(policy, asked()).rule).toBe(allowHost.id);
    expect(decide(policy, asked({ address: "198.51.100.2" })).rule).toBe(blockAll.id);
  });

  it("does not let `allow this app anything` switch off a block of an address", () => {
    const allowApp = rule({ app: "/usr/bin/curl", action: "allow" });
    const blockRange = rule({ address: "198.51.100.0/24", action: "block" });
    expect(decide(policyOf("allow", allowApp, blockRange), asked()).verdict).toBe("block");
  });

  it("asks where an ask rule is the narrowest, whatever the mode", () => {
    const ask = rule({ address: "198.51.100.1", action: "ask" });
    const allow = rule({ action: "allow" });
    expect(decide(policyOf("allow", ask, allow), asked())).toMatchObject({
      verdict: "ask",
      rule: ask.id,
      layer: "rule",
    });
  });

  it("takes block where two rules differ in nothing else", () => {
    const allow = rule({ zone: "loopback" });
    const block = rule({ zone: "resolvers", action: "block" });
    expect(decide(policyOf("ask", allow, block), asked({ address: "127.0.0.53" })).rule).toBe(block.id);
  });
});

describe("a stored rule", () => {
  it("takes no part when its address is unreadable", () => {
    for (const address of ["", "nonsense", "1.2.3", "1.2.3.4/99"])
      expect(policyRule({ ...stored, address }, 1)).toBeNull();
  });
});
