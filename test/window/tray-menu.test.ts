// What the tray shows, made of what the helper said: its state, its line, its menu and its picture.
import { describe, expect, test } from "vitest";
import { en } from "../../main/window/text/en.ts";
import { clockText } from "../../main/window/tray/clock.ts";
import {
  narrows,
  statusLine,
  type TrayFacts,
  type TrayItem,
  trayMenu,
  trayState,
} from "../../main/window/tray/menu.ts";
import { trayPicture } from "../../main/window/tray/picture.ts";

const english = en.tray;
const up: TrayFacts = { link: "up", status: { mode: "ask", override: null, degraded: [] }, held: 0, inbox: 0 };
const of = (change: Partial<NonNullable<TrayFacts["status"]>>): TrayFacts => ({
  ...up,
  status: { mode: "ask", override: null, degraded: [], ...change },
});
const ends = "2026-11-26T10:00:00.000Z";
const clock = () => "11:00";
const acts = (items: TrayItem[]): Extract<TrayItem, { kind: "act" }>[] =>
  items.flatMap((each) => (each.kind === "group" ? acts(each.items) : each.kind === "act" ? [each] : []));

describe("the state", () => {
  test("tells what matters most: no helper, then lockdown and pause, then what waits, then the mode", () => {
    const waits = { held: 2, inbox: 3 };
    expect(trayState({ ...up, ...waits, link: "away" })).toBe("away");
    expect(trayState({ ...up, link: "connecting", status: null })).toBe("away");
    expect(trayState({ ...of({ override: { kind: "lockdown", ends: null } }), ...waits })).toBe("lockdown");
    expect(trayState({ ...of({ mode: "learn", override: { kind: "pause", ends } }), ...waits })).toBe("paused");
    expect(trayState({ ...of({ mode: "learn" }), ...waits })).toBe("waiting");
    expect(trayState({ ...of({ mode: "learn" }), inbox: 1 })).toBe("learning");
    expect(trayState(of({ mode: "block" }))).toBe("blocking");
    expect(trayState(up)).toBe("asking");
  });

  test("is a line of words as well", () => {
    expect(statusLine(of({ override: { kind: "pause", ends } }), english, clock)).toBe("Paused until 11:00");
    expect(statusLine(of({ degraded: [{ code: "x", message: "y" }] }), english, clock)).toContain("with limits");
    expect(statusLine({ ...up, link: "away" }, english, clock)).toContain("not answering");
  });

  test("says of another day which it is", () => {
    const now = new Date(2026, 10, 26, 9, 0);
    const at = (day: number) => new Date(2026, 10, day, 14, 21).toISOString();
    expect(clockText(at(26), now, "en")).toBe("14:21");
    expect(clockText(at(27), now, "en")).toBe("27 Nov, 14:21");
    expect(clockText(at(27), now, "de")).toBe("27. Nov., 14:21");
    // The same day of another month.
    expect(clockText(new Date(2026, 11, 26, 14, 21).toISOString(), now, "en")).toBe("26 Dec, 14:21");
  });

  test("has a picture of its own, whose corners of the square are empty", () => {
    const states = ["asking", "waiting", "learning", "allowing", "blocking", "paused", "lockdown", "away"] as const;
    const pictures = states.map((state) => trayPicture(state, 24));
    expect(new Set(pictures.map((each) => each.toString("hex"))).size).toBe(states.length);
    for (const each of pictures) {
      expect(each).toHaveLength(24 * 24 * 4);
      expect(each.readUInt32LE(0)).toBe(0);
      // Colours are multiplied by their opacity: none is stronger than it.
      for (let at = 0; at < each.length; at += 4)
        expect(Math.max(each[at] ?? 0, each[at + 1] ?? 0, each[at + 2] ?? 0)).toBeLessThanOrEqual(each[at + 3] ?? 0);
    }
  });
});

describe("the menu", () => {
  test("offers every mode, and marks the one there is", () => {
    const modes = acts(trayMenu(of({ mode: "learn" }), english, clock)).filter(({ act }) => act.do === "mode");
    expect(modes.map(({ act, on }) => [act.do === "mode" && act.mode, on])).toEqual([
      ["ask", false],
      ["learn", true],
      ["allow", false],
      ["block", false],
    ]);
  });

  test("ends a pause only where there is one, and lockdown where there is lockdown", () => {
    const end = (facts: TrayFacts) =>
      acts(trayMenu(facts, english, clock)).find(({ act }) => act.do === "pause" && act.for === null);
    expect(end(up)?.off).toBe(true);
    expect(end(of({ override: { kind: "pause", ends } }))?.off).toBe(false);
    const lock = acts(trayMenu(of({ override: { kind: "lockdown", ends: null } }), english, clock)).find(
      ({ act }) => act.do === "lockdown",
    );
    expect(lock).toMatchObject({ on: true, act: { on: false } });
  });

  test("carries out what blocks more or ends a pause, and says of everything else that the window asks first", () => {
    for (const override of [null, { kind: "pause", ends }, { kind: "lockdown", ends: null }] as const) {
      const menu = acts(trayMenu(of({ mode: "learn", override }), english, clock));
      const standing = menu.flatMap(({ label, act }) =>
        act.do === "mode" || act.do === "pause" || act.do === "lockdown" ? [{ label, act }] : [],
      );
      expect(standing).toHaveLength(9);
      const done = standing.filter(({ act }) => narrows(act)).map(({ label }) => label);
      expect(done).toEqual(["Block", "End the pause", ...(override?.kind === "lockdown" ? [] : ["Lockdown"])]);
      for (const { label, act } of standing) expect(label.endsWith("…"), label).toBe(!narrows(act));
    }
  });

  test("changes nothing without a helper; what leads to the windows and out stays", () => {
    const open = acts(trayMenu({ ...up, link: "away" }, english, clock)).filter(({ off }) => !off);
    expect(open.map(({ act }) => act.do)).toEqual(["open", "open", "open", "open", "quit"]);
  });
});
