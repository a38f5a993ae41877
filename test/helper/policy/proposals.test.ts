// What was seen while learning becomes proposals of rules.
import { describe, expect, it } from "vitest";
import type { App, Endpoint } from "../../../contract/words.ts";
import { proposalsOf, ruleOf, type Seen, sightingOf } from "../../../helper/policy/proposals.ts";

const app = (path: string): App => ({ name: path, path, verified: false, icon: null, via: null });
const endpoint = (change: Partial<Endpoint> = {}): Endpoint => ({
  host: null,
  address: "192.0.2.1",
  port: 443,
  protocol: "tcp",
  ...change,
});
const named = (...names: [name: string, trusted: boolean][]) =>
  endpoint({ names: names.map(([name, trusted]) => ({ name, trusted, source: "query" })) });
const sees = (flow: Partial<Parameters<typeof sightingOf>[0]>) =>
  sightingOf({ app: app("/usr/bin/curl"), direction: "outbound", endpoint: endpoint(), ...flow });

describe("a flow is seen", () => {
  const address = {
    app: "/usr/bin/curl",
    direction: "outbound",
    domain: "",
    address: "192.0.2.1",
    port: 443,
    protocol: "tcp",
  };
  const domain = { ...address, domain: "example.org", address: "", port: 0, protocol: "" };
  const port = { ...address, direction: "inbound", address: "" };

  it.each([
    ["by its address and port where it has no name", {}, address],
    [
      "by the domain of its trusted names",
      { endpoint: named(["a.example.org", true], ["b.example.org", true]) },
      domain,
    ],
    [
      "by its address where its names disagree",
      { endpoint: named(["example.org", true], ["example.com", true]) },
      address,
    ],
    ["by its address where only the app says the name", { endpoint: named(["example.org", false]) }, address],
    ["by the app's own port where somebody called", { direction: "inbound" as const }, port],
    ["not at all where nobody knows the app", { app: app("[python3]") }, null],
  ])("%s", (_, flow, expected) => {
    expect(sees(flow)).toEqual(expected);
  });
});

const seen = (change: Partial<Seen> = {}): Seen => ({
  app: "/usr/bin/curl",
  direction: "outbound",
  domain: "",
  address: "192.0.2.1",
  port: 443,
  protocol: "tcp",
  count: 1,
  last: 1_800_000_000_000,
  ...change,
});
const propose = (rows: Seen[]) => proposalsOf(rows, JSON.stringify).map(({ proposal }) => proposal);
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => seen({ address: `192.0.2.${at}`, count: at + 1 }));

describe("proposals", () => {
  it("are one for each place, the most seen first", () => {
    const found = propose([seen(), seen({ domain: "example.org", address: "", port: 0, protocol: "", count: 5 })]);
    expect(found).toMatchObject([
      { domain: "example.org", address: null, port: null, protocol: null, count: 5, endpoints: 1 },
      { domain: null, address: "192.0.2.1", port: 443, protocol: "tcp", count: 1 },
    ]);
  });

  it("are one for all of an app's places when they are too many, and only of that app and direction", () => {
    expect(propose(many(16))).toHaveLength(16);
    const found = propose([...many(17), seen({ app: "/usr/bin/wget" }), seen({ direction: "inbound", address: "" })]);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatchObject({
      app: "/usr/bin/curl",
      direction: "outbound",
      domain: null,
      address: null,
      port: null,
    });
    expect(found[0]).toMatchObject({ protocol: null, count: 153, endpoints: 17 });
  });

  it("are one for all where an app went to more places than were kept apart", () => {
    const found = propose([seen(), seen({ address: "", port: 0, protocol: "", count: 9 })]);
    expect(found).toMatchObject([{ address: null, port: null, count: 10, endpoints: 2 }]);
  });

  it("keep their id while counts grow", () => {
    const [before] = propose([seen()]);
    const [after] = propose([seen({ count: 9, last: 1_900_000_000_000 })]);
    expect(after?.id).toBe(before?.id);
  });

  it("become rules that say where they come from", () => {
    const [proposal] = propose([seen({ port: 0, protocol: "icmp" })]);
    if (proposal === undefined) throw new Error("none");
    expect(ruleOf(proposal)).toEqual({
      app: "/usr/bin/curl",
      action: "allow",
      direction: "outbound",
      domain: null,
      address: "192.0.2.1",
      port: null,
      protocol: "icmp",
      note: "Seen once while learning.",
    });
  });
});
