// Ten minutes by the second, in bounded memory.
import { expect, it } from "vitest";
import { Seconds } from "../../../helper/history/seconds.ts";

const amounts = { bytesIn: 1, bytesOut: 2, connections: 0, blocked: 0 };

function told(seconds: Seconds, from: number, to: number): [number, number][] {
  const all: [number, number][] = [];
  seconds.each(from, to, (second, key) => all.push([second, key]));
  return all;
}

it("tells what was added, of the time that is asked for", () => {
  const seconds = new Seconds();
  for (let second = 100; second < 110; second++) seconds.add(second, 1, amounts);
  expect(told(seconds, 103, 105)).toEqual([
    [103, 1],
    [104, 1],
  ]);
});

it("loses nothing of ten minutes while it grows, and says from when on nothing is missing once it is full", () => {
  const seconds = new Seconds();
  for (let second = 0; second < 600; second++) for (let key = 0; key < 50; key++) seconds.add(second, key, amounts);
  expect(told(seconds, 0, 600)).toHaveLength(30_000);
  expect(seconds.since).toBe(Number.NEGATIVE_INFINITY);
  for (let key = 0; key < 40_000; key++) seconds.add(600, key, amounts);
  expect(told(seconds, 0, 700)).toHaveLength(32_768);
  expect(seconds.since).toBe(601);
});

it("reuses the places of what is older than ten minutes", () => {
  const seconds = new Seconds();
  for (let second = 0; second < 100_000; second++) seconds.add(second, 1, amounts);
  expect(told(seconds, 99_400, 100_000)).toHaveLength(600);
  expect(told(seconds, 0, 98_000)).toEqual([]);
  expect(seconds.since).toBeLessThan(99_400);
});

it("forgets a time, of some keys or of all", () => {
  const seconds = new Seconds();
  for (const key of [1, 2]) for (const second of [10, 11]) seconds.add(second, key, amounts);
  seconds.remove(10, 11, new Set([1]));
  expect(told(seconds, 0, 20)).toHaveLength(3);
  seconds.remove(0, 20, null);
  expect(told(seconds, 0, 20)).toEqual([]);
});
