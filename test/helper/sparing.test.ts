// What others made long is done seldom: a person's window looks each second, whatever there is to look through.
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Recorder } from "../../helper/history/recorder.ts";
import { TrafficCounts, type TrafficCountsParts } from "../../helper/traffic-counts.ts";

let walks: number;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  walks = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

/** A walk through all descriptors of the computer. */
const walk = (milliseconds: number) => () => {
  walks++;
  vi.advanceTimersByTime(milliseconds);
  return [];
};

function counts(milliseconds: number): TrafficCounts {
  const recorder = { allDatagrams: () => [] } as unknown as Recorder;
  const programs = { readTraffic: walk(milliseconds) };
  return new TrafficCounts({ programs, recorder, isKnown: () => true } as unknown as TrafficCountsParts);
}

it("counts whenever it is asked, while that is quick", () => {
  const traffic = counts(5);
  for (let n = 0; n < 3; n++) traffic.refresh();
  expect(walks).toBe(3);
});

it("counts seldom where that takes seconds", () => {
  const traffic = counts(3000);
  for (let second = 0; second < 60; second++) {
    traffic.refresh();
    vi.advanceTimersByTime(1000);
  }
  expect(walks).toBe(2);
});
