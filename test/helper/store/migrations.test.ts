// What each migration does to a database that is in use.
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { migrate, readMigrations } from "../../../helper/store/database.ts";
import { PromptRows } from "../../../helper/store/prompts.ts";
import { anyMatcher, Rules } from "../../../helper/store/rules.ts";
import { clock } from "./temporary.ts";

const own = readMigrations(join(import.meta.dirname, "../../../helper/store/migrations"));

/** A database as the version left it. */
function at(version: number): Database.Database {
  const store = new Database(":memory:");
  store.pragma("foreign_keys = ON");
  migrate(store, own.slice(0, version));
  return store;
}

describe("migration 16", () => {
  it("leaves asking for an address to the local network, and enabled or not as it was", () => {
    const store = at(15);
    store.exec("UPDATE rules SET enabled = 0 WHERE name = 'factory:dhcp6'");
    migrate(store, own);
    const rules = new Rules(store, clock).all().map(({ rule }) => [rule.id, rule.zone, rule.enabled]);
    expect(rules.filter(([id]) => String(id).startsWith("factory:dhcp"))).toEqual([
      ["factory:dhcp", "local", true],
      ["factory:dhcp6", "local", false],
    ]);
  });
});

describe("migration 2", () => {
  it("keeps rules with their numbers, and gives them the direction they were about", () => {
    const store = at(1);
    store.exec(`INSERT INTO rules (number, app, action, address, lifetime, enabled, origin, note, created) VALUES
      (10, '/usr/bin/curl', 'block', '192.0.2.1', 'forever', 0, 'person', 'why', 5), (12, NULL, 'allow', NULL, 'forever', 1, 'person', '', 6);
      DELETE FROM rules WHERE number = 12`);
    migrate(store, own);
    const rules = new Rules(store, clock).all();
    const told = rules.filter(({ rule }) => !rule.id.startsWith("factory:dhcp"));
    expect(told.map(({ number, rule }) => [number, rule.direction])).toEqual([
      [1, "both"],
      [2, "outbound"],
      [3, "outbound"],
      [10, "outbound"],
    ]);
    expect(told[3]?.rule).toMatchObject({ app: "/usr/bin/curl", action: "block", enabled: false, note: "why" });
    // The number of the removed rule stays used.
    const { number } = new Rules(store, clock).add(
      { ...anyMatcher, action: "allow", port: 1, direction: "outbound", lifetime: "forever", note: "" },
      7,
    );
    expect(number).toBeGreaterThan(12);
    expect(new Set(rules.map((each) => each.number)).has(12)).toBe(false);
  });

  it("keeps open questions: they were about outbound flows", () => {
    const store = at(1);
    store.exec(`INSERT INTO prompts (app, process, attempts, opened) VALUES ('{}', '{}', 1, 5);
      INSERT INTO prompt_endpoints VALUES (1, 0, NULL, '192.0.2.1', 443, 'tcp')`);
    migrate(store, own);
    expect(new PromptRows(store).all()).toMatchObject([{ direction: "outbound", endpoints: [{ port: 443 }] }]);
  });
});
