// Questions that nobody can be asked about: how long their flows wait, for whom, and what becomes of them.
import { beforeEach, expect, it, vi } from "vitest";
import { type Unattended, UnattendedFlows, type Waiting } from "../../../helper/people/unattended.ts";

const [alice, bob] = [1000, 1001];
const patience = 30_000;
let now: number;
let waiting: Waiting[];
let there: Set<number | null>;
let carriedOut: [string, string][];

beforeEach(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  [now, waiting, there, carriedOut] = [0, [], new Set(), []];
});
const flow = (id: string, person: number | null) => ({ id, person, app: "/usr/bin/curl", address: "192.0.2.1" });
const made = (choice: Unattended) =>
  new UnattendedFlows({
    ...{ choice, patience, waiting: () => waiting, isAttended: (person) => there.has(person ?? null), now: () => now },
    carryOut: (id, verdict) => void carriedOut.push([id, verdict]),
  });

it.each(["block", "allow"] as const)("wait for as long as was said, and are then decided: %s", (choice) => {
  const flows = made(choice);
  waiting = [flow("1", alice)];
  flows.look();
  now = patience - 1;
  flows.look();
  expect(carriedOut).toEqual([]);
  now = patience;
  flows.look();
  expect(carriedOut).toEqual([["1", choice]]);
});

it("are held without end where that was chosen", () => {
  const flows = made("hold");
  waiting = [flow("1", alice)];
  flows.look();
  now = 10 * patience;
  flows.look();
  expect(carriedOut).toEqual([]);
});

it("wait for their own person: that another is there is of no use", () => {
  const flows = made("block");
  waiting = [flow("hers", alice), flow("his", bob), flow("nobodys", null)];
  there = new Set([bob]);
  flows.look();
  now = patience;
  flows.look();
  expect(carriedOut.map(([id]) => id)).toEqual(["hers", "nobodys"]);
});

it("begin to wait anew once somebody came, and with each connection", () => {
  const flows = made("block");
  waiting = [flow("1", alice)];
  flows.look();
  now = patience - 1;
  there.add(alice);
  flows.look();
  there.delete(alice);
  flows.look();
  now = patience + 1;
  flows.look();
  expect(carriedOut).toEqual([]);
  waiting = [];
  flows.look();
  // A number is given again by the next helper's flows, never by this one's; it is a new wait all the same.
  waiting = [flow("1", alice)];
  now = 2 * patience;
  flows.look();
  expect(carriedOut).toEqual([]);
});
