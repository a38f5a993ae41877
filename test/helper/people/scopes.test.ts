// What each method shows of others and lets do with theirs, one promise after another: alice looks after the computer, bob does not.
import { beforeEach, describe, expect, it } from "vitest";
import type { MethodName, ParsedParams, Result } from "../../../contract/methods.ts";
import type { Flow, Prompt, Rule, Status } from "../../../contract/words.ts";
import { mayBring } from "../../../helper/people/backups.ts";
import { type Demand, demandOf, enter, leave, type World } from "../../../helper/people/scopes.ts";
import { type Viewer, viewerOf } from "../../../helper/people/viewer.ts";

const [alice, bob, service] = [1000, 1001, 33];
const [root, keeper, visitor] = [0, alice, bob].map((uid) => viewerOf(uid, "everyone", alice)) as [
  Viewer,
  Viewer,
  Viewer,
];
const everybody = [root, keeper, visitor];

/** Whose each is: of alice, of bob, of nobody. By id. */
const whose: Record<string, number | null> = { alices: alice, bobs: bob, nobodys: null };
const flow = (id: string, user = whose[id] ?? service) => ({ id, person: whose[id], user }) as Flow;
const prompt = (id: string, uid = whose[id] ?? service) => ({ id, process: { uid, person: whose[id] } }) as Prompt;
const rule = (id: string, user: number | null) => ({ id, user, uses: 3, lastUsed: "then" }) as Rule;
const rules: Rule[] = [
  rule("alices", alice),
  rule("bobs", bob),
  rule("services", service),
  rule("roots", 0),
  { ...rule("everybodys", null), hints: [{ kind: "unused" }, { kind: "redundant" }] as unknown as Rule["hints"] },
] as Rule[];

let prompts: Prompt[];
let flows: Flow[];
const trial = { what: "Mode block.", ends: "soon" };
let trialBy: number | null;
let ruleUsers: (number | null)[];
let historyUsers: number[];
let world: World;
beforeEach(() => {
  [ruleUsers, historyUsers] = [[null, alice, service, 0], [alice]];
  [prompts, flows, trialBy] = [
    Object.keys(whose).map((id) => prompt(id)),
    Object.keys(whose).map((id) => flow(id)),
    null,
  ];
  world = {
    isPerson: (uid) => uid === alice || uid === bob,
    personOfPrompt: (id) => (id in whose ? whose[id] : "unknown"),
    countPrompts: ({ uid }) => uid,
    promptOf: (id) => prompts.find((each) => each.id === id),
    flowOf: (id) => flows.find((each) => each.id === id),
    ruleOf: (id) => rules.find((each) => each.id === id),
    // The newest first.
    changes: () => [
      { id: 3, users: [alice, bob] },
      { id: 2, users: [bob] },
      { id: 1, users: [null] },
      { id: 0, users: [alice, service, 0] },
    ],
    trialOf: (uid) => (uid === trialBy ? trial : null),
    hasUsed: (app, uid) => app === `/${uid}`,
    networksOf: (uid) => [{ id: String(uid), name: `net of ${uid}`, kind: "wifi", metered: false }],
    ruleUsers: () => ruleUsers,
    privateApps: () => [`/${alice}`, "/of-nobody-known"],
    historyUsers: () => historyUsers,
  };
});

const demands = (viewer: Viewer, method: MethodName, params: object): Demand | string => {
  try {
    return demandOf(method, params as ParsedParams<MethodName>, viewer, world);
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const asks = <M extends MethodName>(viewer: Viewer, method: M, params: object) => {
  try {
    return enter(method, params as ParsedParams<M>, viewer, world);
  } catch (error) {
    return (error as { code: string }).code;
  }
};
const hears = <M extends MethodName>(viewer: Viewer, method: M, result: unknown, asked: object = {}) =>
  leave(method, result as Result<M>, viewer, world, asked as ParsedParams<M>);
const ids = (items: unknown) => (items as { id: string }[]).map(({ id }) => id);

describe("what is another's is not there", () => {
  it.each([
    ["prompts.dismiss", "id", "unknown_prompt"],
    ["prompts.details", "id", "unknown_prompt"],
    ["prompts.answer", "id", "unknown_prompt"],
    ["flows.end", "id", "unknown_flow"],
    ["rules.except", "flow", "unknown_flow"],
  ] as const)("for %s", (method, name, code) => {
    const of = (viewer: Viewer, id: string) => demands(viewer, method, { [name]: id, lifetime: "once" });
    expect([of(visitor, "alices"), of(visitor, "nobodys"), of(keeper, "bobs")]).toEqual([code, code, code]);
    expect([of(visitor, "bobs"), of(keeper, "alices"), of(keeper, "nobodys")]).toEqual(Array(3).fill("anybody"));
    expect(["alices", "bobs", "nobodys"].map((id) => of(root, id))).toEqual(Array(3).fill("anybody"));
  });

  it("what does not exist is said by who knows: another's sounds the same", () => {
    expect(demands(visitor, "flows.end", { id: "none" })).toBe("unknown_flow");
    expect(demands(visitor, "rules.remove", { ids: ["none"] })).toBe("unknown_rule");
  });

  it.each(["rules.remove", "rules.enable"] as const)(
    "for %s, and what is everybody's is the keeper's to change",
    (method) => {
      const of = (viewer: Viewer) =>
        ["alices", "bobs", "services", "roots", "everybodys"].map((id) => demands(viewer, method, { ids: [id] }));
      expect(of(visitor)).toEqual(["unknown_rule", "anybody", "unknown_rule", "unknown_rule", "admin"]);
      expect(of(keeper)).toEqual(["anybody", "unknown_rule", "anybody", "admin", "anybody"]);
      expect(of(root)).toEqual(Array(5).fill("anybody"));
      // Of several, all: the one for which it takes most decides.
      const together = (viewer: Viewer, ...ids: string[]) => demands(viewer, method, { ids });
      expect(together(visitor, "bobs", "everybodys", "bobs")).toBe("admin");
      expect(together(visitor, "bobs", "everybodys", "alices")).toBe("unknown_rule");
      expect(together(keeper, "roots", "everybodys", "alices")).toBe("admin");
      expect(together(keeper, "alices", "services", "everybodys")).toBe("anybody");
    },
  );

  it("in lists", () => {
    const seen = (method: MethodName, items: unknown) => everybody.map((viewer) => ids(hears(viewer, method, items)));
    const whole = ["alices", "bobs", "nobodys"];
    const shares = [whole, ["alices", "nobodys"], ["bobs"]];
    expect(seen("prompts.list", prompts)).toEqual(shares);
    // Somebody answered one of which nobody knows any more whose it was.
    expect(seen("answers.list", [...prompts, prompt("forgotten")])).toEqual([
      [...whole, "forgotten"],
      ...shares.slice(1),
    ]);
    const list = (viewer: Viewer, limit: number) => ids(hears(viewer, "flows.list", flows, { limit }));
    expect(everybody.map((viewer) => list(viewer, 10))).toEqual(shares);
    expect(list(keeper, 1)).toEqual(["alices"]);
    // As many as there are, of which only one's own are counted against what was asked for.
    expect(asks(visitor, "flows.list", { limit: 2 })).toEqual({ limit: 5000 });
    expect(asks(root, "flows.list", { limit: 2 })).toEqual({ limit: 2 });
    expect(seen("rules.list", rules)).toEqual([
      ["alices", "bobs", "services", "roots", "everybodys"],
      ["alices", "services", "roots", "everybodys"],
      ["bobs", "everybodys"],
    ]);
  });

  it("in what others' apps move: counts of rules that are everybody's, numbers of the status, hits of lists", () => {
    const told = (viewer: Viewer) =>
      (hears(viewer, "rules.list", rules) as Rule[]).find(({ id }) => id === "everybodys");
    for (const viewer of [keeper, visitor]) {
      expect(told(viewer)).not.toHaveProperty("uses");
      expect(told(viewer)).not.toHaveProperty("lastUsed");
      expect(told(viewer)?.hints).toEqual([{ kind: "redundant" }]);
    }
    expect(told(root)).toMatchObject({ uses: 3, lastUsed: "then" });
    expect((hears(visitor, "rules.list", rules) as Rule[])[0]).toMatchObject({ id: "bobs", uses: 3 });

    const degraded = [
      { code: "packetSockets", message: "Guarded processes with AF_PACKET sockets: alices (7)" },
      { code: "outsideSockets", message: "Guarded processes with sockets of outside: alices (7)" },
      { code: "ringFull", message: "Packets were dropped (12)" },
    ];
    const status = { degraded, counters: { unasked: 3 }, prompts: 9, trial: null } as unknown as Status;
    for (const viewer of [keeper, visitor]) {
      expect(hears(viewer, "status", status)).toEqual({
        ...{ degraded: [{ code: "ringFull", message: "Packets were dropped" }], counters: {} },
        ...{ prompts: viewer.uid, trial: null },
      });
    }
    expect(hears(root, "status", status)).toBe(status);

    expect(hears(visitor, "blocklists.list", [{ id: "a", hits: 4 }])).toEqual([{ id: "a", hits: 0 }]);
    expect(hears(visitor, "blocklists.hits", [{ name: "x" }])).toEqual([]);
    expect(hears(visitor, "prompts.details", { firstSeen: "then" })).toEqual({ firstSeen: null });
    expect(hears(visitor, "explain", { verdict: "allow", at: [{}] })).toEqual({ verdict: "allow" });
  });

  it("on trial: told to whom it is, and confirmed by them", () => {
    const standing = { mode: "ask", trial };
    const seen = () =>
      everybody.map((viewer) => (hears(viewer, "status", { ...standing, degraded: [] }) as Status).trial);
    const confirmed = () => everybody.map((viewer) => demands(viewer, "confirm", {}));
    trialBy = alice;
    expect(seen()).toEqual([standing.trial, standing.trial, null]);
    expect(confirmed()).toEqual(["anybody", "anybody", "nothing_to_confirm"]);
    expect((hears(visitor, "confirm", standing) as Status).trial).toBeNull();
    trialBy = bob;
    expect(seen()).toEqual([standing.trial, null, standing.trial]);
    expect(confirmed()).toEqual(["anybody", "nothing_to_confirm", "anybody"]);
  });
});

describe("what is one's own", () => {
  it("rules are for one's own processes, and the keeper's for services too; for root's and others' an administrator's", () => {
    const users = (viewer: Viewer, method: "rules.add" | "explain") =>
      [null, alice, bob, service].map((user) => {
        const asked = asks(viewer, method, { user });
        return typeof asked === "string" ? asked : asked.user;
      });
    for (const method of ["rules.add", "explain"] as const) {
      expect(users(visitor, method)).toEqual([bob, "not_permitted", bob, "not_permitted"]);
      expect(users(keeper, method)).toEqual([alice, alice, "not_permitted", service]);
      expect(users(root, method)).toEqual([null, alice, bob, service]);
    }
    for (const viewer of [keeper, visitor]) expect(asks(viewer, "rules.add", { user: 0 })).toBe("not_permitted");
    const staged = (user: number | null) => asks(visitor, "rules.stage", { first: true, rules: [{ user }] });
    expect(staged(null)).toEqual({ first: true, rules: [{ user: bob }] });
    expect(staged(alice)).toBe("not_permitted");
    // Factory rules are everybody's, whoever's file it is.
    expect(asks(visitor, "rules.apply", { factory: { "factory:loopback": false } })).toEqual({ factory: {} });
    // An exception for a service's app is the keeper's.
    flows = [flow("bobs", service)];
    expect(demands(visitor, "rules.except", { flow: "bobs" })).toBe("admin");
  });

  it("an answer for what runs as somebody else lasts no longer than it does; for good it is an administrator's", () => {
    prompts = [prompt("bobs", 0)];
    const answer = (viewer: Viewer, lifetime: string) => demands(viewer, "prompts.answer", { id: "bobs", lifetime });
    expect(["once", "quit"].map((each) => answer(visitor, each))).toEqual(["anybody", "anybody"]);
    expect(["1h", "restart", "forever"].map((each) => answer(visitor, each))).toEqual(["admin", "admin", "admin"]);
    // Also for who looks after the computer: what sudo ran in her session is root's. A service is not.
    prompts = [prompt("alices", 0), prompt("nobodys", 0)];
    const kept = (id: string, lifetime: string) => demands(keeper, "prompts.answer", { id, lifetime });
    expect([kept("alices", "quit"), kept("alices", "forever"), kept("nobodys", "forever")]).toEqual([
      ...["anybody", "admin", "admin"],
    ]);
    prompts = [prompt("alices", service)];
    expect(kept("alices", "forever")).toBe("anybody");
    prompts = [prompt("bobs", bob)];
    expect(answer(visitor, "forever")).toBe("anybody");
  });

  it("the newest change of one's own rules is taken back, and no other", () => {
    const undoes = (viewer: Viewer, change: number | null = null) => asks(viewer, "rules.undo", { change });
    expect(undoes(visitor)).toEqual({ change: 2 });
    expect(undoes(visitor, 2)).toEqual({ change: 2 });
    for (const other of [3, 1, 0, 99]) expect(undoes(visitor, other)).toBe("nothing_to_undo");
    expect(undoes(keeper)).toEqual({ change: 1 });
    expect(undoes(keeper, 0)).toEqual({ change: 0 });
    expect(undoes(keeper, 3)).toBe("nothing_to_undo");
    expect(undoes(root)).toEqual({ change: null });
    const told = hears(visitor, "rules.undo", { removed: rules, restored: rules, more: 0 }) as Result<"rules.undo">;
    expect([ids(told.removed), ids(told.restored)]).toEqual([
      ["bobs", "everybodys"],
      ["bobs", "everybodys"],
    ]);
  });

  it("history is of one's own processes: amounts, events, and which apps are private", () => {
    expect(asks(visitor, "history.query", { filter: {} })).toEqual({ filter: { user: bob } });
    expect(asks(visitor, "history.query", { filter: { user: bob, app: "/x" } })).toEqual({
      filter: { user: bob, app: "/x" },
    });
    expect(asks(visitor, "history.query", { filter: { user: alice } })).toBe("not_permitted");
    expect(asks(keeper, "history.query", { filter: { user: bob } })).toBe("not_permitted");
    const events = [{ app: "/1000" }, { app: "/1001" }, { app: null }];
    // Whether somebody else's app is known shows in nothing, not even in how many others there was room for.
    expect(asks(visitor, "history.events", { app: "/1001", limit: 1 })).toEqual({ app: "/1001", limit: 1 });
    expect(asks(visitor, "history.events", { app: "/1000", limit: 1 })).toEqual({ app: "/", limit: 1 });
    expect(asks(visitor, "history.events", { limit: 1 })).toEqual({ limit: 1 });
    expect(asks(root, "history.events", { app: "/1000" })).toEqual({ app: "/1000" });
    expect(hears(visitor, "history.events", { events })).toEqual({ events: [{ app: "/1001" }, { app: null }] });
    expect(hears(visitor, "history.apps", { apps: [{ path: "/1000" }, { path: "/1001" }] })).toEqual({
      apps: [{ path: "/1001" }],
    });
    expect(hears(visitor, "history.settings", { private: ["/1000", "/1001"], days: 3 })).toEqual({
      ...{ private: ["/1001"], days: 3 },
    });
  });
});

it("networks are told to those whose processes used them, by name nowhere else either", () => {
  const networks = [{ id: "1000" }, { id: "1001" }, { id: "3" }];
  const answer = { networks, current: ["1001", "3"] };
  expect(hears(visitor, "history.networks", answer)).toEqual({ networks: [{ id: "1001" }], current: ["1001"] });
  expect(hears(keeper, "history.networks", answer)).toEqual({ networks: [{ id: "1000" }], current: [] });
  expect(hears(root, "history.networks", answer)).toEqual(answer);
  const event = (from: string | null, to: string | null, kind = "network") => ({ kind, app: null, from, to });
  const [hers, his] = ["net of 1000", "net of 1001"];
  const events = [event(hers, his), event(his, hers), event(hers, null), event(his, null), event(null, hers)];
  const others = [event(hers, "x", "profile")];
  expect(hears(visitor, "history.events", { events: [...events, ...others] })).toEqual({
    events: [event(null, his), event(his, null), ...others],
  });
  expect(hears(root, "history.events", { events })).toEqual({ events });
});

it.each([
  ...["mode.set", "pause", "lockdown", "profile.set", "profiles.define", "profiles.remove"],
  ...["add", "begin", "remove", "enable", "refresh"].map((name) => `blocklists.${name}`),
  ...["configure", "setPrivate", "delete"].map((name) => `history.${name}`),
] as MethodName[])("%s is about everybody: root's, the keeper's, or with an administrator's consent", (method) => {
  expect(everybody.map((viewer) => demands(viewer, method, {}))).toEqual(["anybody", "anybody", "admin"]);
});

it("pieces of a text that was begun ask nobody anew, each: they are their connection's", () => {
  const pieces = ["blocklists.append", "blocklists.commit", "backup.append"] as const;
  for (const method of pieces)
    expect(everybody.map((viewer) => demands(viewer, method, { first: true }))).toEqual(Array(3).fill("anybody"));
});

describe("a backup", () => {
  const methods = ["read", "restore", "undo"].map((name) => `backup.${name}` as MethodName);
  const demanded = (viewer: Viewer) => methods.map((method) => demands(viewer, method, { dryRun: true }));

  it("is the keeper's where nothing in it is another person's, also with rules for services, for root and for everybody", () => {
    expect(everybody.map(demanded)).toEqual([
      Array(3).fill("anybody"),
      Array(3).fill("anybody"),
      Array(3).fill("admin"),
    ]);
  });

  it("takes an administrator where others' rules are in it, or private apps that may be theirs", () => {
    ruleUsers = [alice, bob];
    expect([demanded(root), demanded(keeper)]).toEqual([Array(3).fill("anybody"), Array(3).fill("admin")]);
    // Somebody else was here, and of a private app nobody knows whose it is.
    [ruleUsers, historyUsers] = [[alice], [alice, bob]];
    expect(demanded(keeper)).toEqual(Array(3).fill("admin"));
    world = { ...world, privateApps: () => [`/${alice}`] };
    expect(demanded(keeper)).toEqual(Array(3).fill("anybody"));
  });

  it("makes and takes away what its person may, for root's, everybody's and others' an administrator is needed", () => {
    const users = [alice, bob, service, 0, null];
    const brings = (viewer: Viewer, made: boolean) => users.filter((user) => mayBring([{ user, made }], viewer, world));
    expect([brings(keeper, true), brings(keeper, false)]).toEqual([
      [alice, service],
      [alice, service, null],
    ]);
    expect(brings(root, true)).toEqual(users);
    expect(
      mayBring(
        users.map((user) => ({ user, made: false })),
        keeper,
        world,
      ),
    ).toBe(false);
  });
});

it("where one person alone is served, everything is theirs", () => {
  const only = viewerOf(alice, "owner", alice);
  expect(only).toEqual({ uid: alice, everything: true, keeper: true });
  expect(demands(only, "rules.remove", { ids: ["bobs"] })).toBe("anybody");
  expect(asks(only, "rules.add", { user: null })).toEqual({ user: null });
  expect(ids(hears(only, "prompts.list", prompts))).toEqual(["alices", "bobs", "nobodys"]);
  expect(viewerOf(bob, "owner", alice)).toEqual({ uid: bob, everything: false, keeper: false });
});
