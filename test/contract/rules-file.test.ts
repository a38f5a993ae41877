// Files of rules: what is written, what is refused and where, and that the shipped schema is this one's.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rulesSchemaText, schemaFile } from "../../build/rules-schema.ts";
import { fileRule, parseRulesFile, rulesFile } from "../../contract/rules-file.ts";
import type { Rule } from "../../contract/words.ts";
import { rule } from "../cli/samples.ts";

const factory: Rule = { ...rule, id: "factory:dhcp", origin: "factory", enabled: false };
const { address: _, ...nowhere } = { ...rule, address: null };
const host: Rule = { ...nowhere, address: null, id: "7", host: "example.org", port: 8000, portTo: 8999, note: "why" };
const imported: Rule = { ...rule, id: "9", origin: "import", source: "OpenSnitch", enabled: false, direction: "both" };
const temporary: Rule = { ...rule, id: "11", lifetime: "1h" };

function file(rules: unknown, more = {}): string {
  return JSON.stringify({ format: "picket rules", version: 1, rules, ...more });
}

describe("a file of rules", () => {
  it("has what is permanent, without what goes without saying, and no numbers of this machine", () => {
    expect(rulesFile([host, temporary, factory, imported, rule])).toEqual({
      format: "picket rules",
      version: 1,
      factory: { "factory:dhcp": false },
      rules: [
        {
          action: "block",
          app: "/usr/bin/curl",
          address: "198.51.100.0/24",
          port: 443,
          protocol: "tcp",
          direction: "both",
          enabled: false,
          origin: "import",
          source: "OpenSnitch",
        },
        { action: "block", app: "/usr/bin/curl", address: "198.51.100.0/24", port: 443, protocol: "tcp" },
        {
          action: "block",
          app: "/usr/bin/curl",
          host: "example.org",
          port: 8000,
          portTo: 8999,
          protocol: "tcp",
          note: "why",
        },
      ].sort((a, b) => (a.host ? 1 : b.host ? -1 : 0)),
    });
  });

  it("is the same whatever the order, and reads back as it was", () => {
    const [one, other] = [
      [host, factory, imported, rule],
      [rule, imported, factory, host],
    ].map((rules) => JSON.stringify(rulesFile(rules)));
    expect(one).toBe(other);
    expect(parseRulesFile(one ?? "")).toEqual(rulesFile([host, factory, imported, rule]));
    expect(fileRule(host)).not.toHaveProperty("enabled");
  });

  it.each([
    ["not JSON", "not JSON"],
    ["[]", "format"],
    ["3", "the whole"],
    ['{"format":"picket rules","version":2,"rules":"new"}', "version 2"],
    [file([{ action: "allow" }, { action: "perhaps" }]), "rules.1.action"],
    [file([{ action: "allow", app: "curl" }]), "rules.0.app: not an absolute path"],
    [file([{ action: "allow", ports: 1 }]), "rules.0.ports"],
    [file([{ action: "allow", port: 70_000 }]), "rules.0.port"],
    [file([], { factory: { "factory:dhcp": "no" } }), "factory.factory:dhcp"],
    [file([], { policy: 1 }), "policy"],
  ])("%s is refused with its place", (content, place) => {
    expect(() => parseRulesFile(content)).toThrow(
      expect.objectContaining({ code: "bad_rules_file", message: expect.stringContaining(place) }),
    );
  });

  it("is described by docs/rules.schema.json (node build/rules-schema.ts writes it)", () => {
    expect(readFileSync(schemaFile, "utf8")).toBe(rulesSchemaText());
  });
});
