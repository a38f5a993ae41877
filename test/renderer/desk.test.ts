// Which card lies on the desk: never another under the hand, nothing while it is quiet or of an app that is snoozed, one summary afterwards.
import { describe, expect, test } from "vitest";
import type { Attention } from "../../contract/bridge.ts";
import type { Prompt } from "../../contract/words.ts";
import {
  emptyDesk,
  heed,
  missed,
  putAllAside,
  putCardAside,
  queueLength,
  type Stack,
  settleDesk,
  siblings,
  sleepers,
  takeUp,
} from "../../renderer/prompt/desk.ts";
import { quietAfter, sections } from "../../renderer/views/inbox/groups.ts";
import { anEndpoint, aPrompt, curl, firefox } from "../window/scenario.ts";

const awake: Attention = { quiet: null, snoozed: [] };
const locked: Attention = { quiet: { why: "locked", since: "2026-11-23T09:00:05.000Z" }, snoozed: [] };
const at = (second: number): string => `2026-11-23T09:00:${String(second).padStart(2, "0")}.000Z`;
const a = aPrompt("a", curl, anEndpoint("192.0.2.1"), { opened: at(1) });
const b = aPrompt("b", firefox, anEndpoint("192.0.2.2"), { opened: at(2) });
const c = aPrompt("c", firefox, anEndpoint("192.0.2.3"), { opened: at(6) });

function stack(attention: Attention, ...prompts: Prompt[]): Stack {
  return {
    held: prompts.filter(({ state }) => state === "held"),
    known: new Map(prompts.map((prompt) => [prompt.id, prompt])),
    attention,
  };
}

describe("the desk", () => {
  test("keeps the card in use whatever arrives, also when its attempt dies; then the oldest is next", () => {
    const desk = settleDesk(emptyDesk, stack(awake, b));
    expect(settleDesk(desk, stack(awake, a, b, c)).card).toBe("b");
    expect(settleDesk(desk, stack(awake, a, { ...b, state: "inbox" })).card).toBe("b");
    expect(settleDesk(desk, stack(awake, a, c)).card).toBe("a");
    expect(putCardAside(desk, stack(awake, a, b)).card).toBe("a");
  });

  test("counts apps, not questions", () => {
    const there = stack(awake, a, b, c);
    const desk = settleDesk({ ...emptyDesk, card: "b" }, there);
    expect(queueLength(desk, there)).toBe(2);
    expect(siblings(desk, there)).toBe(1);
    expect(queueLength(putAllAside(desk, there), there)).toBe(0);
  });

  test("has nothing of a snoozed app, not even the card in use, until it is awake again", () => {
    const snoozed = { quiet: null, snoozed: [{ app: firefox.path, until: at(59) }] };
    const desk = settleDesk({ ...emptyDesk, card: "b" }, stack(awake, a, b));
    expect(settleDesk(desk, stack(snoozed, b, c)).card).toBeNull();
    const there = stack(snoozed, a, b, c);
    expect(settleDesk(desk, there).card).toBe("a");
    expect(queueLength(settleDesk(desk, there), there)).toBe(1);
    expect(takeUp(settleDesk(desk, there), there).card).toBe("a");
    expect(settleDesk(settleDesk(desk, stack(snoozed, b)), stack(awake, b)).card).toBe("b");
  });

  test("is empty while it is quiet; afterwards the summary of what was asked meanwhile comes before any card", () => {
    const before = settleDesk(emptyDesk, stack(awake, a));
    const quiet = heed(awake, before, stack(locked, a));
    expect(quiet.card).toBeNull();
    expect(settleDesk(quiet, stack(locked, a, c)).card).toBeNull();
    const back = heed(locked, quiet, stack(awake, a, c));
    expect(back).toMatchObject({ card: null, back: locked.quiet });
    expect(missed([a, c], locked.quiet!)).toEqual([c]);
    // What is asked again counts, though its question is old.
    expect(missed([{ ...a, last: at(7) }], locked.quiet!)).toHaveLength(1);
    expect(settleDesk({ ...back, back: null }, stack(awake, a, c)).card).toBe("a");
    expect(putAllAside(back, stack(awake, a, c))).toMatchObject({ card: null, back: null });
    // Answered elsewhere meanwhile: there is nothing to tell.
    expect(settleDesk(back, stack(awake, a))).toMatchObject({ card: "a", back: null });
  });

  describe("while it is quiet", () => {
    const film: Attention = { quiet: { why: "fullscreen", since: at(5) }, snoozed: [] };

    test("has the questions for whoever asks for them, until none is left", () => {
      const quiet = heed(awake, emptyDesk, stack(film, a, c));
      expect(quiet.card).toBeNull();
      const called = takeUp(quiet, stack(film, a, c));
      expect(called.card).toBe("a");
      const next = settleDesk(called, stack(film, c));
      expect(next.card).toBe("c");
      const done = settleDesk(next, stack(film));
      expect(settleDesk(done, stack(film, b)).card).toBeNull();
      expect(settleDesk(putAllAside(next, stack(film, c)), stack(film, b, c)).card).toBeNull();
    });

    test("what was asked for stays when it ends, without a summary, and goes when it begins", () => {
      const called = takeUp(emptyDesk, stack(film, a, c));
      expect(heed(film, called, stack(awake, a, c))).toMatchObject({ card: "a", back: null });
      const before = takeUp(emptyDesk, stack(awake, a, c));
      expect(heed(awake, before, stack(film, a, c)).card).toBeNull();
    });

    test("a locked screen has nothing for anybody", () => {
      expect(takeUp(emptyDesk, stack(locked, a)).card).toBeNull();
      const called = takeUp(emptyDesk, stack(film, a));
      const shut = heed(film, called, stack(locked, a));
      expect(shut.card).toBeNull();
      expect(heed(locked, shut, stack(film, a)).card).toBeNull();
    });
  });

  test("of snoozed apps alone is asked for by their names", () => {
    const snoozed = { quiet: null, snoozed: [{ app: firefox.path, until: at(59) }] };
    expect(sleepers(stack(snoozed, b, c))).toEqual([firefox.path]);
    expect(sleepers(stack(snoozed, a, b))).toEqual([]);
    expect(sleepers(stack(snoozed))).toEqual([]);
  });

  test("says nothing after a quiet time in which nobody asked: the card is back", () => {
    const quiet = heed(awake, settleDesk(emptyDesk, stack(awake, a)), stack(locked, a));
    expect(heed(locked, quiet, stack(awake, a))).toMatchObject({ card: "a", back: null });
  });

  test("tells of two quiet times at once when the first summary was not read", () => {
    const back = heed(locked, emptyDesk, stack(awake, c));
    const again: Attention = { quiet: { why: "fullscreen", since: at(30) }, snoozed: [] };
    const second = heed(awake, back, stack(again, c));
    expect(second.card).toBeNull();
    expect(heed(again, second, stack(awake, c)).back).toEqual(locked.quiet);
  });
});

describe("the inbox", () => {
  const now = Date.parse(at(0)) + 30 * 24 * 3_600_000;
  const inbox = (id: string, change: Partial<Prompt>): Prompt =>
    aPrompt(id, curl, anEndpoint("192.0.2.1"), { state: "inbox", opened: at(1), ...change });
  const recent = new Date(now - quietAfter + 1000).toISOString();
  const ids = (groups: readonly { prompts: Prompt[] }[]): string[][] =>
    groups.map(({ prompts }) => prompts.map(({ id }) => id));

  test("groups by app, waiting first; what nobody tried for two weeks folds away, however old its question is", () => {
    const all = [
      inbox("3", { last: recent }),
      { ...b, opened: recent },
      inbox("1", {}),
      inbox("2", { last: recent }),
      c,
    ];
    const { waiting, unanswered, quiet } = sections(all, "", now);
    expect(ids(waiting)).toEqual([["c", "b"]]);
    expect(ids(unanswered)).toEqual([["2", "3"]]);
    expect(ids(quiet)).toEqual([["1"]]);
  });

  test("finds by app, path, host, address and port, every word of it", () => {
    const named = inbox("n", { last: recent, app: firefox, endpoint: anEndpoint("192.0.2.9") });
    const all = [{ ...named, endpoints: [{ ...anEndpoint("192.0.2.9", 8443), host: "www.example.org" }] }];
    for (const query of ["firefox", "/usr/lib", "EXAMPLE", "192.0.2.9", "8443", "fire example"]) {
      expect(ids(sections(all, query, now).unanswered)).toEqual([["n"]]);
    }
    expect(ids(sections(all, "firefox other", now).unanswered)).toEqual([]);
  });

  test("keeps programs apart that nobody can be sure of", () => {
    const unknown = { ...curl, verified: false, path: "[curl]" };
    const all = [1, 2].map((pid) =>
      inbox(`${pid}`, { app: unknown, last: recent, process: { pid, uid: 0, command: "" } }),
    );
    expect(sections(all, "", now).unanswered).toHaveLength(2);
  });
});
