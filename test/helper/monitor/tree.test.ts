// Flows grouped by app, domain and host: whatever order things come in, every group says the sum of what is in it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Figures } from "../../../contract/monitor.ts";
import type { Flow } from "../../../contract/words.ts";
import { type Meter, Meters } from "../../../helper/monitor/meters.ts";
import { entriesOf, figuresOf, type Group, noFigures, Tree } from "../../../helper/monitor/tree.ts";
import { aFlow, appAt } from "./flows.ts";

const still: Meter = { rateIn: 0, rateOut: 0, history: null, countedIn: 0, countedOut: 0, tick: 0 };

function sumOf(figures: readonly Figures[]): Figures {
  const sum = { ...noFigures };
  for (const each of figures) for (const name of Object.keys(sum) as (keyof Figures)[]) sum[name] += each[name];
  return sum;
}

function groupsOf(group: Group): Group[] {
  return [group, ...[...group.groups.values()].flatMap(groupsOf)];
}

const names = (group: Group): unknown =>
  group.kind === "host"
    ? group.entries.size
    : Object.fromEntries([...group.groups.values()].map((each) => [labelOf(each), names(each)]));
const labelOf = ({ kind, app, host, domain, endpoint }: Group) =>
  kind === "app" ? app?.path : kind === "domain" ? domain : (host ?? endpoint?.address);

describe("a tree of flows", () => {
  it("has apps, their registrable domains, hosts; a remote without a name stands below its app", () => {
    const tree = new Tree();
    for (const flow of [
      aFlow("1", { host: "www.example.co.uk" }),
      aFlow("2", { host: "api.example.co.uk" }),
      aFlow("3", { host: "example.co.uk" }),
      aFlow("4", { host: "alice.github.io" }),
      aFlow("5", { address: "192.0.2.9" }),
      aFlow("6", { address: "192.0.2.9", app: appAt("/usr/bin/wget") }),
    ])
      tree.put(flow, still);
    expect(names(tree.root)).toEqual({
      "/usr/bin/curl": {
        "example.co.uk": { "www.example.co.uk": 1, "api.example.co.uk": 1, "example.co.uk": 1 },
        "alice.github.io": { "alice.github.io": 1 },
        "192.0.2.9": 1,
      },
      "/usr/bin/wget": { "192.0.2.9": 1 },
    });
  });

  it("moves a flow whose name became known, and keeps its app", () => {
    const tree = new Tree();
    tree.put(aFlow("1", { address: "192.0.2.9" }), still);
    const app = [...tree.root.groups.values()][0];
    tree.put(aFlow("1", { address: "192.0.2.9", host: "www.example.org" }), still);
    expect(names(tree.root)).toEqual({ "/usr/bin/curl": { "example.org": { "www.example.org": 1 } } });
    expect([...tree.root.groups.values()][0]?.id).toBe(app?.id);
    expect(tree.below(app?.id ?? "").map(({ flow }) => flow.id)).toEqual(["1"]);
  });

  it("gives a place the same id in every tree, and no two places one", () => {
    const [one, other] = [new Tree(), new Tree()];
    for (const tree of [one, other]) {
      tree.put(aFlow("1", { host: "example.org" }), still);
      tree.put(aFlow("2", { address: "192.0.2.1", app: appAt("/usr/bin/wget") }), still);
    }
    const ids = groupsOf(one.root).map(({ id }) => id);
    expect(groupsOf(other.root).map(({ id }) => id)).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("says of every group the sum of its flows, after any changes, and keeps no empty group", () => {
    const flow = fc
      .record({
        id: fc.integer({ min: 1, max: 12 }).map(String),
        path: fc.constantFrom("/a", "/b"),
        host: fc.constantFrom(null, "www.example.org", "example.org", "other.test"),
        address: fc.constantFrom("192.0.2.1", "192.0.2.2"),
        verdict: fc.constantFrom("allow" as const, "block" as const, "held" as const),
        direction: fc.constantFrom("inbound" as const, "outbound" as const),
        live: fc.boolean(),
        bytesIn: fc.nat(1000),
        bytesOut: fc.nat(1000),
        rateIn: fc.nat(1000),
      })
      .map(({ path, host, address, rateIn, id, ...rest }) => ({
        flow: aFlow(id, { host, address, app: appAt(path) }, rest),
        meter: { ...still, rateIn },
      }));
    const change = fc.oneof(
      { weight: 3, arbitrary: flow },
      fc.integer({ min: 1, max: 12 }).map((id) => String(id)),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const tree = new Tree();
        const model = new Map<string, { flow: Flow; meter: Meter }>();
        for (const each of changes) {
          if (typeof each === "string") {
            tree.remove(each);
            model.delete(each);
          } else {
            // The meter is the flow's own for as long as there is one.
            const meter = model.get(each.flow.id)?.meter ?? each.meter;
            tree.put(each.flow, meter);
            model.set(each.flow.id, { flow: each.flow, meter });
          }
        }
        const all = [...model.values()].map(({ flow, meter }) => figuresOf(flow, meter));
        expect(tree.root.figures).toEqual(sumOf(all));
        for (const group of groupsOf(tree.root)) {
          const entries = [...entriesOf(group)];
          expect(group.figures).toEqual(sumOf(entries.map(({ figures }) => figures)));
          if (group.kind !== "all") expect(entries.length).toBeGreaterThan(0);
        }
        expect([...entriesOf(tree.root)].map(({ flow }) => flow.id).sort()).toEqual([...model.keys()].sort());
      }),
      { numRuns: 300 },
    );
  });
});

describe("a meter", () => {
  it("says bytes a second since the last look, and half a minute of them", () => {
    const meters = new Meters();
    const flow = aFlow("1");
    meters.of(flow);
    expect([...meters.sample([{ ...flow, bytesIn: 3000, bytesOut: 1000 }], 2)]).toEqual(["1"]);
    const meter = meters.of(flow);
    expect([meter.rateIn, meter.rateOut]).toEqual([1500, 500]);
    expect(meters.historyOf([meter]).at(-1)).toBe(2000);
    expect([...meters.sample([], 1)]).toEqual(["1"]);
    expect([meter.rateIn, meter.rateOut]).toEqual([0, 0]);
    expect(meters.historyOf([meter]).slice(-2)).toEqual([2000, 0]);
    for (let second = 0; second < 28; second++) meters.sample([], 1);
    expect(meters.historyOf([meter])[0]).toBe(2000);
    meters.sample([], 1);
    expect(meters.historyOf([meter])).toEqual([]);
    expect(meters.sample([], 1).size).toBe(0);
  });

  it("takes what a flow had transferred before anybody looked for no speed", () => {
    const meters = new Meters();
    const flow = aFlow("1", {}, { bytesIn: 1_000_000 });
    meters.of(flow, true);
    expect(meters.sample([{ ...flow, bytesIn: 1_000_500 }], 1).size).toBe(1);
    expect(meters.of(flow).rateIn).toBe(500);
  });

  it("adds the histories of several flows up, however old they are", () => {
    const meters = new Meters();
    const [a, b] = [aFlow("1"), aFlow("2")];
    meters.sample([{ ...a, bytesIn: 10 }], 1);
    meters.sample(
      [
        { ...a, bytesIn: 30 },
        { ...b, bytesIn: 5 },
      ],
      1,
    );
    expect(meters.historyOf([meters.of(a), meters.of(b)]).slice(-2)).toEqual([10, 25]);
  });
});
