// Files of rules against a real database: what is added, changed and removed, in one change, all or nothing.
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { backupSchema } from "../../contract/backup.ts";
import type { FileRule } from "../../contract/rules-file.ts";
import { rulesFile, rulesInFile } from "../../contract/rules-file.ts";
import { maxReplyBytes } from "../../contract/wire.ts";
import { RulesFiles } from "../../helper/rules-file.ts";
import { anyMatcher, type NewRule, Rules } from "../../helper/store/rules.ts";
import { clock, temporaryStore } from "./store/temporary.ts";

const { open } = temporaryStore();
const curl: NewRule = {
  ...anyMatcher,
  app: "/usr/bin/curl",
  direction: "outbound",
  action: "allow",
  lifetime: "forever",
  note: "",
};
const nothing = { source: null, factory: {}, dryRun: false } as const;

const clientOf = (uid: number) => ({ peer: { uid } });

function start() {
  const store = open();
  const rules = new Rules(store, clock);
  let changes = 0;
  const files = new RulesFiles({ store, rules, policyChanged: () => void changes++ });
  const client = clientOf(0);
  const stage = (given: FileRule[], first = true) => files.stage(client, { first, rules: given });
  const apply = (asked: Partial<Parameters<RulesFiles["apply"]>[1]> = {}) =>
    files.apply(client, { ...nothing, ...asked });
  const file = () => rulesFile(rules.all().map(({ rule }) => rule));
  return { store, rules, files, stage, apply, file, changes: () => changes };
}

describe("a file", () => {
  it("makes the rules what it says, in one change that can be taken back", () => {
    const { rules, stage, apply, file, changes } = start();
    const kept = rules.add({ ...curl, host: "kept.test" }, 1);
    const turned = rules.add({ ...curl, host: "turned.test" }, 2);
    const noted = rules.add({ ...curl, host: "noted.test" }, 3);
    const gone = rules.add({ ...curl, host: "gone.test" }, 4);
    const brief = rules.add({ ...curl, host: "brief.test", lifetime: "restart" }, 5);
    const before = rules.all();
    const wanted: FileRule[] = [
      { action: "allow", app: "/usr/bin/curl", host: "kept.test" },
      { action: "block", app: "/usr/bin/curl", host: "Turned.Test." },
      { action: "allow", app: "/usr/bin/curl", host: "noted.test", note: "why", enabled: false },
      { action: "ask", domain: "new.test", port: 80, portTo: 90, direction: "both" },
    ];
    expect(stage(wanted)).toEqual({ staged: 4, problems: [] });
    const would = apply({ dryRun: true, factory: { "factory:dhcp": false } });
    expect(would).toEqual({
      added: [3],
      changed: [
        { at: 1, id: turned.rule.id },
        { at: 2, id: noted.rule.id },
      ],
      removed: [gone.rule.id],
      factory: [{ id: "factory:dhcp", enabled: false }],
      change: null,
    });
    expect(rules.all()).toEqual(before);
    expect(changes()).toBe(0);
    const done = apply({ factory: { "factory:dhcp": false } });
    expect(done).toEqual({ ...would, change: expect.any(Number) });
    expect(changes()).toBe(1);
    expect(file()).toMatchObject({ factory: { "factory:dhcp": false, "factory:loopback": true } });
    expect(file().rules).toHaveLength(4);
    const now = new Map(rules.all().map(({ number, rule }) => [rule.host ?? rule.domain, number]));
    expect([now.get("kept.test"), now.get("noted.test"), now.get("brief.test")]).toEqual([
      kept.number,
      noted.number,
      brief.number,
    ]);
    expect(now.get("turned.test")).toBeGreaterThan(brief.number);
    rules.changes.undo(done.change as number);
    expect(rules.all()).toEqual(before);
  });

  it("that was exported changes nothing", () => {
    const { rules, stage, apply, file } = start();
    rules.add({ ...curl, host: "a.test", note: "x" }, 1);
    rules.enable(rules.add({ ...curl, address: "192.0.2.0/24", port: 5, portTo: 9 }, 2).rule.id, false, 3);
    rules.enable("factory:dhcp6", false, 4);
    const exported = file();
    stage(exported.rules);
    expect(apply({ factory: exported.factory })).toEqual({
      added: [],
      changed: [],
      removed: [],
      factory: [],
      change: null,
    });
    // And on a machine that has none of it, makes it all.
    stage([]);
    apply();
    expect(file().rules).toEqual([]);
    expect(file().factory["factory:dhcp6"]).toBe(true);
    stage(exported.rules);
    apply({ factory: exported.factory });
    expect(file()).toEqual(exported);
  });

  it("says of each rule that cannot be, which and why", () => {
    const { stage } = start();
    stage([{ action: "allow" }, { action: "block", host: "a.test" }]);
    const { staged, problems } = stage(
      [
        { action: "allow", host: "a.test", domain: "b.test" },
        { action: "allow", address: "nowhere" },
        { action: "allow", host: "..." },
        { action: "allow", host: "A.test" },
        { action: "allow", app: "/usr/bin/python3" },
        { action: "allow", source: "x" },
        { action: "allow", port: 9, portTo: 3 },
        { action: "allow", host: "fine.test" },
      ],
      false,
    );
    expect(staged).toBe(10);
    expect(problems.map(({ at, code }) => `${at} ${code}`)).toEqual([
      "2 bad_matcher",
      "3 bad_address",
      "4 bad_name",
      "5 duplicate_rule",
      "6 interpreter_alone",
      "7 bad_matcher",
      "8 bad_matcher",
    ]);
    expect(problems[3]?.message).toContain("rules.1");
  });

  it("is refused whole for a factory rule nobody knows", () => {
    const { rules, stage, apply } = start();
    const before = rules.all();
    stage([{ action: "allow" }]);
    expect(() => apply({ factory: { "factory:x": true } })).toThrow(expect.objectContaining({ code: "unknown_rule" }));
    expect(rules.all()).toEqual(before);
  });

  it("is carried out whole or not at all", () => {
    const { store, rules, stage, apply } = start();
    rules.add(curl, 1);
    const before = rules.all();
    store.exec(
      "CREATE TRIGGER broken BEFORE INSERT ON rules WHEN NEW.host = 'b.test' BEGIN SELECT RAISE(ABORT, 'broken'); END",
    );
    stage([
      { action: "allow", host: "a.test" },
      { action: "allow", host: "b.test" },
    ]);
    expect(() => apply()).toThrow("broken");
    expect(rules.all()).toEqual(before);
  });

  it("of too much is refused, and forgotten", () => {
    const { stage, apply } = start();
    const many = Array.from({ length: rulesInFile }, (_, at) => ({ action: "allow", host: `h${at}.test` }) as const);
    expect(stage(many).staged).toBe(rulesInFile);
    expect(() => stage([{ action: "allow" }], false)).toThrow(expect.objectContaining({ code: "too_large" }));
    expect(() => apply({ dryRun: true })).toThrow(expect.objectContaining({ code: "bad_rules_file" }));
    const long = many.slice(0, 3600).map((rule) => ({ ...rule, note: "n".repeat(1024) }));
    for (let part = 0; part < 3; part++) stage(long, part === 0);
    expect(() => stage(long, false)).not.toThrow();
    expect(() => stage(long, false)).toThrow(expect.objectContaining({ code: "too_large" }));
  });

  it("that nobody handed over is no empty one: nothing is removed", () => {
    const { rules, stage, apply } = start();
    rules.add({ ...curl, host: "mine.test" }, 1);
    expect(() => apply()).toThrow(expect.objectContaining({ code: "bad_rules_file" }));
    stage([]);
    expect(apply({ dryRun: true }).removed).toHaveLength(1);
  });
});

describe("files that several connections hand over", () => {
  const given = () => ({ first: true, rules: [{ action: "block" as const, host: "h.test" }] });
  const none = expect.objectContaining({ code: "bad_rules_file" });

  it("are one for each user, the last to begin", () => {
    const { files } = start();
    const [early, late, other] = [clientOf(1000), clientOf(1000), clientOf(1001)];
    for (const client of [other, early, late]) files.stage(client, given());
    expect(() => files.stage(early, { first: false, rules: [] })).toThrow(none);
    expect(() => files.apply(early, { ...nothing, dryRun: true })).toThrow(none);
    for (const client of [late, other]) expect(files.apply(client, { ...nothing, dryRun: true }).added).toEqual([0]);
  });

  it("go with their connection, and no other's does", () => {
    const { files } = start();
    const [early, late] = [clientOf(1000), clientOf(1000)];
    for (const client of [early, late]) files.stage(client, given());
    files.forget(early);
    expect(files.apply(late, { ...nothing, dryRun: true }).added).toEqual([0]);
    files.forget(late);
    expect(() => files.apply(late, { ...nothing, dryRun: true })).toThrow(none);
  });
});

describe("imports", () => {
  const from = (source: string, ...hosts: string[]) =>
    hosts.map((host): FileRule => ({ action: "block", host, origin: "import", source }));

  it("replace those of the same source, and nothing else", () => {
    const { rules, stage, apply } = start();
    rules.add({ ...curl, host: "mine.test" }, 1);
    rules.enable("factory:dhcp", false, 2);
    stage(from("a", "one.test", "two.test"));
    apply({ source: "a" });
    stage(from("b", "three.test"));
    apply({ source: "b" });
    stage(from("a", "two.test", "four.test"));
    expect(apply({ source: "a" })).toMatchObject({
      added: [1],
      changed: [],
      removed: [expect.any(String)],
      factory: [],
    });
    const sources = rules
      .all()
      .filter(({ rule }) => rule.origin !== "factory")
      .map(({ rule }) => `${rule.host} ${rule.source}`);
    expect(sources.sort()).toEqual(["four.test a", "mine.test undefined", "three.test b", "two.test a"]);
    expect(rules.all().find(({ rule }) => rule.id === "factory:dhcp")?.rule.enabled).toBe(false);
    rules.changes.undo(rules.changes.newest() as number);
    expect(
      rules
        .all()
        .filter(({ rule }) => rule.source === "a")
        .map(({ rule }) => rule.host),
    ).toEqual(["one.test", "two.test"]);
  });

  it("take over what another source said about the same", () => {
    const { rules, stage, apply } = start();
    stage(from("a", "one.test"));
    apply({ source: "a" });
    stage(from("b", "one.test"));
    expect(apply({ source: "b" })).toMatchObject({ added: [], changed: [{ at: 0 }] });
    expect(
      rules
        .all()
        .filter(({ rule }) => rule.origin === "import")
        .map(({ rule }) => rule.source),
    ).toEqual(["b"]);
  });

  it("are of the source that they say", () => {
    const { stage, apply } = start();
    stage([{ action: "allow" }]);
    expect(() => apply({ source: "a" })).toThrow(expect.objectContaining({ code: "bad_rules_file" }));
  });
});

describe("ten thousand rules", () => {
  it("are applied, and taken back", () => {
    const { rules, stage, apply } = start();
    const many = (action: "allow" | "block") =>
      Array.from(
        { length: 10_000 },
        (_, at) => ({ action, app: `/usr/bin/${at % 200}`, host: `h${at}.test` }) as const,
      );
    const spent = (work: () => void) => {
      const began = process.cpuUsage();
      work();
      return Math.round(process.cpuUsage(began).user / 1000);
    };
    stage(many("allow"));
    const made = spent(() => apply());
    stage(many("block"));
    const turned = spent(() => apply());
    const undone = spent(() => rules.changes.undo(rules.changes.newest() as number));
    console.log(`10,000 rules: added ${made} ms, changed ${turned} ms, taken back ${undone} ms`);
    expect(rules.all().filter(({ rule }) => rule.action === "allow" && rule.host !== null)).toHaveLength(10_000);
    expect(turned).toBeLessThan(8000);
  });

  it("are kept to be taken back within bounds", () => {
    const { rules, stage, apply, store } = start();
    const old = "INSERT INTO rule_changes (made, before, after) VALUES (1, '[]' || printf('%.*c', 9000000, ' '), '[]')";
    for (let turn = 0; turn < 6; turn++) store.exec(old);
    stage(Array.from({ length: 200 }, (_, at) => ({ action: "allow", host: `h${at}.test` }) as const));
    apply();
    const bytes = store.prepare("SELECT sum(length(before) + length(after)) FROM rule_changes").pluck().get() as number;
    expect(bytes).toBeGreaterThan(27_000_000);
    expect(bytes).toBeLessThan(32 * 1024 * 1024);
    rules.changes.undo(rules.changes.newest() as number);
    expect(rules.all().some(({ rule }) => rule.host !== null)).toBe(false);
  });
});

describe("more rules than one answer can tell of", () => {
  const many = (source: string) =>
    Array.from(
      { length: 4000 },
      (_, at) =>
        ({ action: "block", origin: "import", source, host: `h${at}.${source}.test`, note: "n".repeat(900) }) as const,
    );

  it("are refused, whole, and nothing changes", () => {
    const { rules, stage, apply } = start();
    for (const source of ["one", "two"]) {
      stage(many(source));
      apply({ source });
    }
    const full = rules.all().length;
    stage(many("three"));
    expect(() => apply({ source: "three" })).toThrow(expect.objectContaining({ code: "too_many_rules" }));
    expect(rules.all()).toHaveLength(full);
    // In the place of others they have room, and then there is none for those.
    stage([]);
    const { change } = apply({ source: "one" });
    stage(many("three"));
    apply({ source: "three" });
    expect(() => rules.changes.undo(change as number)).toThrow(expect.objectContaining({ code: "too_many_rules" }));
    expect(rules.all()).toHaveLength(full);
  });

  it("by one user leave room for those of others", () => {
    const { rules, files } = start();
    const client = clientOf(0);
    const stageFor = (user: number, source: string) =>
      files.stage(client, { first: true, rules: many(source).map((rule) => ({ ...rule, user })) });
    stageFor(5, "one");
    files.apply(client, { ...nothing, source: "one" }, 5);
    stageFor(5, "two");
    expect(() => files.apply(client, { ...nothing, source: "two" }, 5)).toThrow(
      expect.objectContaining({ code: "too_many_rules" }),
    );
    stageFor(6, "two");
    files.apply(client, { ...nothing, source: "two" }, 6);
    expect(rules.all().filter(({ rule }) => rule.user === 6)).toHaveLength(4000);
  });

  it("may be there of old: they are removed and switched like any others, and no other is added", () => {
    const { rules, store } = start();
    const one = rules.add({ ...curl, host: "one.test" }, 1);
    const two = rules.add({ ...curl, host: "two.test" }, 2);
    store.prepare("UPDATE rules SET note = ? WHERE number = ?").run("\u0001".repeat(3_000_000), one.number);
    expect(rules.all().length).toBeGreaterThan(2);
    expect(() => rules.add({ ...curl, host: "three.test" }, 3)).toThrow(
      expect.objectContaining({ code: "too_many_rules" }),
    );
    expect(rules.enable(two.rule.id, false, 4).enabled).toBe(false);
    expect(rules.add({ ...curl, host: "two.test" }, 5).replaced).toBe(two.rule.id);
    rules.remove(one.rule.id, 6);
    rules.all();
    rules.add({ ...curl, host: "three.test" }, 7);
    expect(() => rules.changes.undo(rules.changes.newest() as number)).not.toThrow();
  });
});

describe("as many rules as there can be", () => {
  const rulesOf = v.object({ rules: backupSchema.entries.rules });
  const isFull = expect.objectContaining({ code: "too_many_rules" });
  it.each([
    ["of the shortest", (at: number) => ({ action: "block", port: (at % 65_535) + 1 }) as const, 24_000],
    [
      "with the longest note",
      (at: number) => ({ action: "block", host: `h${at}.test`, note: "n".repeat(1024) }) as const,
      9600,
    ],
    [
      "with many bytes to a character",
      (at: number) => ({ action: "block", host: `h${at}.test`, note: "ä\u0001€".repeat(100) }) as const,
      9200,
    ],
  ])("%s, go into a file and a backup, and come back out of them", (_, ruleAt, most) => {
    const { rules, file, stage, apply } = start();
    // Imports of several sources: each is a file of its own.
    const parts = 10;
    const ofPart = (part: number) =>
      Array.from(
        { length: most / parts },
        (_, at): FileRule => ({
          ...ruleAt(part * (most / parts) + at),
          ...{ origin: "import", source: `${part}` },
        }),
      );
    for (let part = 0; part < parts; part++) {
      stage(ofPart(part));
      apply({ source: `${part}` });
    }
    stage(
      ofPart(parts)
        .concat(ofPart(parts + 1))
        .map((rule) => ({ ...rule, source: "more" })),
    );
    expect(() => apply({ source: "more" })).toThrow(isFull);
    const written = file();
    expect(written.rules).toHaveLength(most);
    expect(v.is(rulesOf, { rules: written.rules })).toBe(true);
    const before = rules.all();
    expect(stage(written.rules)).toEqual({ staged: most, problems: [] });
    expect(apply()).toMatchObject({ added: [], changed: [], removed: [], change: null });
    expect(rules.all()).toEqual(before);
    stage([]);
    expect(apply().removed).toHaveLength(most);
    stage(written.rules);
    expect(apply().added).toHaveLength(most);
    expect(file()).toEqual(written);
  });
});

it("the largest file there can be is listed in one answer", () => {
  const { rules, stage, apply } = start();
  const note = "n".repeat(420);
  const many = Array.from(
    { length: 12_000 },
    (_, at) => ({ action: "allow", app: `/usr/bin/app${at}`, host: `h${at}.example.test`, port: 443, note }) as const,
  );
  expect(JSON.stringify(many).length).toBeGreaterThan(6_000_000);
  stage(many);
  apply();
  const hints = [{ kind: "redundant", by: "12345", why: "x".repeat(200) }];
  const listed = rules.all().map(({ rule }) => ({ ...rule, hints, lastUsed: rule.created, uses: 1_000_000 }));
  expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThan(maxReplyBytes);
});
