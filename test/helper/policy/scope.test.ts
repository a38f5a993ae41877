// What an answer is about.
import { describe, expect, it } from "vitest";
import { shownOf } from "../../../contract/questions.ts";
import type { Endpoint } from "../../../contract/words.ts";
import { commonDomain, meansMore, scopeMatchers } from "../../../helper/policy/scope.ts";

const endpoint = (name: string, address: string): Endpoint => ({
  host: name,
  address,
  port: 443,
  protocol: "tcp",
  names: [{ name, source: "query", trusted: true }],
});
const nothing = { address: null, host: null, domain: null };

describe("an answer about a name of the internet", () => {
  it("is for the name where it leads to the internet", () => {
    const there = [endpoint("www.example.org", "198.51.100.1")];
    expect(commonDomain(there)).toBe("example.org");
    expect(scopeMatchers(there, "domain")).toMatchObject([{ ...nothing, domain: "example.org" }]);
    expect(scopeMatchers(there, "endpoint")).toMatchObject([{ ...nothing, host: "www.example.org", port: 443 }]);
  });

  it("is for the address where it leads into the local network", () => {
    const here = [endpoint("www.example.org", "192.168.1.1")];
    expect(commonDomain(here)).toBe(null);
    expect(scopeMatchers(here, "endpoint")).toMatchObject([{ ...nothing, address: "192.168.1.1", port: 443 }]);
    for (const scope of ["host", "domain"] as const)
      expect(() => scopeMatchers(here, scope)).toThrow(expect.objectContaining({ code: "name_unknown" }));
  });

  it("is for the name where that is the local network's", () => {
    const home = [endpoint("music.nas.lan", "192.168.1.1")];
    expect(scopeMatchers(home, "domain")).toMatchObject([{ ...nothing, domain: "nas.lan" }]);
  });
});

describe("an answer means more than what was shown", () => {
  const shown = shownOf([endpoint("www.example.org", "198.51.100.1")]);
  it.each([
    ["nothing joined", "endpoint", ["www.example.org", "198.51.100.1"], false],
    ["another address of the same host", "endpoint", ["www.example.org", "198.51.100.2"], false],
    ["another host", "endpoint", ["api.example.org", "198.51.100.2"], true],
    ["another host", "host", ["api.example.org", "198.51.100.2"], true],
    ["another host of the domain that is answered for", "domain", ["api.example.org", "198.51.100.2"], false],
    ["another domain", "domain", ["www.example.com", "198.51.100.2"], true],
    ["whatever it is, of an answer for all", "any", ["www.example.com", "198.51.100.2"], false],
  ] as const)("%s, %s", (_, scope, [name, address], more) => {
    const endpoints = [endpoint("www.example.org", "198.51.100.1"), endpoint(name, address)];
    expect(meansMore(endpoints, shown, scope)).toBe(more);
  });

  it("not where what was shown is gone", () => {
    const both = shownOf([endpoint("a.example.org", "198.51.100.1"), endpoint("b.example.org", "198.51.100.2")]);
    expect(meansMore([endpoint("a.example.org", "198.51.100.1")], both, "endpoint")).toBe(false);
  });

  it("another port or protocol", () => {
    const [one] = [endpoint("www.example.org", "198.51.100.1")];
    expect(meansMore([one, { ...one, protocol: "udp" }], shown, "endpoint")).toBe(true);
    expect(meansMore([one, { ...one, port: 22 }], shown, "endpoint")).toBe(true);
  });
});
