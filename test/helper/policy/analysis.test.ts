// What is said of idle rules, held against the decider over generated rules and questions, and that it is said of enough of them.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePrefix } from "../../../helper/policy/address.ts";
import { findIdle } from "../../../helper/policy/analysis.ts";
import { decide, noNames, type Policy, type Question } from "../../../helper/policy/decide.ts";
import { listNumbers, noLists } from "../../../helper/policy/lists.ts";
import { compareRules } from "../../../helper/policy/order.ts";
import { localPrefixes, loopbackPrefixes, type PolicyRule } from "../../../helper/policy/rule.ts";
import { anyRule, named, numbered, policy, question, rule } from "./model.ts";

const zones = { loopback: loopbackPrefixes, resolvers: [], local: localPrefixes };
const at = (text: string) => ({ destination: { kind: "prefix" as const, prefix: parsePrefix(text)! } });
const host = (name: string) => ({ destination: { kind: "host" as const, name } });
const domain = (name: string) => ({ destination: { kind: "domain" as const, name } });
const zone = (zone: "local" | "internet" | "resolvers" | "loopback") => ({
  destination: { kind: "zone" as const, zone },
});

/** What is said of the rules, in the order given: "shadowed 2 by action". */
function told(rules: Partial<PolicyRule>[], lists = noLists): (string | undefined)[] {
  const all = numbered(rules.map((part) => ({ ...anyRule, ...part })));
  const idle = findIdle(all, zones, lists);
  return all.map(({ number }) => {
    const found = idle.get(number);
    return found && [found.kind, found.by.number, ...(found.criterion ? [found.criterion] : [])].join(" ");
  });
}

/** A rule and one or two that hold it, mixed into others: idle rules are rare where all is chance. */
const family = fc
  .tuple(rule, fc.array(fc.record({ part: fc.nat(7), action: fc.boolean(), origin: fc.boolean() }), { maxLength: 4 }))
  .map(([first, steps]) => {
    const rules = [first];
    for (const { part, action, origin } of steps) {
      const wider: Partial<PolicyRule>[] = [
        { destination: { kind: "any" } },
        { via: null, app: null },
        { user: null },
        { port: null, portTo: null },
        { protocol: null },
        { direction: "both" },
        { profile: null },
        { lifetime: "forever" },
      ];
      const last = { ...(rules.at(-1) as PolicyRule), ...wider[part] };
      rules.push({ ...last, action: action ? last.action : "block", origin: origin ? last.origin : "import" });
    }
    return rules;
  });

const generated = fc.tuple(
  policy,
  fc.array(family, { maxLength: 9 }),
  named,
  fc.array(question, { minLength: 40, maxLength: 40 }),
);

describe("idle rules, over generated ones,", () => {
  it("decide nothing where they are shadowed, and go without any verdict changing", () => {
    const seen = { shadowed: 0, conflicting: 0, redundant: 0, asked: 0, decidedByRule: 0 };
    fc.assert(
      fc.property(generated, ([made, families, names, questions]) => {
        const rules = numbered([...made.rules, ...families.flat()]);
        const idle = findIdle(rules, made.zones, made.lists);
        for (const { kind } of idle.values()) seen[kind]++;
        const active = (profile: string | null, without: (number: number) => boolean): Policy => ({
          ...made,
          rules: rules
            .filter((each) => (each.profile === null || each.profile === profile) && !without(each.number))
            .sort(compareRules),
        });
        for (const profile of [null, "work"]) {
          const all = active(profile, () => false);
          const without = active(profile, (number) => idle.has(number));
          for (const [at, asked] of questions.entries()) {
            const asking: Question = { ...asked, names: names.get(asked.addressHex) ?? noNames };
            const decision = decide(all, asking);
            seen.asked++;
            const found = idle.get(decision.number);
            if (decision.number > 0 && decision.number < listNumbers) seen.decidedByRule++;
            expect(found === undefined || found.kind === "redundant").toBe(true);
            expect(decide(without, asking).verdict).toBe(decision.verdict);
            // And each on its own: the one that decided, or any.
            const one = found ? decision.number : [...idle.keys()][at % Math.max(1, idle.size)];
            if (one === undefined) continue;
            expect(
              decide(
                active(profile, (number) => number === one),
                asking,
              ).verdict,
            ).toBe(decision.verdict);
          }
        }
      }),
      { numRuns: 600 },
    );
    for (const kind of ["shadowed", "conflicting", "redundant"] as const) expect(seen[kind]).toBeGreaterThan(50);
    expect(seen.decidedByRule / seen.asked).toBeGreaterThan(0.2);
  });
});

describe("a rule", () => {
  const cases: [string, Partial<PolicyRule>[], (string | undefined)[]][] = [
    [
      "is redundant below a wider one that says the same",
      [{ app: "/a", ...host("x.test") }, { app: "/a" }],
      ["redundant 2", undefined],
    ],
    [
      "is none where another one comes between",
      [
        { app: "/a", ...host("x.test") },
        { app: "/a" },
        domain("test"),
        { ...domain("test"), app: "/a", action: "block" },
      ],
      [undefined, undefined, undefined, undefined],
    ],
    [
      "is none where a range that its host may be in is blocked",
      [host("x.test"), {}, { ...at("192.0.2.0/24"), action: "block" }],
      [undefined, undefined, undefined],
    ],
    [
      "is one all the same where that range is this computer's own",
      [host("x.test"), {}, { ...at("127.0.0.0/8"), action: "block" }],
      ["redundant 2", undefined, undefined],
    ],
    [
      "is redundant within a range of ports",
      [
        { port: 8001, action: "block" },
        { port: 8000, portTo: 8999, action: "block" },
      ],
      ["redundant 2", undefined],
    ],
    ["is redundant within a range of addresses", [at("192.0.2.1"), at("192.0.2.0/24")], ["redundant 2", undefined]],
    ["of this network is redundant below its zone", [at("192.168.1.0/24"), zone("local")], ["redundant 2", undefined]],
    [
      "is not redundant below a zone that it is only partly in",
      [at("192.0.0.0/8"), zone("local")],
      [undefined, undefined],
    ],
    ["outside is redundant below the internet", [at("192.0.2.0/24"), zone("internet")], ["redundant 2", undefined]],
    [
      "is never redundant because of resolvers: they change",
      [at("127.0.0.53"), zone("resolvers")],
      [undefined, undefined],
    ],
    [
      "for any app is not redundant where one app is told otherwise",
      [at("192.0.2.1"), at("192.0.2.0/24"), { app: "/a", action: "block" }],
      ["redundant 2", undefined, undefined],
    ],
    [
      "for any app is none where that comes between",
      [at("192.0.2.1"), {}, { app: "/a", action: "block" }],
      [undefined, undefined, undefined],
    ],
    [
      "names the widest of a chain",
      [at("192.0.2.1"), at("192.0.2.0/24"), {}],
      ["redundant 3", "redundant 3", undefined],
    ],
    ["is no reason when it ends by itself", [at("192.0.2.1"), { lifetime: "1h" }], [undefined, undefined]],
    [
      "that is imported is shadowed by a person's",
      [{ ...host("x.test"), origin: "import" }, host("x.test")],
      ["shadowed 2 origin", undefined],
    ],
    [
      "that says otherwise conflicts",
      [{ ...host("x.test"), origin: "import", action: "block" }, host("x.test")],
      ["conflicting 2 origin", undefined],
    ],
    [
      "is shadowed by a wider range of ports of a person's",
      [
        { port: 10, portTo: 20, origin: "import" },
        { port: 5, portTo: 30, action: "block" },
      ],
      ["shadowed 2 origin", undefined],
    ],
    [
      "is shadowed by a block",
      [
        { port: 10, portTo: 20 },
        { port: 5, portTo: 30, action: "block" },
      ],
      ["shadowed 2 action", undefined],
    ],
    [
      "is shadowed by a newer one that holds it",
      [
        { port: 10, portTo: 20 },
        { port: 5, portTo: 30 },
      ],
      ["shadowed 2", undefined],
    ],
    ["of another profile is no neighbour", [{ port: 5, profile: "home" }, { profile: "work" }], [undefined, undefined]],
    ["of a profile is redundant below one of none", [{ port: 5, profile: "home" }, {}], ["redundant 2", undefined]],
    [
      "to an address is none where a name that it may have is blocked",
      [at("192.0.2.1"), {}, { ...domain("test"), action: "block" }],
      [undefined, undefined, undefined],
    ],
  ];
  it.each(cases)("%s", (_, rules, expected) => {
    expect(told(rules)).toEqual(expected);
  });

  it("among many of the same destination is told by app and port all the same", () => {
    const others = Array.from({ length: 30 }, (_, at) => ({
      app: `/opt/${at}`,
      port: at + 1,
      action: "block" as const,
    }));
    const all = (...rules: Partial<PolicyRule>[]) => told([...rules, ...others]).slice(0, rules.length);
    expect(all({ ...host("x.test"), port: 99 }, {})).toEqual(["redundant 2", undefined]);
    expect(all({ ...host("x.test"), port: 7 }, {})).toEqual([undefined, undefined]);
    expect(all({ ...host("x.test"), app: "/opt/7" }, {})).toEqual([undefined, undefined]);
    expect(all({ ...host("x.test"), app: "/opt/99" }, {})).toEqual(["redundant 2", undefined]);
    expect(all({ app: "/opt/99", port: 5 }, { app: "/opt/99" })).toEqual(["redundant 2", undefined]);
  });

  it("that excepts from a blocklist is not redundant", () => {
    const entry = { list: "ads", number: listNumbers, destination: domain("test").destination };
    const lists = { ...noLists, hasNames: true, name: () => entry };
    expect(told([host("x.test"), {}], lists)).toEqual([undefined, undefined]);
    expect(told([{ ...host("x.test"), action: "block" }, { action: "block" }], lists)).toEqual([
      "redundant 2",
      undefined,
    ]);
    // A factory's rule would give way to the entry.
    const pair = [domain("test"), { ...domain("test"), origin: "factory", direction: "both" }] as const;
    expect(told([{ ...pair[0], port: 5 }, pair[1]], lists)).toEqual([undefined, undefined]);
  });
});

describe("ten thousand rules", () => {
  const many = (make: (at: number) => Partial<PolicyRule>) =>
    numbered(Array.from({ length: 10_000 }, (_, at) => ({ ...anyRule, ...make(at) })));
  const sets: [string, PolicyRule[]][] = [
    [
      "of many apps",
      many((at) => ({
        app: `/usr/bin/${at % 300}`,
        ...(at % 3 ? host(`h${at}.d${at % 50}.test`) : at % 2 ? domain(`d${at % 50}.test`) : {}),
        port: at % 5 ? null : 443,
        action: at % 7 ? "allow" : "block",
      })),
    ],
    [
      "of one app to many addresses",
      many((at) => ({ app: "/a", ...atAddress(at), action: at % 7 ? "allow" : "block" })),
    ],
    [
      "of any app, half of it names, half ranges",
      many((at) => (at % 2 ? { ...host(`h${at}.test`), port: at } : { ...atAddress(at), port: at, action: "block" })),
    ],
    ["that differ in ports alone", many((at) => ({ port: at + 1, action: at % 2 ? "allow" : "block" }))],
    [
      "that are ranges of ports within others",
      many((at) => ({ port: at + 1, portTo: 65_535 - at, action: at % 2 ? "allow" : "block" })),
    ],
  ];
  it.each(sets)("%s are read in time", (_, rules) => {
    findIdle(rules, zones, noLists);
    // Of this process alone: the machine may be shared.
    const began = process.cpuUsage();
    const idle = findIdle(rules, zones, noLists);
    const took = process.cpuUsage(began).user / 1000;
    console.log(`10,000 rules ${_}: ${took.toFixed(0)} ms, ${idle.size} idle`);
    expect(took).toBeLessThan(800); // 200 where nothing else runs
  });
});

function atAddress(at: number): Partial<PolicyRule> {
  if (at === 0) return {};
  return {
    destination: {
      kind: "prefix" as const,
      prefix: parsePrefix(`10.${at >> 8}.${at & 255}.${at % 3 ? "1" : "0/24"}`)!,
    },
  };
}
