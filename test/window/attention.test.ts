// What nobody wants to be asked just now, without any window: a snooze ends when it was said to end, whatever the computer did meanwhile.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Attention } from "../../contract/bridge.ts";
import { AttentionKeeper } from "../../main/window/attention.ts";

const minute = 60_000;
const told: string[][] = [];
const names = ({ snoozed }: Attention) => snoozed.map(({ app }) => app);
let keeper: AttentionKeeper;

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-03-10T12:00:00Z") });
  told.length = 0;
  keeper = new AttentionKeeper(
    (attention) => told.push(names(attention)),
    () => ({ quietFullscreen: true, quietDoNotDisturb: true }),
  );
});
afterEach(() => {
  keeper.close();
  vi.useRealTimers();
});

test("a snooze ends by itself, each at its own time, is told once, and then nothing is waited for", () => {
  keeper.snooze("/a", 60);
  keeper.snooze("/b", 15);
  expect(keeper.attention.snoozed).toEqual([
    { app: "/a", until: "2026-03-10T13:00:00.000Z" },
    { app: "/b", until: "2026-03-10T12:15:00.000Z" },
  ]);
  vi.advanceTimersByTime(15 * minute - 1);
  expect(told).toEqual([["/a"], ["/a", "/b"]]);
  vi.advanceTimersByTime(1);
  expect(told.slice(2)).toEqual([["/a"]]);
  vi.advanceTimersByTime(45 * minute);
  expect(told.slice(3)).toEqual([[]]);
  expect(vi.getTimerCount()).toBe(0);
});

test("one that is made longer meanwhile ends at its new time", () => {
  keeper.snooze("/a", 15);
  vi.advanceTimersByTime(10 * minute);
  keeper.snooze("/a", 60);
  vi.advanceTimersByTime(59 * minute);
  expect(names(keeper.attention)).toEqual(["/a"]);
  vi.advanceTimersByTime(minute);
  expect(names(keeper.attention)).toEqual([]);
});

test("a computer that slept through it asks again within a minute", () => {
  keeper.snooze("/a", 60);
  vi.advanceTimersByTime(minute);
  // Timers stand still in sleep, the clock does not.
  vi.setSystemTime(Date.now() + 120 * minute);
  vi.advanceTimersByTime(minute);
  expect(told.at(-1)).toEqual([]);
});
