// Connections that are older than the helper: whose names have to stay.
import { afterEach, expect, it, vi } from "vitest";
import { Survivors } from "../../../helper/names/survivors.ts";

afterEach(() => void vi.useRealTimers());

it("are those that were there at the start, as long as one of them is", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  let live = ["a", "b"];
  let reads = 0;
  const survivors = new Survivors(() => {
    reads++;
    return live;
  });
  live = ["b", "c"];
  expect(["a", "b", "c"].map((address) => survivors.isAt(address))).toEqual([true, true, false]);
  expect(reads).toBe(1);
  vi.advanceTimersByTime(10_001);
  expect(["c", "a", "b"].map((address) => survivors.isAt(address))).toEqual([false, false, true]);
  live = ["a", "b"];
  vi.advanceTimersByTime(10_001);
  expect(["a", "b"].map((address) => survivors.isAt(address))).toEqual([false, true]);
  // The second is fresh still, and of what is not there nobody asks the kernel.
  expect(reads).toBe(3);
});
