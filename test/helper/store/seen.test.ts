// What was seen while learning stays bounded, and counts add up.
import { expect, it } from "vitest";
import type { Seen } from "../../../helper/policy/proposals.ts";
import { SeenRows } from "../../../helper/store/seen.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();
const seen = (at: number, change: Partial<Seen> = {}): Seen => ({
  app: "/usr/bin/curl",
  direction: "outbound",
  domain: "",
  address: `192.0.2.${at}`,
  port: 443,
  protocol: "tcp",
  count: 1,
  last: at,
  ...change,
});

it("adds up, and forgets what was taken for something else", () => {
  const rows = new SeenRows(open());
  rows.add([seen(1), seen(2)]);
  rows.add([seen(1, { count: 2, last: 9 }), seen(2, { count: -1 }), seen(3, { count: -1 })]);
  expect(rows.all()).toEqual([seen(1, { count: 3, last: 9 })]);
});

it("keeps 64 places of an app apart in each direction; the rest is anywhere", () => {
  const rows = new SeenRows(open());
  rows.add(Array.from({ length: 100 }, (_, at) => seen(at)));
  rows.add([seen(1), seen(99), seen(1, { direction: "inbound" }), seen(1, { app: "/usr/bin/wget" })]);
  const own = rows.all().filter(({ app, direction }) => app === "/usr/bin/curl" && direction === "outbound");
  expect(own).toHaveLength(65);
  expect(own.find(({ address }) => address === "")).toMatchObject({ count: 37, port: 0, protocol: "", last: 99 });
  expect(own.find(({ address }) => address === "192.0.2.1")).toMatchObject({ count: 2 });
  expect(rows.all()).toHaveLength(67);
});

it("lets what was not seen for longest go when there is too much", () => {
  const rows = new SeenRows(open(), 10);
  rows.add(Array.from({ length: 15 }, (_, at) => seen(at, { app: `/usr/bin/${at}` })));
  expect(
    rows
      .all()
      .map(({ last }) => last)
      .sort((a, b) => a - b),
  ).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

it("forgets what became rules, and everything when learning begins anew", () => {
  const rows = new SeenRows(open());
  rows.add([seen(1), seen(2), seen(3)]);
  rows.remove([seen(2)]);
  expect(rows.all()).toEqual([seen(1), seen(3)]);
  rows.clear();
  expect(rows.all()).toEqual([]);
});
