// Amounts that wait for the disk: summed by minute and place, bounded, and what found no room is counted.
import { expect, it } from "vitest";
import type { Amounts, Place } from "../../../helper/history/amounts.ts";
import { ownNetwork } from "../../../helper/history/networks.ts";
import { Overdue } from "../../../helper/history/overdue.ts";

const place = (host: string): Place => ({
  app: { path: "/usr/bin/a", name: "a", verified: false, icon: null },
  host,
  country: null,
  protocol: "tcp",
  user: 1000,
  loopback: false,
});
const some = (bytesIn: number): Amounts => ({ bytesIn, bytesOut: 0, connections: 1, blocked: 0 });

function taken(overdue: Overdue): unknown[] {
  const all: unknown[] = [];
  overdue.each((minute, waiting) => {
    for (const { place: at, amounts } of waiting) all.push([minute, at.host, amounts.bytesIn, amounts.connections]);
  });
  return all;
}

it("is summed by minute and place, and what is beyond the bound is counted", () => {
  const overdue = new Overdue(3);
  for (const [minute, host] of [
    [1, "a"],
    [1, "a"],
    [1, "b"],
    [2, "a"],
    [2, "b"], // no room
    [3, "a"], // no room
    [2, "a"],
  ] as const)
    overdue.add(minute, { place: place(host), amounts: some(10) }, ownNetwork);
  expect(overdue.lost).toBe(2);
  expect(taken(overdue)).toEqual([
    [1, "a", 20, 2],
    [1, "b", 10, 1],
    [2, "a", 20, 2],
  ]);
  expect([overdue.isEmpty, taken(overdue)]).toEqual([true, []]);
  overdue.add(4, { place: place("c"), amounts: some(1) }, ownNetwork);
  expect(taken(overdue)).toEqual([[4, "c", 1, 1]]);
});

it("what fails again stays, from the minute on that failed", () => {
  const overdue = new Overdue(10);
  for (const minute of [1, 2, 3]) overdue.add(minute, { place: place("a"), amounts: some(minute) }, ownNetwork);
  expect(() =>
    overdue.each((minute) => {
      if (minute === 2) throw new Error("full");
    }),
  ).toThrow("full");
  expect(taken(overdue)).toEqual([
    [2, "a", 2, 1],
    [3, "a", 3, 1],
  ]);
});
