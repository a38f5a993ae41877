// What the form of a rule makes of its fields.
import { describe, expect, test } from "vitest";
import {
  type Draft,
  draftOf,
  emptyDraft,
  previewOf,
  problemsOf,
  ruleOf,
  titleOf,
} from "../../renderer/rule-form/draft.ts";
import { aRule } from "../window/scenario.ts";

const draft = (change: Partial<Draft>): Draft => ({ ...emptyDraft, app: "/usr/bin/curl", ...change });

describe("a draft", () => {
  test("of a rule becomes that rule again, whatever it is about", () => {
    const rules = [
      aRule("r1", { note: "two\nlines", user: 1000, via: "/usr/bin/make", profile: "work", lifetime: "3h" }),
      aRule("r2", { address: null, host: "www.example.org", port: 8000, portTo: 8100, action: "block" }),
      aRule("r3", { address: null, domain: "example.org", port: null, protocol: "icmp", direction: "both" }),
      aRule("r4", { app: null, address: null, zone: "internet", port: null, protocol: null, direction: "inbound" }),
    ];
    for (const rule of rules) {
      const { id: _id, created: _created, expires: _expires, enabled: _enabled, origin: _origin, ...rest } = rule;
      expect(ruleOf(draftOf(rule))).toEqual(rest);
    }
  });

  test.each<[string, Partial<Draft>, string[]]>([
    ["no app", { app: "" }, ["app"]],
    ["an app that is no path", { app: "curl" }, ["app"]],
    ["any app", { app: "", anyApp: true, via: "left over" }, []],
    ["another app that is no path", { via: "make" }, ["via"]],
    ["a domain without a name", { place: "domain" }, ["name"]],
    ["a name that nobody asks for", { place: "zone", name: "" }, []],
    ["a port that is none", { port: "http" }, ["port"]],
    ["port 0, which is none to talk to", { port: "0" }, ["port"]],
    ["a range from 0", { port: "0-80" }, ["port"]],
    ["a port too high", { port: "65536" }, ["port"]],
    ["a range that ends before it begins", { port: "90-80" }, ["port"]],
    ["a range", { port: "80 – 90" }, []],
  ])("with %s tells what is missing", (_name, change, problems) => {
    expect(problemsOf(draft(change))).toEqual(problems);
  });

  test("says in a sentence what saving it would mean", () => {
    const rule = draft({ place: "domain", name: "example.org", port: "443", lifetime: "1h" });
    expect(previewOf(rule)).toBe(
      "curl may connect to any host of example.org, port 443, for 1 hour. Blocklists still apply.",
    );
    expect(previewOf(draft({ action: "block", anyApp: true }))).toBe(
      "Any app may not connect to any destination, from now on. Narrower rules still come first. Live connections that it blocks end at once.",
    );
    expect(previewOf(draft({ app: "", place: "host" }))).toContain("… may connect to …");
  });

  test("is called by what it does, where and for whom, as far as that has a name", () => {
    const host = draft({ place: "host", name: "www.example.org", action: "block" });
    expect(titleOf(host, "Curl")).toBe("Block www.example.org for Curl");
    expect(titleOf(host, null)).toBe("Block www.example.org for curl");
    expect(titleOf(draft({ place: "domain", name: "a\u202eb" }), "Curl")).toBe("Allow a\ufffdb for Curl");
    for (const place of ["any", "zone", "host"] as const)
      expect(titleOf(draft({ place, action: "ask" }), "Curl")).toBe("Ask about Curl with a rule");
    expect(titleOf(draft({ anyApp: true }), "Curl")).toBe("New rule");
  });
});
