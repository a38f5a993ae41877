// The policy in force, from a real database to the real kernel's maps: after any sequence of changes the kernel has what compiling all of
// what is stored would give it, whichever way it came there.
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EnforcedPolicy, type Situation } from "../../helper/enforced-policy.ts";
import { layouts } from "../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../helper/kernel/policy-maps.ts";
import { Programs } from "../../helper/kernel/programs.ts";
import { formatPrefix } from "../../helper/policy/address.ts";
import { type Compiled, compile } from "../../helper/policy/compile.ts";
import { decide, type KnownNames, type Policy } from "../../helper/policy/decide.ts";
import { type Lists, noLists } from "../../helper/policy/lists.ts";
import { compareRules } from "../../helper/policy/order.ts";
import { localPrefixes, loopbackPrefixes, type PolicyRule, policyRule } from "../../helper/policy/rule.ts";
import { AppNumbers, DestinationNumbers } from "../../helper/store/numbers.ts";
import { anyMatcher, type NewRule, Rules } from "../../helper/store/rules.ts";
import { freshObject } from "../bpf/object.ts";
import { OwnCgroup } from "../bpf/own-cgroup.ts";
import { addressLists, centres, knownNames, lists, pathsOf, question, rule } from "./policy/model.ts";
import { clock, temporaryStore } from "./store/temporary.ts";

const { open } = temporaryStore();
const cgroup = new OwnCgroup();
let programs: Programs;
beforeAll(async () => {
  programs = new Programs(await freshObject(), cgroup.instance);
}, 60_000);
afterAll(async () => {
  programs?.remove();
  await cgroup.remove();
});

function newRule({ destination, id: _, number: _n, origin: _o, ...rest }: PolicyRule): NewRule {
  const place =
    destination.kind === "prefix"
      ? { address: formatPrefix(destination.prefix) }
      : destination.kind === "zone"
        ? { zone: destination.zone }
        : destination.kind === "any"
          ? {}
          : { [destination.kind]: destination.name };
  return { ...anyMatcher, ...rest, note: "", ...place };
}

/** What the kernel's maps have. `tables`: numbers up to there. */
function kernelImage(tables: number) {
  const { maps } = programs;
  const { slot_key, slot, host_key, range_key, path } = layouts;
  const [value, route] = [Buffer.alloc(slot.size), Buffer.alloc(path.size)];
  const used = (map: typeof maps.hosts, key: Buffer) => {
    expect(map.get(key, route)).toBe(true);
    return path.read(route).tables.filter((table) => table !== 0);
  };
  const slots = maps.slots.keys(slot_key.size).map((key) => {
    expect(maps.slots.get(key, value)).toBe(true);
    return { ...slot_key.read(key), ...slot.read(value) };
  });
  const hosts = maps.hosts
    .keys(host_key.size)
    .map((key) => [`${host_key.read(key).address.toString("hex")}/128`, used(maps.hosts, key)] as const);
  const ranges = maps.ranges.keys(range_key.size).map((key) => {
    const { address, prefix_bits } = range_key.read(key);
    return [`${address.toString("hex")}/${prefix_bits}`, used(maps.ranges, key)] as const;
  });
  const shapes = Array.from({ length: tables }, (_, at) => {
    const [key, mask] = [Buffer.alloc(4), Buffer.alloc(4)];
    key.writeUInt32LE(at + 1);
    maps.tables.get(key, mask);
    return [String(at + 1), mask.readUInt32LE()] as const;
  });
  const config = Buffer.alloc(layouts.config.size);
  maps.configs.get(Buffer.alloc(4), config);
  const { any, default_action, override } = layouts.config.read(config);
  return {
    slots: slots.map((slot) => JSON.stringify(Object.entries(slot).sort())).sort(),
    paths: Object.fromEntries([...hosts, ...ranges]),
    tables: Object.fromEntries(shapes.filter(([, mask]) => mask !== 0)),
    any: any.tables.filter((table) => table !== 0),
    default_action,
    override,
  };
}

/** What an earlier helper left in that array stays until somebody leads there. */
function forgetTables(): void {
  const [key, nothing] = [Buffer.alloc(4), Buffer.alloc(4)];
  for (let table = 1; table <= 500; table++) {
    key.writeUInt32LE(table);
    programs.maps.tables.set(key, nothing);
  }
}

function wantedImage(compiled: Compiled) {
  return {
    slots: [...compiled.slots.values()].map((slot) => JSON.stringify(Object.entries(slot).sort())).sort(),
    paths: Object.fromEntries([...pathsOf(compiled)].map(([name, { tables }]) => [name, [...tables]])),
    tables: Object.fromEntries([...compiled.tables].filter(([, mask]) => mask !== 0)),
    any: [...compiled.any],
    default_action: compiled.defaultAction,
    override: { lockdown: target.action.block, pause: target.action.allow, none: 0 }[compiled.override ?? "none"],
  };
}

const named = fc.tuple(fc.constantFrom(...centres), knownNames);
const step = fc.oneof(
  { weight: 6, arbitrary: rule.map((rule) => ["add", rule] as const) },
  { weight: 3, arbitrary: fc.nat().map((at) => ["remove", at] as const) },
  { weight: 3, arbitrary: fc.nat().map((at) => ["turn", at] as const) },
  { weight: 3, arbitrary: fc.nat().map((at) => ["replace", at] as const) },
  { weight: 3, arbitrary: fc.constant(["undo"] as const) },
  { weight: 1, arbitrary: fc.array(rule, { minLength: 2, maxLength: 6 }).map((rules) => ["several", rules] as const) },
  { weight: 1, arbitrary: rule.map((rule) => ["fail", rule] as const) },
  { weight: 1, arbitrary: fc.constantFrom("work", null).map((profile) => ["profile", profile] as const) },
  { weight: 1, arbitrary: fc.constantFrom("ask", "allow", "block").map((mode) => ["mode", mode] as const) },
  { weight: 1, arbitrary: fc.constantFrom("lockdown", "pause", null).map((over) => ["override", over] as const) },
  {
    weight: 1,
    arbitrary: fc.oneof(lists, addressLists, fc.constant(noLists)).map((lists) => ["lists", lists] as const),
  },
  { weight: 1, arbitrary: fc.boolean().map((moved) => ["resolvers", moved] as const) },
  { weight: 4, arbitrary: named.map((named) => ["names", named] as const) },
);

it("is in the kernel as it is stored, after any sequence of changes", () => {
  const seen: Record<string, number> = {};
  const steps = fc.array(step, { minLength: 3, maxLength: 16 });
  fc.assert(
    fc.property(steps, fc.array(question, { minLength: 5, maxLength: 5 }), (steps, questions) => {
      const store = open();
      store.exec("DELETE FROM rules WHERE origin <> 'factory'; DELETE FROM rule_changes; UPDATE rules SET enabled = 1");
      const rules = new Rules(store, clock);
      const names = new Map<string, KnownNames>();
      let situation: Situation = { mode: "ask", override: null, profile: null };
      let current: Lists = noLists;
      forgetTables();
      const resolver = { hex: centres[1] as string, bits: 128 };
      let resolvers = [resolver];
      const destinations = new DestinationNumbers(store);
      const apps = new AppNumbers(store);
      const policy = new EnforcedPolicy({
        rules,
        apps,
        destinations,
        maps: new PolicyMaps(programs.maps, { holdTicks: 25, pidNamespace: 1 }),
        // The lists of a helper are one object, whatever they have.
        lists: {
          name: (name) => current.name(name),
          covering: (prefix) => current.covering(prefix),
          get hasNames() {
            return current.hasNames;
          },
          prefixes: () => current.prefixes(),
          addresses: () => current.addresses(),
          contents: () => current.contents(),
          titleOf: String,
        },
        named: () => names,
        contents: { isChanged: () => false, changeOf: () => null, wasChanged: () => false },
        situation: () => situation,
        zones: () => ({ loopback: loopbackPrefixes, local: localPrefixes, resolvers }),
      });
      policy.refresh();
      const pick = (at: number) => {
        const all = rules.all().filter(({ rule }) => rule.origin !== "factory");
        return all.length === 0 ? undefined : all[at % all.length]?.rule;
      };
      const check = () => {
        const stored = new Rules(store, clock).all();
        const inForce = stored
          .filter(({ rule }) => rule.enabled && (rule.profile === null || rule.profile === situation.profile))
          .map(({ rule, number }) => policyRule(rule, number) as PolicyRule)
          .sort(compareRules);
        const { mode, override } = situation;
        const zones = { loopback: loopbackPrefixes, local: localPrefixes, resolvers };
        const whole: Policy = { rules: inForce, zones, mode, override, lists: current };
        const numbers = { tableId: (name: string) => destinations.of(name), appId: (path: string) => apps.of(path) };
        const compiled = compile(whole, { ...target, ...numbers }, names);
        compiled.listed();
        expect(kernelImage(destinations.size)).toEqual(wantedImage(compiled));
        expect(rules.all()).toEqual(stored);
        for (const { addressHex, ...asked } of questions) {
          const address = formatPrefix({ hex: addressHex, bits: 128 });
          const { app, via, user, port, protocol, direction } = asked;
          const said = policy.explainFlow({ app, via, user, address, host: null, port, protocol, direction });
          const { verdict, rule } = decide(whole, { ...asked, addressHex });
          expect([said.verdict, said.rule]).toEqual([verdict, rule]);
        }
      };
      check();
      for (const [kind, given] of steps as [string, never][]) {
        seen[kind] = (seen[kind] ?? 0) + 1;
        const some = typeof given === "number" ? pick(given) : undefined;
        if (kind === "add") rules.add(newRule(given), 1);
        else if (kind === "remove" && some) rules.remove(some.id, 1);
        else if (kind === "turn" && some) rules.enable(some.id, !some.enabled, 1);
        else if (kind === "replace" && some)
          rules.add({ ...some, action: some.action === "allow" ? "block" : "allow" }, 1, undefined, some.origin);
        else if (kind === "several")
          rules.changes.record(1, () => {
            for (const rule of given as PolicyRule[]) rules.add(newRule(rule), 1);
          });
        else if (kind === "fail") {
          const fail = () => {
            rules.add(newRule(given), 1);
            rules.all();
            throw new Error("taken back");
          };
          expect(() => store.transaction(fail)()).toThrow("taken back");
        } else if (kind === "undo") {
          const newest = rules.changes.newest();
          // Another rule may have taken its place.
          if (newest !== null)
            try {
              rules.changes.undo(newest);
            } catch {}
        } else if (kind === "profile" || kind === "mode" || kind === "override")
          situation = { ...situation, [kind]: given };
        else if (kind === "lists") current = given;
        else if (kind === "resolvers") resolvers = given ? [{ hex: centres[4] as string, bits: 128 }] : [resolver];
        else if (kind === "names") {
          const [address, known] = given as readonly [string, KnownNames];
          names.set(address, known);
          policy.rename(address, known);
        }
        if (kind !== "names") policy.refresh();
        check();
      }
      situation = { mode: "ask", override: null, profile: null };
      current = noLists;
    }),
    { numRuns: 60 },
  );
  console.log(JSON.stringify(seen));
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(3);
}, 300_000);

it("says which changes live flows are judged anew for: also those that the maps do not show, and no others", () => {
  const store = open();
  const rules = new Rules(store, clock);
  const zones = { loopback: loopbackPrefixes, local: localPrefixes, resolvers: [] };
  let profile: string | null = null;
  const policy = new EnforcedPolicy({
    rules,
    apps: new AppNumbers(store),
    destinations: new DestinationNumbers(store),
    maps: new PolicyMaps(programs.maps, { holdTicks: 25, pidNamespace: 1 }),
    lists: noLists,
    named: () => [],
    contents: { isChanged: () => false, changeOf: () => null, wasChanged: () => false },
    situation: () => ({ mode: "ask", override: null, profile }),
    zones: () => zones,
  });
  policy.refresh();
  const isJudgedAnew = () => {
    const before = policy.generation;
    const changed = policy.refresh();
    expect(policy.generation !== before).toBe(changed);
    return changed;
  };
  const plain: NewRule = { ...anyMatcher, app: "/usr/bin/curl", action: "allow", note: "", lifetime: "forever" };
  const ranges = { ...plain, port: 7000, portTo: 8000 };
  rules.add(ranges, 1);
  expect(isJudgedAnew()).toBe(true);
  // All of these leave the same "the helper decides" in the maps.
  for (const more of [{ action: "block" }, { port: 7500 }, { user: 1 }, { via: "/bin/sh" }] as const) {
    rules.add({ ...ranges, ...more }, 1);
    expect(isJudgedAnew(), JSON.stringify(more)).toBe(true);
  }
  const { rule: other } = rules.add({ ...ranges, profile: "work" }, 1);
  expect(isJudgedAnew()).toBe(false);
  rules.enable(other.id, true, 1);
  expect(isJudgedAnew()).toBe(false);
  store.exec("UPDATE rules SET note = 'the same'");
  expect(isJudgedAnew()).toBe(false);
  profile = "work";
  expect(isJudgedAnew()).toBe(true);
  expect(isJudgedAnew()).toBe(false);
});
