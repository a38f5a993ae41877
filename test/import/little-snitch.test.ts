// Rule groups of Little Snitch: what they become, and what is said of what they do not.
import { describe, expect, it } from "vitest";
import { isRuleGroup, readRuleGroup } from "../../main/import/little-snitch.ts";

const curl = { action: "allow", process: "/usr/bin/curl" };
const read = (...rules: object[]) => readRuleGroup({ name: "Work", rules }, "work.lsrules");
const made = (...rules: object[]) =>
  read(...rules).rules.map(({ rule: { origin: _origin, source: _source, ...rest } }) => rest);

describe("a rule of Little Snitch", () => {
  it("becomes an import of its group", () => {
    const { source, rules, leftOut, different } = read({ ...curl, "remote-hosts": "example.org", notes: "why" });
    expect({ source, leftOut, different }).toEqual({ source: "Little Snitch: Work", leftOut: [], different: [] });
    expect(rules).toEqual([
      {
        item: "rules.0 /usr/bin/curl why",
        rule: { action: "allow", app: "/usr/bin/curl", host: "example.org", origin: "import", source, note: "why" },
      },
    ]);
  });

  it.each<[object, object[]]>([
    [
      { action: "deny", process: "any", "remote-domains": ["a.test", "b.test"] },
      [
        { action: "block", domain: "a.test" },
        { action: "block", domain: "b.test" },
      ],
    ],
    [
      { ...curl, remote: "any", direction: "incoming", protocol: "TCP", ports: "8000-8999" },
      [{ ...allow(), direction: "inbound", protocol: "tcp", port: 8000, portTo: 8999 }],
    ],
    [
      { ...curl, remote: "local-net", ports: "53", protocol: 17 },
      [{ ...allow(), zone: "local", port: 53, protocol: "udp" }],
    ],
    [{ ...curl, remote: "dns-servers", disabled: true }, [{ ...allow(), zone: "resolvers", enabled: false }]],
    [
      { ...curl, remote: "multicast" },
      [
        { ...allow(), address: "224.0.0.0/4" },
        { ...allow(), address: "ff00::/8" },
      ],
    ],
    [
      { ...curl, "remote-addresses": "192.0.2.1, 198.51.100.0/24" },
      [
        { ...allow(), address: "192.0.2.1" },
        { ...allow(), address: "198.51.100.0/24" },
      ],
    ],
    [
      { ...curl, "remote-addresses": "192.0.2.1-192.0.2.6" },
      ["1/32", "2/31", "4/31", "6/32"].map((end) => ({ ...allow(), address: `192.0.2.${end}` })),
    ],
    [{ ...curl, "remote-addresses": "2001:db8::-2001:db8::ffff" }, [{ ...allow(), address: "2001:db8::/112" }]],
    [
      { ...curl, via: "/usr/bin/bash", remote: "any", ports: "80, 443" },
      [80, 443].map((port) => ({ ...allow(), via: "/usr/bin/bash", port })),
    ],
  ])("%j is carried over", (rule, expected) => {
    expect(made(rule)).toEqual(expected);
  });

  it.each<[object, string]>([
    [{ ...curl, action: "warn", remote: "any" }, "neither allow"],
    [{ ...curl }, "where to"],
    [{ ...curl, remote: "any", "remote-hosts": "a.test" }, "where to"],
    [{ ...curl, remote: "bonjour" }, "bonjour"],
    [{ ...curl, remote: "bpf" }, "bpf"],
    [{ ...curl, remote: "toString" }, "toString"],
    [{ ...curl, "remote-addresses": "somewhere" }, "Not an address"],
    [{ ...curl, "remote-addresses": "192.0.2.9-192.0.2.1" }, "Not an address"],
    [{ ...curl, remote: "any", ports: "0" }, "Not a port"],
    [{ ...curl, remote: "any", ports: "90-80" }, "Not a port"],
    [{ ...curl, remote: "any", protocol: "gre" }, "gre"],
    [{ ...curl, remote: "any", direction: "sideways" }, "sideways"],
    [{ ...curl, remote: "any", owner: "me" }, "one user"],
    [{ ...curl, remote: "any", future: 1 }, "future"],
    [{ ...curl, process: "/Applications/Mail.app/Contents/MacOS/Mail", remote: "any" }, "macOS"],
    [{ ...curl, process: "identifier:TEAM.app", remote: "any" }, "no path"],
    [{ ...curl, process: "any", via: "/usr/bin/bash", remote: "any" }, "by way of"],
  ])("%j is not, and why", (rule, why) => {
    const { rules, leftOut } = read({ ...curl, remote: "any" }, rule);
    expect(rules).toHaveLength(1);
    expect(leftOut).toEqual([{ item: expect.stringContaining("rules.1"), why: expect.stringContaining(why) }]);
  });

  it("with a priority is, and that is said", () => {
    expect(read({ ...curl, remote: "any", priority: "high" })).toMatchObject({
      rules: [{}],
      different: [{ why: expect.stringContaining("priority") }],
    });
  });
});

describe("denied remotes", () => {
  it("become rules for any app, with their notes", () => {
    const group = {
      "denied-remote-domains": ["ads.test"],
      "denied-remote-addresses": ["192.0.2.7"],
      "denied-remote-notes": "no %REMOTE%",
    };
    expect(isRuleGroup(group)).toBe(true);
    const { source, rules } = readRuleGroup(group, "x.lsrules");
    expect(source).toBe("Little Snitch: x.lsrules");
    expect(rules.map(({ rule }) => rule)).toEqual([
      { action: "block", domain: "ads.test", origin: "import", source, note: "no ads.test" },
      { action: "block", address: "192.0.2.7", origin: "import", source, note: "no 192.0.2.7" },
    ]);
  });

  it("that are very many are a blocklist", () => {
    const many = Array.from({ length: 5000 }, (_, at) => `ad${at}.test`);
    const { rules, leftOut } = readRuleGroup({ "denied-remote-hosts": many }, "x");
    expect(rules).toEqual([]);
    expect(leftOut).toEqual([{ item: "denied-remote-hosts", why: expect.stringContaining("picket blocklists add") }]);
  });
});

function allow() {
  return { action: "allow", app: "/usr/bin/curl" };
}
