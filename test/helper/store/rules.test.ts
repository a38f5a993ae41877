// Rules in a real database file.
import { describe, expect, it } from "vitest";
import { withoutFactoryRule } from "../../../contract/factory-rules.ts";
import { anyMatcher, type NewRule, Rules } from "../../../helper/store/rules.ts";
import { clock, temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();
const factory = ["factory:loopback", "factory:dns-udp", "factory:dns-tcp", "factory:dhcp", "factory:dhcp6"];
const curl: NewRule = {
  ...anyMatcher,
  app: "/usr/bin/curl",
  action: "allow",
  address: "192.0.2.1",
  port: 443,
  protocol: "tcp",
  direction: "outbound",
  lifetime: "forever",
  note: "",
};

const idsOf = (rules: Rules) => rules.all().map(({ rule }) => rule.id);
const person = (rules: Rules) => rules.all().filter(({ rule }) => rule.origin === "person");

describe("rules", () => {
  it("begin with the factory's, which are enabled and say why they are there", () => {
    const all = new Rules(open(), clock).all();
    expect(all.map(({ rule }) => rule.id)).toEqual(factory);
    for (const { rule } of all) {
      expect(rule).toMatchObject({ app: null, action: "allow", enabled: true, origin: "factory", lifetime: "forever" });
      expect(rule.note).not.toBe("");
      expect(withoutFactoryRule(rule.id)).toMatch(/^Without it, /);
    }
    expect(all[0]?.rule).toMatchObject({ zone: "loopback", port: null, protocol: null, direction: "both" });
    expect(all[1]?.rule).toMatchObject({ zone: "resolvers", port: 53, protocol: "udp" });
  });

  it("are kept as they were made", () => {
    const now = Date.UTC(2026, 10, 23, 9, 30);
    const store = open();
    const added = new Rules(store, clock).add({ ...curl, note: "for the tests" }, now);
    expect(added.rule).toEqual({
      id: String(added.number),
      app: "/usr/bin/curl",
      action: "allow",
      via: null,
      user: null,
      address: "192.0.2.1",
      host: null,
      domain: null,
      zone: null,
      portTo: null,
      profile: null,
      port: 443,
      protocol: "tcp",
      direction: "outbound",
      lifetime: "forever",
      expires: null,
      enabled: true,
      origin: "person",
      note: "for the tests",
      created: "2026-11-23T09:30:00.000Z",
    });
    store.close();
    expect(new Rules(open(), clock).all().at(-1)).toEqual({ number: added.number, rule: added.rule });
    expect(added.replaced).toBe(null);
  });

  it("replace the one with an identical matcher, and never use its number again", () => {
    const rules = new Rules(open(), clock);
    const first = rules.add(curl, 1);
    const second = rules.add({ ...curl, action: "block" }, 2);
    expect(person(rules)).toEqual([{ number: second.number, rule: second.rule }]);
    expect(second.replaced).toBe(first.rule.id);
    expect(second.number).toBeGreaterThan(first.number);
    rules.remove(second.rule.id, 9);
    expect(rules.add(curl, 3).number).toBeGreaterThan(second.number);
  });

  it.each<[string, Partial<NewRule>]>([
    ["app", { app: "/usr/bin/wget" }],
    ["any app", { app: null }],
    ["address", { address: "192.0.2.2" }],
    ["any address", { address: null }],
    ["port", { port: 80 }],
    ["any port", { port: null }],
    ["protocol", { protocol: "udp" }],
    ["any protocol", { protocol: null }],
    ["parent", { via: "/usr/bin/bash" }],
    ["user", { user: 1000 }],
    ["host", { address: null, host: "example.org" }],
    ["domain", { address: null, domain: "example.org" }],
    ["zone", { address: null, zone: "local" }],
    ["range of ports", { portTo: 444 }],
    ["profile", { profile: "work" }],
    ["direction", { direction: "inbound" }],
    ["both directions", { direction: "both" }],
  ])("live beside one that differs in %s", (_, part) => {
    const rules = new Rules(open(), clock);
    rules.add(curl, 1);
    rules.add({ ...curl, ...part }, 2);
    expect(person(rules)).toHaveLength(2);
    // And each is replaced by its own twin only.
    rules.add({ ...curl, ...part, action: "block" }, 3);
    expect(person(rules).map(({ rule }) => rule.action)).toEqual(["allow", "block"]);
  });

  it("that match everything replace one another too, and no factory rule", () => {
    const rules = new Rules(open(), clock);
    const anything = { ...anyMatcher, lifetime: "forever", note: "", action: "block" } as const;
    rules.add(anything, 1);
    rules.add({ ...anything, action: "allow" }, 2);
    expect(person(rules)).toHaveLength(1);
    expect(idsOf(rules)).toHaveLength(factory.length + 1);
  });

  it("are enabled again when replaced: a new answer counts", () => {
    const rules = new Rules(open(), clock);
    rules.enable(rules.add(curl, 1).rule.id, false, 9);
    expect(rules.add(curl, 2).rule.enabled).toBe(true);
  });

  it("can be disabled and enabled, the factory's too, and stay so", () => {
    const store = open();
    const rules = new Rules(store, clock);
    const { rule } = rules.add(curl, 1);
    for (const id of [rule.id, "factory:loopback"]) {
      expect(rules.enable(id, false, 9)).toMatchObject({ id, enabled: false });
      expect(rules.enable(id, false, 9).enabled).toBe(false);
    }
    store.close();
    const again = new Rules(open(), clock);
    expect(
      again
        .all()
        .filter(({ rule }) => !rule.enabled)
        .map(({ rule }) => rule.id),
    ).toEqual(["factory:loopback", rule.id]);
    expect(again.enable("factory:loopback", true, 9).enabled).toBe(true);
  });

  it("can be removed, once", () => {
    const rules = new Rules(open(), clock);
    const { rule } = rules.add(curl, 1);
    rules.remove(rule.id, 9);
    expect(idsOf(rules)).toEqual(factory);
    expect(() => rules.remove(rule.id, 9)).toThrow(expect.objectContaining({ code: "unknown_rule" }));
  });

  it("of the factory cannot be removed, by name or by number", () => {
    const rules = new Rules(open(), clock);
    expect(() => rules.remove("factory:loopback", 9)).toThrow(expect.objectContaining({ code: "factory_rule" }));
    expect(() => rules.remove("1", 9)).toThrow(expect.objectContaining({ code: "unknown_rule" }));
    expect(idsOf(rules)).toEqual(factory);
  });

  it.each([
    "",
    "0",
    "-1",
    "999",
    "06",
    "6.0",
    " 6",
    "6 ",
    "6e0",
    "0x6",
    "NaN",
    "null",
    "%",
    "factory:",
    "' OR 1=1 --",
    "\0",
  ])("are not found under %j", (id) => {
    const rules = new Rules(open(), clock);
    expect(rules.add(curl, 1).rule.id).toBe("6");
    const unknown = expect.objectContaining({ code: "unknown_rule" });
    expect(() => rules.remove(id, 9)).toThrow(unknown);
    expect(() => rules.enable(id, false, 9)).toThrow(unknown);
    expect(rules.all().every(({ rule }) => rule.enabled)).toBe(true);
  });

  it("with nonsense in them are refused by the database itself", () => {
    const rules = new Rules(open(), clock);
    for (const part of [{ action: "maybe" }, { port: 65536 }, { port: -1 }, { protocol: "sctp" }]) {
      expect(() => rules.add({ ...curl, ...(part as object) } as NewRule, 1)).toThrow(/CHECK/);
    }
    expect(person(rules)).toEqual([]);
  });
});

describe("temporary rules", () => {
  const hour = { expires: 4_600_000, processes: [] };
  const hourly: NewRule = { ...curl, lifetime: "1h" };

  it("stand beside the permanent rule with the same matcher, whichever comes first", () => {
    for (const order of [[curl, hourly] as const, [hourly, curl] as const]) {
      const rules = new Rules(open(), clock);
      for (const rule of order) rules.add({ ...rule, address: "192.0.2.77" }, 1, rule === hourly ? hour : undefined);
      const both = person(rules).filter(({ rule }) => rule.address === "192.0.2.77");
      expect(both.map(({ rule }) => rule.lifetime).sort()).toEqual(["1h", "forever"]);
      for (const { rule } of both) rules.remove(rule.id, 9);
    }
  });

  it("would end another sooner only where that one counts, keeps something out and is about exactly the same", () => {
    const rules = new Rules(open(), clock);
    const block: NewRule = { ...curl, action: "block", lifetime: "8h" };
    const short: NewRule = { ...block, lifetime: "1m" };
    const until = (expires: number) => ({ expires, processes: [] });
    expect(rules.endsSooner(short, 1)).toBe(false);
    const made = rules.add(block, 1, until(8000));
    expect([7999, 8000, 8001].map((end) => rules.endsSooner(short, end))).toEqual([true, false, false]);
    expect(rules.endsSooner({ ...block, lifetime: "quit" }, null)).toBe(true);
    expect(rules.endsSooner({ ...block, lifetime: "restart" }, null)).toBe(false);
    expect(rules.endsSooner({ ...block, lifetime: "forever" }, null)).toBe(false);
    for (const other of [{ port: 80 }, { user: 5 }, { app: null }, { profile: "home" }] as const)
      expect(rules.endsSooner({ ...short, ...other }, 1)).toBe(false);
    rules.enable(made.rule.id, false, 2);
    expect(rules.endsSooner(short, 1)).toBe(false);
    // What asked may be let through by what stands behind it.
    rules.add({ ...block, action: "ask" }, 3, until(8000));
    expect(rules.endsSooner(short, 1)).toBe(true);
    rules.add({ ...block, action: "allow" }, 4, until(8000));
    expect(rules.endsSooner(short, 1)).toBe(false);
  });

  it("replace the older temporary one, whatever its lifetime", () => {
    const rules = new Rules(open(), clock);
    const kept = rules.add(curl, 1);
    const first = rules.add(hourly, 2, hour);
    const second = rules.add({ ...curl, lifetime: "quit" }, 3, { expires: null, processes: [{ pid: 5, start: 50 }] });
    expect(second.replaced).toBe(first.rule.id);
    expect(idsOf(rules)).toEqual([...factory, kept.rule.id, second.rule.id]);
    const third = rules.add({ ...curl, lifetime: "restart" }, 4);
    expect(third.replaced).toBe(second.rule.id);
    // And what belonged to it went with it.
    expect(rules.temporary()).toMatchObject([{ number: third.number, processes: [] }]);
  });

  it("are kept with what ends them", () => {
    const store = open();
    const rules = new Rules(store, clock);
    const processes = [
      { pid: 5, start: 50 },
      { pid: 7, start: 60 },
    ];
    const timed = rules.add({ ...hourly, port: 1 }, 1, hour).number;
    const quitting = rules.add({ ...curl, lifetime: "quit" }, 1, { expires: null, processes }).number;
    const restarting = rules.add({ ...curl, lifetime: "restart", port: 2 }, 1).number;
    rules.add(curl, 1);
    store.close();
    const again = new Rules(open(), { ...clock, boot: "the next" });
    const told = { app: "/usr/bin/curl", boot: "this boot", expires: null, processes: [] };
    expect(again.temporary()).toEqual([
      { ...told, number: timed, lifetime: "1h", expires: 4_600_000 },
      { ...told, number: quitting, lifetime: "quit", processes },
      { ...told, number: restarting, lifetime: "restart" },
    ]);
    again.setProcesses(new Map([[quitting, [{ pid: 7, start: 60 }]]]));
    expect(again.temporary()[1]?.processes).toEqual([{ pid: 7, start: 60 }]);
    again.removeOver([timed, quitting]);
    expect(again.temporary().map(({ number }) => number)).toEqual([restarting]);
    expect(person(again)).toHaveLength(2);
  });

  it("say when they end by the clock on the wall", () => {
    const { rule } = new Rules(open(), clock).add(hourly, 1, hour);
    expect(Math.abs(Date.parse(rule.expires ?? "") - (Date.now() + 3_600_000))).toBeLessThan(60_000);
  });
});

describe("a change", () => {
  it("is told once, with what became of each rule", () => {
    const rules = new Rules(open(), clock);
    expect(rules.news()).toEqual({ changed: [], removed: [] });
    const { rule: first } = rules.add(curl, 0);
    expect(rules.touched().size).toBe(1);
    expect(rules.news()).toEqual({ changed: [first], removed: [] });
    expect(rules.news()).toEqual({ changed: [], removed: [] });
    const { rule: second } = rules.add({ ...curl, action: "block" }, 1);
    expect(rules.news()).toEqual({ changed: [second], removed: [first] });
    rules.enable(second.id, false, 2);
    rules.enable("factory:dhcp", false, 2);
    const told = rules.news();
    expect(told.changed.map(({ id, enabled }) => [id, enabled])).toEqual([
      [second.id, false],
      ["factory:dhcp", false],
    ]);
    const { rule: third } = rules.add({ ...curl, port: 80 }, 3);
    rules.remove(third.id, 4);
    expect(rules.news()).toEqual({ changed: [], removed: [] });
  });

  it("is seen from within it, and forgotten when it is taken back", () => {
    const store = open();
    const rules = new Rules(store, clock);
    const { number } = rules.add({ ...curl, lifetime: "1h" }, 0, { expires: 5000, processes: [] });
    const within = () => rules.temporary().map((each) => each.number);
    expect(within()).toEqual([number]);
    const change = store.transaction(() => {
      const later = rules.add({ ...curl, port: 80, lifetime: "1h" }, 0, { expires: 6000, processes: [] });
      expect(within()).toEqual([number, later.number]);
      rules.removeOver([number]);
      expect(within()).toEqual([later.number]);
      expect(person(rules).map((each) => each.number)).toEqual([later.number]);
      throw new Error("taken back");
    });
    expect(change).toThrow("taken back");
    expect(within()).toEqual([number]);
    expect(rules.news().changed.map(({ id }) => id)).toEqual([String(number)]);
  });

  const start = () => new Rules(open(), clock);
  const newest = (rules: Rules) => rules.changes.newest() ?? -1;

  it("is taken back: what was added goes, what it replaced is there again as it was", () => {
    const rules = start();
    const before = rules.add(curl, 1).rule;
    rules.add({ ...curl, action: "block" }, 2);
    rules.changes.undo(newest(rules));
    expect(person(rules).map(({ rule }) => rule)).toEqual([before]);
    rules.changes.undo(newest(rules));
    expect(person(rules)).toEqual([]);
    expect(newest(rules)).toBe(-1);
  });

  it("is taken back: what was removed or switched off is there again, with its number and its processes", () => {
    const rules = start();
    const processes = [{ pid: 7, start: 99 }];
    const { rule, number } = rules.add({ ...curl, lifetime: "quit" }, 1, { expires: null, processes });
    rules.remove(rule.id, 2);
    rules.changes.undo(newest(rules));
    expect(person(rules)).toEqual([{ number, rule }]);
    expect(rules.temporary()).toMatchObject([{ number, processes }]);
    rules.enable("factory:loopback", false, 3);
    rules.changes.undo(newest(rules));
    expect(rules.all()[0]?.rule).toMatchObject({ id: "factory:loopback", enabled: true });
  });

  it("of several rules is one", () => {
    const rules = start();
    rules.changes.record(1, () => {
      rules.add(curl, 1);
      rules.add({ ...curl, port: 80 }, 1);
    });
    rules.changes.undo(newest(rules));
    expect(person(rules)).toEqual([]);
  });

  it("cannot be taken back twice, nor when others changed the same since", () => {
    const rules = start();
    const nothing = expect.objectContaining({ code: "nothing_to_undo" });
    const { rule } = rules.add(curl, 1);
    const added = newest(rules);
    rules.remove(rule.id, 2);
    const removed = newest(rules);
    expect(() => rules.changes.undo(added)).toThrow(nothing);
    rules.add(curl, 3);
    expect(() => rules.changes.undo(removed)).toThrow(nothing);
    expect(person(rules)).toHaveLength(1);
    rules.changes.undo(newest(rules));
    expect(() => rules.changes.undo(newest(rules) + 1)).toThrow(nothing);
  });

  it("of one person is no way back less for another, however many and large it is", () => {
    const store = open();
    let maker = 1000;
    const rules = new Rules(store, clock, () => maker);
    const nothing = expect.objectContaining({ code: "nothing_to_undo" });
    rules.add(curl, 1);
    const hers = newest(rules);
    maker = 1001;
    rules.add({ ...curl, port: 80 }, 1);
    const his = newest(rules);
    for (let more = 0; more < 200; more++) rules.add({ ...curl, action: "block", port: 1 }, 2);
    expect(() => rules.changes.undo(his)).toThrow(nothing);
    store.exec(
      "UPDATE rule_changes SET before = before || printf('%.*c', 40000000, ' ') WHERE id = (SELECT max(id) FROM rule_changes)",
    );
    rules.changes.record(3, () => {
      for (let port = 1000; port < 1100; port++) rules.add({ ...curl, port }, 3);
    });
    expect(() => rules.changes.undo(newest(rules) - 1)).toThrow(nothing);
    rules.changes.undo(hers);
    expect(person(rules).some(({ rule }) => rule.port === curl.port)).toBe(false);
  });

  it("that fails leaves nothing behind", () => {
    const rules = start();
    expect(() =>
      rules.changes.record(1, () => {
        rules.add(curl, 1);
        throw new Error("no");
      }),
    ).toThrow("no");
    expect(person(rules)).toEqual([]);
    expect(newest(rules)).toBe(-1);
  });
});

describe("on a full disk", () => {
  it("what is over counts no more, is not stored for ever, and holds nobody up", () => {
    const store = open();
    const rules = new Rules(store, clock);
    const about = { ...anyMatcher, action: "allow", note: "" } as const;
    const add = (host: string, lifetime: "1h" | "forever") =>
      rules.add({ ...about, host, lifetime }, 1, { expires: lifetime === "1h" ? 5 : null, processes: [] });
    add("over.example", "1h");
    add("stays.example", "forever");
    const [over] = rules.temporary();
    const number = over?.number ?? 0;
    const hosts = () => rules.all().flatMap(({ rule: { host } }) => host ?? []);
    rules.touched();
    store.pragma("query_only = ON");
    expect(rules.removeOver([number])).toBe(false);
    expect(hosts()).toEqual(["stays.example"]);
    expect(rules.temporary()).toEqual([]);
    expect([...rules.touched()]).toEqual([number]);
    expect(rules.removeOver([])).toBe(false);
    // As part of somebody's change it fails with the change.
    expect(() => store.transaction(() => rules.removeOver([number]))()).toThrow();
    store.pragma("query_only = OFF");
    expect(rules.removeOver([])).toBe(true);
    expect(store.prepare("SELECT count(*) FROM rules WHERE number = ?").pluck().get(number)).toBe(0);
    expect(hosts()).toEqual(["stays.example"]);
  });
});
