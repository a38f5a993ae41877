// The rules that rows of the monitor suggest.
import { describe, expect, test } from "vitest";
import type { Row } from "../../contract/monitor.ts";
import { previewOf, problemsOf, ruleOf } from "../../renderer/rule-form/draft.ts";
import { suggestedBy } from "../../renderer/views/monitor/row-rule.ts";
import { aFlow, anEndpoint, firefox } from "../window/scenario.ts";

const figures = {
  connections: 3,
  live: 1,
  allow: 3,
  block: 0,
  held: 0,
  inbound: 0,
  bytesIn: 0,
  bytesOut: 0,
  rateIn: 0,
  rateOut: 0,
};
const shared = { id: "x", depth: 0, figures, history: [] };
const group = { ...shared, app: firefox, expanded: false };
const flow = (change: Parameters<typeof anEndpoint>[2], port = 443): Row => ({
  kind: "flow",
  ...shared,
  flow: aFlow("f", firefox, anEndpoint("192.0.2.7", port, change)),
  domain: change?.host ? "example.org" : null,
});

describe("a row", () => {
  test.each<[string, Row, string[], object]>([
    ["an app", { kind: "app", ...group }, ["any"], { domain: null, host: null, address: null }],
    ["a domain", { kind: "domain", ...group, domain: "example.org" }, ["domain", "any"], { domain: "example.org" }],
    [
      "a host",
      { kind: "host", ...group, domain: "example.org", host: "www.example.org", address: "192.0.2.7" },
      ["host", "domain", "any"],
      { host: "www.example.org", port: null },
    ],
    [
      "a bare address",
      { kind: "host", ...group, domain: null, host: null, address: "2001:db8::7" },
      ["host", "any"],
      { address: "2001:db8::7" },
    ],
    [
      "a connection",
      flow({ host: "www.example.org" }),
      ["endpoint", "host", "domain", "any"],
      { host: "www.example.org" },
    ],
    [
      "an echo request",
      flow({ protocol: "icmp" }, 0),
      ["endpoint", "host", "any"],
      { address: "192.0.2.7", port: null },
    ],
  ])("of %s offers what it is about, narrow to wide, and begins with all of it", (_name, row, ids, rule) => {
    const { draft, widths } = suggestedBy(row, "allow");
    expect(widths.map(({ id }) => id)).toEqual(ids);
    expect(ruleOf(draft)).toMatchObject({ app: firefox.path, action: "allow", direction: "outbound", ...rule });
    for (const { part } of widths) expect(problemsOf({ ...draft, ...part })).toEqual([]);
  });

  test("whose connections are all calls from outside is about those", () => {
    const called = suggestedBy({ kind: "app", ...group, figures: { ...figures, inbound: 3 } }, "block");
    expect([called.draft.direction, called.directions]).toEqual(["inbound", ["inbound"]]);
    const both = suggestedBy({ kind: "app", ...group, figures: { ...figures, inbound: 1 } }, "block");
    expect(both.directions).toEqual(["outbound", "inbound"]);
  });

  test("calls its app by the name that can be trusted, as long as it is that app", () => {
    const { draft, called } = suggestedBy({ kind: "app", ...group }, "allow");
    expect(previewOf(draft, called)).toMatch(/^Firefox may connect to any destination/);
    expect(previewOf({ ...draft, anyApp: true }, called)).toMatch(/^Any app may/);
    expect(previewOf(draft)).toMatch(/^firefox-esr may/);
  });
});
