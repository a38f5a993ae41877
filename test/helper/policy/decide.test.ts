// The decider: what matches, which verdict, which layer, which sentence.

import { describe, expect, it } from "vitest";
import { unknownApp } from "../../../contract/app-path.ts";
import type { Mode, Rule } from "../../../contract/words.ts";
import { addressHex, parsePrefix } from "../../../helper/policy/address.ts";
import {
  decide,
  matches,
  noNames,
  type Policy,
  type Question,
  wantsName,
  withoutRule,
} from "../../../helper/policy/decide.ts";
import { entryRule, type ListEntry, listNumbers, noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import {
  localPrefixes,
  loopbackPrefixes,
  type PolicyRule,
  policyRule,
  type Zones,
} from "../../../helper/policy/rule.ts";

const stored: Rule = {
  id: "1",
  app: null,
  via: null,
  user: null,
  action: "allow",
  address: null,
  host: null,
  domain: null,
  zone: null,
  port: null,
  portTo: null,
  protocol: null,
  direction: "both",
  profile: null,
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
  local: localPrefixes,
};
const policyOf = (mode: Mode, ...rules: PolicyRule[]): Policy => ({
  rules: rules.sort(compareRules),
  zones,
  mode,
  lists: noLists,
  override: null,
});
const asked = (part: Partial<Question> & { address?: string } = {}): Question => {
  const { address = "198.51.100.1", ...rest } = part;
  return {
    app: "/usr/bin/curl",
    via: null,
    user: 1000,
    addressHex: addressHex(address),
    port: 443,
    protocol: "tcp",
    direction: "outbound",
    names: noNames,
    ...rest,
  };
};

const named = (...trusted: string[]) => ({ names: { trusted, labels: [] } });

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
    ["its first port of a range", { port: 400, portTo: 500 }, { port: 400 }, true],
    ["its last port of a range", { port: 400, portTo: 500 }, { port: 500 }, true],
    ["no port beyond its range", { port: 400, portTo: 500 }, { port: 501 }, false],
    ["its parent", { app: "/usr/bin/curl", via: "/usr/bin/bash" }, { via: "/usr/bin/bash" }, true],
    ["no other parent", { app: "/usr/bin/curl", via: "/usr/bin/bash" }, { via: "/usr/bin/zsh" }, false],
    ["no unknown parent", { app: "/usr/bin/curl", via: "/usr/bin/bash" }, {}, false],
    ["its user", { user: 1000 }, {}, true],
    ["no other user", { user: 1000 }, { user: 0 }, false],
    ["its host", { host: "www.example.org" }, named("www.example.org"), true],
    ["no host under its host", { host: "example.org" }, named("www.example.org"), false],
    ["no host without a name", { host: "example.org" }, {}, false],
    ["its domain itself", { domain: "example.org" }, named("example.org"), true],
    ["a host deep in its domain", { domain: "example.org" }, named("a.b.example.org"), true],
    ["no host whose name merely ends so", { domain: "example.org" }, named("badexample.org"), false],
    ["no domain above its own", { domain: "www.example.org" }, named("example.org"), false],
    ["a private address as local", { zone: "local" }, { address: "192.168.7.7" }, true],
    ["a link-local address as local", { zone: "local" }, { address: "fe80::1" }, true],
    ["no public address as local", { zone: "local" }, {}, false],
    ["a public address as the internet", { zone: "internet" }, {}, true],
    ["no local address as the internet", { zone: "internet" }, { address: "10.0.0.1" }, false],
    ["no loopback as the internet", { zone: "internet" }, { address: "::1" }, false],
    ["only when every part does", { app: "/usr/bin/curl", port: 443, protocol: "udp" }, {}, false],
  ])("%s", (_, part, question, expected) => {
    const flow = asked(question);
    expect(matches(rule(part), flow, flow.names.trusted[0] ?? null, zones)).toBe(expected);
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
      reason: "A factory rule allows any app to and from this computer itself.",
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

describe("names", () => {
  const allow = rule({ app: "/usr/bin/curl", domain: "example.org" });
  const block = rule({ host: "ads.example.org", action: "block" });
  const policy = policyOf("ask", allow, block);

  it("allow only where all of an address's names are allowed", () => {
    expect(decide(policy, asked(named("www.example.org"))).verdict).toBe("allow");
    expect(decide(policy, asked(named("www.example.org", "example.org"))).verdict).toBe("allow");
    expect(decide(policy, asked(named("www.example.org", "example.net"))).verdict).toBe("ask");
  });

  it("are put down to the mode where one of them is allowed by nothing else", () => {
    const learning: Policy = { ...policy, mode: "learn" };
    expect(decide(learning, asked(named("www.example.org", "other.test")))).toMatchObject({
      layer: "mode",
      rule: null,
    });
    expect(decide(learning, asked(named("www.example.org"))).rule).toBe(allow.id);
  });

  it("block where any is blocked", () => {
    expect(decide(policy, asked(named("www.example.org", "ads.example.org")))).toMatchObject({
      verdict: "block",
      rule: block.id,
      reason: "Your rule blocks any app to and from ads.example.org.",
    });
  });

  it("that the app wrote itself block, and never allow", () => {
    const labels = (...names: string[]) => ({ names: { trusted: [], labels: names } });
    expect(decide(policy, asked(labels("www.example.org"))).verdict).toBe("ask");
    expect(decide(policy, asked(labels("ads.example.org"))).verdict).toBe("block");
    const free = policyOf("ask", rule({ app: "/usr/bin/curl" }), block);
    expect(decide(free, asked()).verdict).toBe("allow");
    expect(decide(free, asked(labels("ads.example.org"))).verdict).toBe("block");
    const blockAll = policyOf("ask", rule({ action: "block", app: "/usr/bin/wget" }), allow);
    expect(decide(blockAll, asked(labels("elsewhere.test"))).verdict).toBe("ask");
  });

  it("of this computer say nothing", () => {
    expect(decide(policy, asked({ address: "127.0.0.1", ...named("ads.example.org") })).verdict).toBe("ask");
  });

  it("reach what a configured resolver serves beside look-ups", () => {
    const at = { address: "192.0.2.53", ...named("www.example.org") };
    expect(decide(policy, asked(at))).toMatchObject({ verdict: "allow", rule: allow.id });
    expect(decide(policy, asked({ ...at, ...named("ads.example.org") })).verdict).toBe("block");
    const lookUp = { ...at, ...named("ads.example.org"), port: 53, protocol: "udp" } as const;
    expect(decide(policy, asked(lookUp)).verdict).toBe("ask");
    expect(wantsName(policy, asked({ address: "192.0.2.53" }))).toBe(true);
    expect(wantsName(policy, asked({ address: "192.0.2.53", port: 53 }))).toBe(false);
  });

  it("of the internet allow nothing in the local network, and block there as anywhere", () => {
    const inside = { address: "192.168.1.1" };
    const astray = asked({ ...inside, ...named("www.example.org") });
    expect(decide(policy, astray)).toMatchObject({ verdict: "ask", rule: null, layer: "mode" });
    expect(decide(policy, astray).reason).toContain("www.example.org");
    expect(decide(policy, astray).reason).toContain("local network");
    expect(decide({ ...policy, mode: "allow" }, astray).reason).not.toContain("local network");
    expect(decide(policy, asked({ ...inside, ...named("ads.example.org") })).rule).toBe(block.id);
    // One of several is enough: somebody else decided where it leads.
    const home = rule({ domain: "nas.lan" });
    const both = policyOf("ask", allow, home);
    expect(decide(both, asked({ ...inside, ...named("nas.lan", "www.example.org") })).verdict).toBe("ask");
  });

  it("of the local network allow there, and so does what a person says of the address, the network or everything", () => {
    const inside = { address: "192.168.1.1" };
    const at = asked({ ...inside, ...named("www.example.org") });
    const home = policyOf("ask", rule({ domain: "nas.lan" }));
    expect(decide(home, asked({ ...inside, ...named("music.nas.lan") })).verdict).toBe("allow");
    for (const wider of [{ address: "192.168.1.1" }, { zone: "local" }, {}] as const) {
      const said = rule({ app: "/usr/bin/curl", ...wider });
      expect(decide(policyOf("ask", allow, said), at).rule).toBe(said.id);
    }
  });

  it("are wanted where a rule about them could block", () => {
    expect(wantsName(policy, asked())).toBe(true);
    expect(wantsName(policy, asked(named("www.example.org")))).toBe(false);
    expect(wantsName(policy, asked({ address: "127.0.0.1" }))).toBe(false);
    expect(wantsName(policyOf("ask", allow), asked())).toBe(false);
  });
});

describe("blocklists", () => {
  const entry: ListEntry = {
    list: "ads",
    number: listNumbers + 1,
    destination: { kind: "domain", name: "ads.test" },
  };
  const lists = {
    ...noLists,
    hasNames: true,
    name: (name: string) => (name === "ads.test" || name.endsWith(".ads.test") ? entry : null),
  };
  const withLists = (...rules: PolicyRule[]): Policy => ({ ...policyOf("allow", ...rules), lists });

  it("block in spite of `allow everything for this app`", () => {
    const policy = withLists(rule({ app: "/usr/bin/curl" }));
    expect(decide(policy, asked(named("x.ads.test")))).toEqual({
      verdict: "block",
      rule: "ads",
      number: listNumbers + 1,
      layer: "blocklist",
      reason: "The blocklist “ads” has any host of ads.test.",
    });
    expect(decide(policy, asked(named("fine.test"))).verdict).toBe("allow");
  });

  it("give way to an exception as narrow as the entry", () => {
    const exception = rule({ host: "x.ads.test" });
    expect(decide(withLists(exception), asked(named("x.ads.test"))).rule).toBe(exception.id);
    expect(decide(withLists(exception), asked(named("y.ads.test"))).verdict).toBe("block");
    const same = rule({ domain: "ads.test" });
    expect(decide(withLists(same), asked(named("y.ads.test"))).rule).toBe(same.id);
  });

  it("never block a bare address that a listed name shares", () => {
    expect(decide(withLists(), asked()).verdict).toBe("allow");
  });

  it("leave an address with a listed and another name open, until the app says which it means", () => {
    const both = named("x.ads.test", "fine.test");
    expect(decide(withLists(), asked(both)).verdict).toBe("allow");
    expect(wantsName(withLists(), asked(both))).toBe(true);
    expect(wantsName(withLists(), asked(named("fine.test")))).toBe(false);
    const said = { names: { ...both.names, labels: ["x.ads.test"] } };
    expect(decide(withLists(), asked(said)).layer).toBe("blocklist");
  });

  it("are rules of everybody", () => {
    expect(entryRule(entry)).toMatchObject({ app: null, action: "block", origin: "subscription" });
  });
});

describe("a program that ended before anybody could tell which it was", () => {
  const nameless = asked({ app: unknownApp("curl") });
  const blocks = rule({ app: "/usr/bin/curl", action: "block" });

  it.each(["allow", "learn"] as const)("is not let go by a mode where a rule blocks some app there (%s)", (mode) => {
    expect(decide(policyOf(mode, blocks), nameless)).toEqual({
      verdict: "block",
      rule: blocks.id,
      number: blocks.number,
      layer: "rule",
      reason: "Nobody knows which program this was, and a rule blocks one there.",
    });
    expect(decide(policyOf(mode, blocks), asked({ app: "/usr/bin/wget" })).verdict).toBe("allow");
    const elsewhere = rule({ app: "/usr/bin/curl", action: "block", address: "192.0.2.99" });
    expect(decide(policyOf(mode, elsewhere), nameless).verdict).toBe("allow");
  });

  it("is let go by a rule for everybody only where no rule that blocks an app comes before it", () => {
    const everybody = rule({ app: null, action: "allow" });
    expect(decide(policyOf("allow", everybody), nameless).rule).toBe(everybody.id);
    expect(decide(policyOf("allow", everybody, blocks), nameless).rule).toBe(blocks.id);
    const nearer = rule({ app: null, action: "allow", address: "198.51.100.1" });
    expect(decide(policyOf("allow", nearer, blocks), nameless).rule).toBe(nearer.id);
  });

  it("is asked about like any other", () => {
    expect(decide(policyOf("ask", blocks), nameless).verdict).toBe("ask");
  });

  it("is no program that runs, and of which nobody can be sure", () => {
    for (const app of ["[/usr/bin/curl (deleted)]", "[a program (whose start could not be recorded)]"])
      expect(decide(policyOf("allow", blocks), asked({ app })).verdict).toBe("allow");
  });
});

describe("a program that has changed", () => {
  const own = { app: "/usr/bin/curl", address: "198.51.100.1" };
  const changed = asked({ changed: true });

  it.each(["ask", "block"] as const)("is asked about where its own rule would allow it (%s)", (mode) => {
    const allows = rule({ ...own, action: "allow" });
    expect(decide(policyOf(mode, allows), changed)).toEqual({
      verdict: "ask",
      rule: allows.id,
      number: allows.number,
      layer: "rule",
      reason: "This program has changed since you allowed it.",
    });
    expect(decide(policyOf(mode, allows), asked()).verdict).toBe("allow");
  });

  it("is asked about also where a wider rule blocks what its own rule excepts", () => {
    const policy = policyOf(
      "ask",
      rule({ ...own, action: "allow" }),
      rule({ address: "198.51.100.0/24", action: "block" }),
    );
    expect(decide(policy, changed).verdict).toBe("ask");
  });

  it.each(["allow", "learn"] as const)("is allowed in mode %s, as it would be without its rule", (mode) => {
    expect(decide(policyOf(mode, rule({ ...own, action: "allow" })), changed).verdict).toBe("allow");
  });

  it.each([
    ["a rule of its own that blocks", { ...own, action: "block" }, "block"],
    ["a rule about any app that allows", { address: own.address, action: "allow" }, "allow"],
    ["a rule about any app that blocks", { address: own.address, action: "block" }, "block"],
  ] as const)("is like any other to %s", (_, part, verdict) => {
    expect(decide(policyOf("ask", rule(part)), changed).verdict).toBe(verdict);
  });
});

describe("what overrides", () => {
  it("comes before every rule, and leaves this computer to itself", () => {
    const policy = policyOf("ask", rule({ action: "allow" }));
    const over = (override: Policy["override"], address?: string) =>
      decide({ ...policy, override }, asked(address === undefined ? {} : { address }));
    expect(over("lockdown")).toMatchObject({ verdict: "block", layer: "lockdown", rule: null });
    expect(over("lockdown", "127.0.0.1")).toMatchObject({ verdict: "allow", layer: "rule" });
    const blocking = policyOf("block", rule({ action: "block" }));
    expect(decide({ ...blocking, override: "pause" }, asked())).toMatchObject({ verdict: "allow", layer: "mode" });
  });
});

describe("a verdict of the kernel's without a rule", () => {
  it.each(["ask", "learn", "allow", "block"] as const)("is explained as it would be decided, in mode %s", (mode) => {
    for (const override of [null, "lockdown", "pause"] as const) {
      const policy = { ...policyOf(mode), override };
      const { verdict, layer, reason } = decide(policy, asked());
      if (verdict !== "ask") expect(withoutRule(policy, verdict)).toEqual({ layer, reason });
    }
    // What another mode decided before is not put down to this one.
    const other = mode === "block" ? "allow" : "block";
    expect(withoutRule(policyOf(mode), other)).toEqual({
      layer: "mode",
      reason: expect.stringContaining("of that moment"),
    });
  });
});

describe("a stored rule", () => {
  it("takes no part when its address is unreadable", () => {
    for (const address of ["", "nonsense", "1.2.3", "1.2.3.4/99"])
      expect(policyRule({ ...stored, address }, 1)).toBeNull();
  });
});
