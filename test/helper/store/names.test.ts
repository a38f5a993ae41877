// Trusted names for the next helper: a real database file under a real table.
import { expect, it } from "vitest";
import { type Learned, NameTable, type TrustedName } from "../../../helper/names/name-table.ts";
import { NameRows } from "../../../helper/store/names.ts";
import { address, learned, namesIn } from "../names/learning.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();
const boot = "this boot";
const trusted = (name: string, more: Partial<TrustedName> = {}): TrustedName => ({
  address: address(1),
  name,
  chain: [],
  source: "query",
  owner: "app",
  until: 300_000,
  ...more,
});

/** A table whose trusted names are kept in the rows. */
function keptIn(rows: NameRows, at: number, most?: number): NameTable {
  const table = new NameTable(most, (name, known) => rows.note(name, known));
  for (const name of rows.alive(at)) table.recall(name, at);
  return table;
}

it("the next helper knows what the one before could rely on, and nothing else", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  const table = keptIn(rows, 0);
  table.learn(learned("www.shop.example", { chain: ["one.cdn.example"], owner: "9 8" }), 1000.5);
  table.learn(learned("www.shop.example", { owner: "resolver", source: "resolver", ttl: 600 }), 1000);
  table.learn(learned("label.example", { trusted: false, source: "sni" }), 1000);
  table.learn(learned("forged.example", { trusted: false }), 1000);
  rows.flush();
  store.close();
  const again = keptIn(new NameRows(open(), boot), 2000);
  expect(again.namesOf(address(1), 2000, "9 8")).toEqual(table.namesOf(address(1), 2000, "9 8").slice(0, 1));
  expect(again.namesOf(address(1), 2000, "9 8")).toMatchObject([
    {
      name: "www.shop.example",
      aliases: ["one.cdn.example"],
      source: "query",
      trusted: true,
      own: true,
      until: 601_000,
    },
  ]);
  expect(again.size.entries).toBe(2);
});

it("they end when they would have ended", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  rows.note(trusted("brief.example", { until: 60_000 }), true);
  rows.note(trusted("long.example"), true);
  rows.flush();
  const again = keptIn(new NameRows(store, boot), 59_999);
  expect(namesIn(again, 59_999)).toEqual(["long.example", "brief.example"]);
  expect(namesIn(again, 60_000)).toEqual(["long.example"]);
  expect(new NameRows(store, boot).alive(60_000)).toEqual([trusted("long.example")]);
  expect(store.prepare("SELECT count(*) FROM names").pluck().get()).toBe(1);
});

it("of another boot they are dropped: its clock is another", () => {
  const store = open();
  const rows = new NameRows(store, "boot before");
  rows.note(trusted("www.shop.example"), true);
  rows.flush();
  expect(new NameRows(store, boot).alive(0)).toEqual([]);
  expect(new NameRows(store, "boot before").alive(0)).toEqual([]);
});

it("what the table lengthens is written, what it forgets goes", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  const table = keptIn(rows, 0);
  for (const n of [1, 2]) table.learn(learned("www.shop.example", { address: address(n) }), 0);
  rows.flush();
  table.sweep(300_000, (each) => each === address(1), 360_000);
  rows.flush();
  expect(rows.alive(0)).toEqual([trusted("www.shop.example", { until: 360_000 })]);
});

it("rows are as bounded as the table, and one that asks very much pushes out nobody else's", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  const table = keptIn(rows, 0, 64 * 1024);
  const learn = (name: string, more: Partial<Learned>) => table.learn(learned(name, more), 0);
  learn("quiet.example", { owner: "quiet" });
  for (let n = 0; n < 2000; n++) {
    learn(`${n}.flood.example`, { owner: "flood", address: address(n + 10), ttl: 80_000 });
    if (n % 100 === 0) rows.flush();
  }
  rows.flush();
  const kept = rows.alive(1);
  expect(kept).toHaveLength(table.size.entries);
  expect(kept.length).toBeLessThan(120);
  expect(kept).toContainEqual(trusted("quiet.example", { owner: "quiet" }));
  expect(kept.at(-1)?.name).toBe("1999.flood.example");
});

it("they are written within a second or two by themselves, in batches", async () => {
  const store = open();
  const rows = new NameRows(store, boot);
  rows.note(trusted("www.shop.example"), true);
  expect(rows.alive(0)).toEqual([]);
  await expect.poll(() => rows.alive(0), { timeout: 10_000 }).toHaveLength(1);
});

it("a flood of them is written in several turns", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  for (let n = 0; n < 50; n++) rows.note(trusted(`${n}.example`), true);
  rows.flush(20);
  expect(rows.alive(0).map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, n) => `${n}.example`));
  rows.flush(20);
  rows.flush(20);
  expect(rows.alive(0)).toHaveLength(50);
});

it("a full disk is waited out", () => {
  const store = open();
  const rows = new NameRows(store, boot);
  rows.note(trusted("www.shop.example"), true);
  store.pragma("query_only = ON");
  rows.flush();
  store.pragma("query_only = OFF");
  expect(rows.alive(0)).toEqual([]);
  rows.flush();
  expect(rows.alive(0)).toHaveLength(1);
});
