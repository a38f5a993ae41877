// Changes on trial on a real store: what comes back, what stays, and what a helper that died in the midst of one leaves to the next.
import { afterEach, beforeEach, expect, it } from "vitest";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { Action, Mode } from "../../contract/words.ts";
import type { Asked } from "../../helper/enforced-policy.ts";
import { boottime } from "../../helper/kernel/libc.ts";
import { Modes } from "../../helper/modes.ts";
import { Probation } from "../../helper/probation.ts";
import type { Store } from "../../helper/store/database.ts";
import { Profiles } from "../../helper/store/profiles.ts";
import { RuleChanges } from "../../helper/store/rule-changes.ts";
import { anyMatcher, Rules } from "../../helper/store/rules.ts";
import { Settings } from "../../helper/store/settings.ts";
import { temporaryStore } from "./store/temporary.ts";

const { open } = temporaryStore();

/** CLOCK_BOOTTIME, milliseconds: no alarm rings by itself, for it is far behind the real one only when a test says so. */
let now: number;
const clock = { boot: "this boot", boottime: () => now };
const opened: { close(): void }[] = [];
let store: Store;
let rules: Rules;

/** Over which the caller works, and how it fares. */
let session: Action | null;

beforeEach(() => {
  now = 1e15;
  session = null;
  store = open();
  rules = new Rules(store, clock);
});

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** As a helper that starts has them. `changed`: what is enforced is brought to what is left. */
function started(initial: Mode = "ask", changed = () => {}) {
  const settings = new Settings(store);
  const modes = new Modes({
    store,
    settings,
    profiles: new Profiles(store),
    clock,
    initial,
    catchUp: () => {},
    changed: () => {},
  });
  const probation = new Probation({
    store,
    settings,
    clock,
    modes,
    changes: new RuleChanges(store),
    sessionOf: () => (session === null ? [] : [{} as Asked]),
    decide: () => session ?? "allow",
    changed,
  });
  opened.push(modes, probation);
  probation.settleOverdue();
  return { modes, probation };
}

const on = (what: string, seconds: number | null = 60, uid = 0) => ({ what, pid: 1, seconds, uid });

function add(port: number): string {
  const rule = { ...anyMatcher, action: "allow", port, lifetime: "forever", note: "" } as const;
  return rules.add(rule, 1).rule.id;
}

/** What a program may do unasked: block, in whatever is of the same matcher's place. */
const block = (port: number, term = { lifetime: "forever" as RuleLifetime, expires: null as number | null }) =>
  rules.add({ ...anyMatcher, action: "block", port, lifetime: term.lifetime, note: "" }, 3, { ...term, processes: [] });

/** The person's rules, by port. */
const ports = () => rules.all().flatMap(({ rule }) => (rule.origin === "person" ? [rule.port] : []));

function later() {
  now += 3_600_000;
  return started();
}

it("gives back what was before the first of several", () => {
  const { modes, probation } = started();
  probation.attempt(on("Mode allow."), () => modes.set({ mode: "allow" }));
  probation.attempt(on("Mode block."), () => modes.set({ mode: "block" }));
  probation.attempt(on("Lockdown on."), () => modes.set({ lockdown: true }));
  expect(later().modes.state).toMatchObject({ mode: "ask", lockdown: false });
});

it("gives rules back in the reverse order, an undo too", () => {
  const { probation } = started();
  const old = add(1);
  probation.attempt(on("Removed."), () => rules.remove(old, 2));
  probation.attempt(on("Added."), () => void add(1));
  probation.attempt(
    on("Undone."),
    () => rules.changes.undo(rules.changes.newest() ?? 0),
    (inverse) => inverse,
  );
  expect(ports()).toEqual([]);
  later();
  expect(ports()).toEqual([1]);
  expect(rules.all().some(({ rule }) => rule.id === old)).toBe(true);
});

it("leaves alone what somebody else changed meanwhile, and gives the rest back", () => {
  const { modes, probation } = started();
  let made = "";
  probation.attempt(on("Mode block, and a rule."), () => {
    modes.set({ mode: "block" });
    made = add(1);
  });
  rules.remove(made, 2);
  add(1);
  expect(later().modes.state.mode).toBe("ask");
  expect(ports()).toEqual([1]);
});

it("outlives a helper that dies in the midst of the change, and takes it back", () => {
  const { modes, probation } = started();
  session = "allow";
  const died = new Error("killed");
  // What follows after the change never happens: no trial is finished, none is dropped.
  expect(() =>
    probation.attempt(on("A rule.", null), () => {
      add(1);
      modes.set({ mode: "block" });
      const next = later();
      expect(next.modes.state.mode).toBe("ask");
      expect(ports()).toEqual([]);
      throw died;
    }),
  ).toThrow(died);
});

it.each<[Action, Action, boolean]>([
  ["allow", "block", true],
  ["allow", "ask", true],
  ["ask", "block", true],
  ["block", "allow", false],
  ["ask", "ask", false],
])("is for whose own connection fares worse: %s, then %s", (before, after, expected) => {
  const { modes, probation } = started();
  session = before;
  probation.attempt(on("Mode block.", null), () => {
    modes.set({ mode: "block" });
    session = after;
  });
  expect(probation.trialOf(0, true) !== null).toBe(expected);
  expect(later().modes.state.mode).toBe(expected ? "ask" : "block");
});

it("is not for a change that fails: the earlier one stays on trial", () => {
  const { modes, probation } = started();
  probation.attempt(on("Mode block."), () => modes.set({ mode: "block" }));
  const before = probation.trialOf(0, true);
  const wrong = () => modes.chooseProfile({ name: "nowhere" });
  expect(() => probation.attempt(on("Another profile."), wrong)).toThrow("no such profile");
  expect(probation.trialOf(0, true)?.what).toBe(before?.what);
});

it("ends when it is confirmed, or when all of it is decided anew", () => {
  const { modes, probation } = started();
  expect(() => probation.confirm(0, true)).toThrow("Nothing is on trial");
  probation.attempt(on("Mode block."), () => modes.set({ mode: "block" }));
  probation.confirm(0, true);
  probation.attempt(on("Lockdown on."), () => modes.set({ lockdown: true }));
  probation.attempt(on("Lockdown off.", null), () => modes.set({ lockdown: false }));
  expect(probation.trialOf(0, true)).toBe(null);
  expect(later().modes.state).toMatchObject({ mode: "block", lockdown: false });
});

it("a state that cannot be read asks, whatever a new one would do", () => {
  expect(started("learn").modes.state.mode).toBe("learn");
  store.prepare("UPDATE settings SET value = '{}' WHERE name = 'standing'").run();
  expect(started("learn").modes.state.mode).toBe("ask");
});

it("a pause that is over is over on a full disk too, also for a helper that starts then", () => {
  const first = started();
  first.modes.pause("30m");
  now += 31 * 60_000;
  store.pragma("query_only = ON");
  const { modes } = started();
  expect(modes.situation.override).toBeNull();
  store.pragma("query_only = OFF");
});

it("what could not be taken back at the start, for the disk was full, stays on trial", () => {
  const first = started();
  first.probation.attempt(on("Mode allow."), () => first.modes.set({ mode: "allow" }));
  now += 61_000;
  store.pragma("query_only = ON");
  const { probation, modes } = started();
  expect(probation.trialOf(0, true)).not.toBeNull();
  store.pragma("query_only = OFF");
  probation.settleOverdue();
  expect(probation.trialOf(0, true)).toBeNull();
  expect(modes.situation.mode).toBe("ask");
});

it("what is taken back of it is enforced, also where the rest cannot be stored", async () => {
  now = Math.floor(boottime());
  let enforced = known();
  const { probation, modes } = started("ask", () => {
    enforced = known();
  });
  probation.attempt(on("Mode allow, and a rule.", 0), () => {
    add(1);
    modes.set({ mode: "allow" });
  });
  enforced = known();
  expect(enforced).toEqual(["allow 1, forever"]);
  // The disk has room for what makes it smaller alone.
  store.exec(`CREATE TEMP TRIGGER no_room BEFORE INSERT ON settings WHEN new.name = 'standing'
    BEGIN SELECT raise(ABORT, 'no room'); END`);
  await expect.poll(() => known(), { timeout: 10_000 }).toEqual([]);
  expect(enforced).toEqual([]);
  expect(modes.state.mode).toBe("allow");
});

it("lets more through for good where somebody keeps it, or keeps more out", () => {
  const of = (change: (parts: ReturnType<typeof started>) => void, from: Mode = "ask") => {
    const parts = started();
    parts.modes.set({ mode: from, lockdown: false, pause: null });
    parts.probation.attempt(on("A change."), () => change(parts));
    const widens = parts.probation.widens(0, true);
    parts.probation.confirm(0, true);
    expect(parts.probation.widens(0, true)).toBe(false);
    return widens;
  };
  expect(of(({ modes }) => modes.set({ mode: "block" }))).toBe(false);
  expect(of(({ modes }) => modes.set({ lockdown: true }))).toBe(false);
  expect(of(({ modes }) => modes.set({ mode: "ask" }), "allow")).toBe(false);
  expect(of(({ modes }) => modes.set({ mode: "ask" }), "block")).toBe(true);
  for (const mode of ["allow", "learn"] as const) expect(of(({ modes }) => modes.set({ mode }))).toBe(true);
  expect(of(({ modes }) => modes.pause("1h"))).toBe(true);
  expect(of(({ modes }) => modes.chooseProfile({ name: null }))).toBe(true);
  const rule = (action: Action, port: number) =>
    rules.add({ ...anyMatcher, action, port, lifetime: "forever", note: "" }, 1).rule.id;
  const [allow, blocked] = [rule("allow", 1), rule("block", 2)];
  expect(of(() => void rule("block", 3))).toBe(false);
  expect(of(() => void rule("block", 1))).toBe(false);
  const expires = (hours: number) => ({ lifetime: `${hours}h` as const, expires: now + hours * 3_600_000 });
  block(6, expires(2));
  expect(of(() => void block(6, expires(3)))).toBe(false);
  expect(of(() => void block(6, expires(1)))).toBe(true);
  expect(of(() => void rule("block", 3))).toBe(false);
  expect(of(() => void rule("ask", 3))).toBe(true);
  expect(of(() => void rule("allow", 4))).toBe(true);
  expect(of(() => void rule("ask", 5))).toBe(true);
  expect(of(() => void rules.enable(blocked, false, 1))).toBe(true);
  expect(of(() => void rules.enable(blocked, true, 1))).toBe(false);
  expect(of(() => rules.remove(blocked, 1))).toBe(true);
  expect(allow).not.toBe(blocked);
});

it("several changes on trial are kept or not as one: the laxest of them counts, by what was before the first", () => {
  const { modes, probation } = started();
  modes.set({ lockdown: true });
  probation.attempt(on("Lockdown off."), () => modes.set({ lockdown: false }));
  probation.attempt(on("Mode block."), () => modes.set({ mode: "block" }));
  expect(probation.widens(0, true)).toBe(true);
  probation.attempt(on("Lockdown on."), () => modes.set({ lockdown: true }));
  expect(probation.widens(0, true)).toBe(false);
});

it("an undo of rules on trial, and what a helper left in the midst of one, is nothing that is known to keep more out", () => {
  const { probation } = started();
  add(1);
  probation.attempt(
    on("Undone."),
    () => rules.changes.undo(rules.changes.newest() ?? 0),
    (inverse) => inverse,
  );
  expect(probation.widens(0, true)).toBe(true);
  probation.confirm(0, true);
  session = "allow";
  const died = new Error("killed");
  const { attempt } = Probation.prototype;
  expect(() =>
    attempt.call(probation, on("Killed."), () => {
      add(2);
      store.pragma("query_only = ON");
      throw died;
    }),
  ).toThrow();
  store.pragma("query_only = OFF");
  expect(started().probation.widens(0, true)).toBe(true);
});

/** The person's rules: "action port, lifetime". */
const known = () =>
  rules.all().flatMap(({ rule }) => {
    const { origin, action, port, lifetime, enabled } = rule;
    return origin === "person" ? [`${action} ${port}, ${lifetime}${enabled ? "" : ", off"}`] : [];
  });

it("is taken back however many blocks are made meanwhile", () => {
  const { probation } = started();
  probation.attempt(on("A rule."), () => void add(1));
  for (let more = 0; more < 210; more++) block(2);
  later();
  expect(ports()).toEqual([2]);
  // What is not on trial any more is not kept for it.
  block(3);
  expect(store.prepare("SELECT count(*) FROM rule_changes").pluck().get()).toBe(200);
});

it("so is what its helper's death left unfinished", () => {
  const { probation } = started();
  const died = new Error("killed");
  const work = () => {
    add(1);
    for (let more = 0; more < 210; more++) block(2);
    later();
    throw died;
  };
  expect(() => probation.attempt(on("A rule."), work)).toThrow(died);
  expect(ports()).toEqual([]);
});

it("is taken back whatever is blocked in the place of its rules, old and new; the blocks stay", () => {
  const { probation } = started();
  const inHours = (hours: number) => ({ lifetime: `${hours}h` as const, expires: now + hours * 3_600_000 });
  const removed = [block(1), block(2, inHours(8)), add(3)].map((made) =>
    typeof made === "string" ? made : made.rule.id,
  );
  const off = block(4, inHours(8)).rule.id;
  const hours = { ...anyMatcher, action: "allow", port: 7, lifetime: "8h", note: "" } as const;
  removed.push(rules.add(hours, 1, { ...inHours(8), processes: [] }).rule.id);
  probation.attempt(on("Rules."), () =>
    rules.changes.record(2, () => {
      for (const id of removed) rules.remove(id, 2);
      rules.enable(off, false, 2);
      for (const port of [5, 6]) add(port);
    }),
  );
  expect(known().sort()).toEqual(["allow 5, forever", "allow 6, forever", "block 4, 8h, off"]);
  for (const port of [1, 3, 5]) block(port);
  for (const port of [2, 4, 7]) block(port, inHours(2));
  later();
  expect(known().sort()).toEqual([
    "block 1, forever",
    "block 2, 8h",
    "block 3, forever",
    "block 4, 8h",
    "block 5, forever",
    "block 7, 2h",
  ]);
});

it("so is an undo", () => {
  const { probation } = started();
  add(1);
  rules.changes.record(2, () => {
    for (const port of [1, 2]) block(port);
  });
  probation.attempt(
    on("Undone."),
    () => rules.changes.undo(rules.changes.newest() ?? 0),
    (inverse) => inverse,
  );
  expect(known()).toEqual(["allow 1, forever"]);
  block(1);
  later();
  expect(known().sort()).toEqual(["block 1, forever", "block 2, forever"]);
});

it("gives back nothing that allows, nor in the place of what allows, where somebody decided otherwise since", () => {
  const { probation } = started();
  const allow = add(1);
  const blocked = block(2).rule.id;
  probation.attempt(on("Off."), () => {
    rules.enable(allow, false, 2);
    rules.remove(blocked, 2);
  });
  rules.remove(allow, 3);
  add(2);
  later();
  expect(known()).toEqual(["allow 2, forever"]);
});

const [alice, bob, carol] = [1000, 1001, 1002];

/** Hers: the mode, for an hour. His: a rule that cuts his own connection, for a minute. */
function bothOnTrial() {
  const { modes, probation } = started();
  probation.attempt(on("Mode block.", 3600, alice), () => modes.set({ mode: "block" }));
  session = "allow";
  probation.attempt(on("A new rule.", null, bob), () => {
    add(1);
    session = "block";
  });
  session = null;
  expect([alice, bob].map((uid) => probation.trialOf(uid, false)?.what)).toEqual(["Mode block.", "A new rule."]);
  return { modes, probation };
}

it("each person's is their own: another's end takes back nothing of theirs, nor does another's confirmation keep it", () => {
  bothOnTrial();
  now += 61_000;
  const { modes, probation } = started();
  expect(ports()).toEqual([]);
  expect(modes.state.mode).toBe("block");
  expect(probation.trialOf(bob, false)).toBeNull();
  expect(() => probation.confirm(bob, false)).toThrow("Nothing is on trial");
  probation.confirm(alice, false);
  expect(later().modes.state.mode).toBe("block");
});

it("so it is the other way round", () => {
  bothOnTrial().probation.confirm(bob, false);
  expect(later().modes.state.mode).toBe("ask");
  expect(ports()).toEqual([1]);
});

it("who sees everything confirms the next to end, and their own before it", () => {
  const { modes, probation } = bothOnTrial();
  expect(probation.trialOf(0, true)?.what).toBe("A new rule.");
  probation.attempt(on("Lockdown on.", 3600), () => modes.set({ lockdown: true }));
  expect(probation.trialOf(0, true)?.what).toBe("Lockdown on.");
  for (const left of ["A new rule.", "Mode block.", undefined]) {
    probation.confirm(0, true);
    expect(probation.trialOf(0, true)?.what).toBe(left);
  }
  expect(() => probation.confirm(0, true)).toThrow("Nothing is on trial");
});

it("who sees everything is told, asked about and keeps one and the same: their own, root's, the next to end", () => {
  const { modes, probation } = started();
  const is = (uid: number, what: string, widens: boolean) => {
    expect(probation.trialOf(uid, true)?.what).toBe(what);
    expect(probation.onTrial(uid, true)?.what).toBe(what);
    expect(probation.widens(uid, true)).toBe(widens);
  };
  probation.attempt(on("Mode allow.", 3600, bob), () => modes.set({ mode: "allow" }));
  probation.attempt(on("A block.", 60, carol), () => void block(1));
  is(alice, "A block.", false);
  probation.attempt(on("Lockdown on.", 3600), () => modes.set({ lockdown: true }));
  is(alice, "Lockdown on.", false);
  probation.attempt(on("A rule.", 600, alice), () => void add(2));
  is(alice, "A rule.", true);
  is(0, "Lockdown on.", false);
  probation.confirm(alice, true);
  is(alice, "Lockdown on.", false);
  expect(probation.trialOf(alice, false)).toBeNull();
  expect(probation.widens(alice, false)).toBe(false);
});

it("a change that cuts its maker's connection does not make what is laxer stay for longer", () => {
  const { modes, probation } = started();
  const cut = () => {
    session = "allow";
    probation.attempt(on("A block.", null, alice), () => {
      block(1);
      session = "block";
    });
  };
  probation.attempt(on("Mode allow.", 50, alice), () => modes.set({ mode: "allow" }));
  const { ends } = probation.onTrial(alice, false) ?? {};
  cut();
  expect(probation.onTrial(alice, false)).toEqual({ what: "A block.", ends });
  now += 50_000;
  expect(started().modes.state.mode).toBe("ask");
  expect(ports()).toEqual([]);
});

/** What is on trial for an hour, and a change that cuts its maker's connection: how many seconds are left. */
function leftAfterCut(change: (parts: ReturnType<typeof started>) => void, seconds = 3600): number {
  const parts = started();
  parts.probation.attempt(on("A change.", seconds, alice), () => change(parts));
  session = "allow";
  parts.probation.attempt(on("A block.", null, alice), () => {
    block(9);
    session = "block";
  });
  return ((parts.probation.onTrial(alice, false)?.ends ?? 0) - now) / 1000;
}

it.each<[string, (parts: ReturnType<typeof started>) => void]>([
  ["a stricter mode", ({ modes }) => modes.set({ mode: "block" })],
  ["a lockdown", ({ modes }) => modes.set({ lockdown: true })],
  ["another profile", ({ modes }) => modes.set({ profile: { automatic: false, name: null } })],
  ["a block", () => void block(1)],
  [
    "a stricter mode with a rule that allows",
    ({ modes }) => {
      add(1);
      modes.set({ mode: "block" });
    },
  ],
])("a change that cuts its maker's connection ends no trial sooner of what keeps more out: %s", (_, change) => {
  expect(leftAfterCut(change)).toBe(3600);
});

it("a pause that is shorter on trial is not the longer one any sooner", () => {
  const shorter = ({ modes }: ReturnType<typeof started>) => modes.pause("1h");
  started().modes.pause("4h");
  expect(leftAfterCut(shorter)).toBe(3600);
});

it("a cut connection comes back in a minute where all that is on trial lets more through, or ends before", () => {
  expect(leftAfterCut(({ modes }) => modes.set({ mode: "allow" }))).toBe(60);
  expect(leftAfterCut(({ modes }) => modes.set({ mode: "block" }), 50)).toBe(60);
});

it("a setting that another changed since is on trial as theirs, and goes back to what was before both", () => {
  const { modes, probation } = started();
  probation.attempt(on("Mode block.", 3600, alice), () => modes.set({ mode: "block" }));
  probation.attempt(on("Mode allow.", 60, bob), () => modes.set({ mode: "allow" }));
  expect(probation.trialOf(alice, false)).toBeNull();
  now += 61_000;
  expect(started().modes.state.mode).toBe("ask");
});

it("what died in the midst of another's goes back to what was before both", () => {
  const { modes, probation } = started();
  probation.attempt(on("Mode block.", 60, alice), () => modes.set({ mode: "block" }));
  const died = new Error("killed");
  expect(() =>
    probation.attempt(on("Mode allow.", 60, bob), () => {
      modes.set({ mode: "allow" });
      expect(later().modes.state.mode).toBe("ask");
      throw died;
    }),
  ).toThrow(died);
});

it("one that an older helper left is taken back", () => {
  const { modes } = started();
  modes.set({ mode: "allow" });
  const left = {
    what: "Mode allow.",
    ends: { boot: clock.boot, at: now },
    before: { mode: "ask" },
    rules: [],
    after: null,
  };
  new Settings(store).set("trial", left);
  expect(later().modes.state.mode).toBe("ask");
});
