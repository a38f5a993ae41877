// Rules of OpenSnitch: what they become, and what is said of what they do not.
import { describe, expect, it } from "vitest";
import { isOpenSnitchRule, readOpenSnitch } from "../../main/import/open-snitch.ts";

const simple = (operand: string, data: string, type = "simple") => ({
  type,
  operand,
  data,
  sensitive: false,
  list: null,
});
const all = (...list: object[]) => ({ type: "list", operand: "list", data: "", list });
const rule = (operator: object, more = {}) => ({
  created: "2026-01-01T00:00:00Z",
  name: "one",
  enabled: true,
  precedence: false,
  action: "allow",
  duration: "always",
  operator,
  ...more,
});
const read = (...values: unknown[]) =>
  readOpenSnitch(
    values.map((value, at) => ({ file: `${at}.json`, value })),
    "OpenSnitch",
  );
const made = (operator: object, more = {}) =>
  read(rule(operator, more)).rules.map(({ rule: { origin: _origin, source: _source, ...rest } }) => rest);

describe("a rule of OpenSnitch", () => {
  it.each<[object, object[]]>([
    [simple("true", ""), [{ action: "allow" }]],
    [simple("process.path", "/usr/bin/curl"), [{ action: "allow", app: "/usr/bin/curl" }]],
    [simple("dest.network", "192.0.2.0/24", "network"), [{ action: "allow", address: "192.0.2.0/24" }]],
    [simple("dest.port", "8000-8999", "range"), [{ action: "allow", port: 8000, portTo: 8999 }]],
    [
      all(
        simple("process.path", "/usr/bin/curl"),
        simple("dest.host", "example.org"),
        simple("dest.port", "443"),
        simple("user.id", "1000"),
        simple("protocol", "tcp"),
      ),
      [{ action: "allow", app: "/usr/bin/curl", host: "example.org", port: 443, user: 1000, protocol: "tcp" }],
    ],
    [
      all(simple("dest.ip", "^(127\\.0\\.0\\.1|::1)$", "regexp"), simple("dest.port", "^(80|443)$", "regexp")),
      [
        ["127.0.0.1", 80],
        ["127.0.0.1", 443],
        ["::1", 80],
        ["::1", 443],
      ].map(([address, port]) => ({ action: "allow", address, port })),
    ],
    ...["^(|.*\\.)example\\.org$", "^(.*\\.)?example\\.org$", "(^|\\.)Example\\.org$", "^(.*\\.|)example\\.org$"].map(
      (pattern): [object, object[]] => [
        simple("dest.host", pattern, "regexp"),
        [{ action: "allow", domain: "example.org" }],
      ],
    ),
    [
      simple("dest.network", "LAN", "network"),
      [
        { action: "allow", zone: "local" },
        { action: "allow", zone: "loopback" },
      ],
    ],
    [simple("process.path", "^/usr/bin/x$", "regexp"), [{ action: "allow", app: "/usr/bin/x" }]],
  ])("%j is carried over", (operator, expected) => {
    expect(made(operator)).toEqual(expected);
  });

  it.each<[object, object, string]>([
    [simple("true", ""), { duration: "12h" }, "temporary"],
    [simple("true", ""), { duration: "until restart" }, "temporary"],
    [simple("true", ""), { action: "log" }, "action"],
    [simple("process.command", "curl x"), {}, "process.command"],
    [simple("process.parent.path", "/usr/bin/bash"), {}, "process.parent.path"],
    [simple("process.hash.md5", "abc"), {}, "process.hash.md5"],
    [simple("iface.out", "eth0"), {}, "iface.out"],
    [simple("toString", "x"), {}, "toString"],
    [simple("lists.domains", "/etc/lists", "lists"), {}, "picket blocklists add"],
    [simple("dest.host", ".*\\.example\\.org", "regexp"), {}, "no patterns"],
    [simple("dest.host", "^.*example.org$", "regexp"), {}, "no patterns"],
    [simple("dest.port", "^80|443$", "regexp"), {}, "no patterns"],
    [simple("dest.network", "HOME", "network"), {}, "Not an address"],
    [simple("dest.host", "^(|.*\\.)example.org$", "regexp"), {}, "no patterns"],
    [simple("process.path", "^(|.*\\.)example\\.org$", "regexp"), {}, "no patterns"],
    [simple("dest.port", "http"), {}, "Not a port"],
    [simple("protocol", "udp6"), {}, "alone"],
    [simple("protocol", "udplite"), {}, "apart"],
    [all(simple("dest.ip", "192.0.2.1"), simple("dest.host", "a.test")), {}, "one destination"],
    [all(simple("dest.port", "80"), simple("dest.port", "443")), {}, "two conditions"],
    [all(), {}, "empty"],
    [simple("dest.host", "x", "new"), {}, "type new"],
  ])("%j %j is not, and why", (operator, more, why) => {
    const { rules, leftOut } = read(rule(simple("true", "")), rule(operator, { name: "two", ...more }));
    expect(rules).toHaveLength(1);
    expect(leftOut).toEqual([{ item: "two", why: expect.stringContaining(why) }]);
  });

  it("says that the local network is larger here", () => {
    expect(read(rule(simple("dest.network", "LAN", "network"))).different).toEqual([
      { item: "one", why: expect.stringContaining("multicast") },
    ]);
  });

  it("says what is not quite the same", () => {
    const tcp = all(simple("protocol", "tcp"), simple("dest.port", "22"));
    const { rules, different } = read(
      rule(tcp, { action: "deny", precedence: true, enabled: false, description: "why" }),
    );
    expect(rules[0]?.rule).toMatchObject({ action: "block", enabled: false, note: "why", origin: "import" });
    expect(different.map(({ why }) => why)).toEqual([
      expect.stringContaining("priority"),
      expect.stringContaining("refuses at once"),
      expect.stringContaining("Disabled"),
      expect.stringContaining("IPv6"),
    ]);
    expect(read(rule(all(simple("protocol", "tcp"), simple("dest.ip", "192.0.2.1")))).different).toEqual([]);
  });

  it("is told from other files", () => {
    expect([isOpenSnitchRule(rule({})), isOpenSnitchRule({}), isOpenSnitchRule(null)]).toEqual([true, false, false]);
    expect(read(undefined).leftOut).toEqual([{ item: "0.json", why: "It is no rule of OpenSnitch." }]);
  });
});
