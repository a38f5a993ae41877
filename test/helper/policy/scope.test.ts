// What an answer is about.
import { describe, expect, it } from "vitest";
import type { Endpoint } from "../../../contract/words.ts";
import { commonDomain, scopeMatchers } from "../../../helper/policy/scope.ts";

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
