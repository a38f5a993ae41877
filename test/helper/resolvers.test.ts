// The nameserver lines of resolv.conf.
import { describe, expect, it } from "vitest";
import { formatPrefix } from "../../helper/policy/address.ts";
import { parseResolvers, readResolvers, watchResolvers } from "../../helper/resolvers.ts";

const parsed = (text: string) => parseResolvers(text).map(formatPrefix);

describe("resolv.conf", () => {
  it("names the resolvers, in order", () => {
    const text = `# made by hand
domain example.org
search example.org
nameserver 192.0.2.53
nameserver\t2001:db8::53
  nameserver 127.0.0.53 # stub
options edns0 trust-ad
`;
    expect(parsed(text)).toEqual(["192.0.2.53", "2001:db8::53", "127.0.0.53"]);
  });

  it("may scope a link-local resolver: the address decides", () => {
    expect(parsed("nameserver fe80::1%eth0")).toEqual(["fe80::1"]);
  });

  it.each([
    ["nothing", ""],
    ["a comment", "# nameserver 192.0.2.1"],
    ["a comment of the other kind", "; nameserver 192.0.2.1"],
    ["no address", "nameserver"],
    ["a name", "nameserver dns.example.org"],
    ["a range, which would allow more than a resolver", "nameserver 0.0.0.0/0"],
    ["a half address", "nameserver 192.0.2"],
    ["another word", "nameservers 192.0.2.1"],
    ["another word before it", "options nameserver 192.0.2.1"],
  ])("names none with %s", (_, text) => {
    expect(parsed(text)).toEqual([]);
  });

  it("may be full of anything", () => {
    expect(parsed(`${"\0".repeat(100)}\nnameserver ${"9".repeat(10_000)}\nnameserver 192.0.2.1\r\n`)).toEqual([
      "192.0.2.1",
    ]);
  });

  it("of this machine is read and watched without keeping the process", () => {
    expect(readResolvers().problem).toBeNull();
    watchResolvers(() => {})();
  });

  it("that cannot be read names none, and says so", () => {
    const { resolvers, problem } = readResolvers("/proc/self/no-such-file");
    expect(resolvers).toEqual([]);
    expect(problem).toMatch(/look-ups are asked about.*ENOENT/);
  });
});
