// Which names an address has: who is believed, for how long, and who is forgotten first.
import { describe, expect, it } from "vitest";
import { NameTable } from "../../../helper/names/name-table.ts";
import { address, floodOfNames, learned, namesIn } from "./learning.ts";

const minute = 60_000;
const a = address(1);

describe("the table of names", () => {
  it("keeps a name as long as its answer says, but not below a minute nor above a day", () => {
    const table = new NameTable();
    table.learn(learned("five.example"), 1000);
    table.learn(learned("brief.example", { ttl: 1 }), 1000);
    table.learn(learned("endless.example", { ttl: 0xffffffff }), 1000);
    expect(namesIn(table, 1000 + minute - 1)).toEqual(["endless.example", "five.example", "brief.example"]);
    expect(namesIn(table, 1000 + minute)).toEqual(["endless.example", "five.example"]);
    expect(namesIn(table, 1000 + 5 * minute)).toEqual(["endless.example"]);
    expect(namesIn(table, 1000 + 24 * 60 * minute)).toEqual([]);
    table.sweep(1000 + 24 * 60 * minute);
    expect(table.size).toEqual({ bytes: 0, entries: 0 });
  });

  it("shows every live name of an address, the asker's own and trusted ones first", () => {
    const table = new NameTable();
    table.learn(learned("label.example", { trusted: false, source: "sni", owner: "me" }), 0);
    table.learn(learned("a.example", { owner: "other" }), 0);
    table.learn(learned("z.example", { owner: "me" }), 0);
    table.learn(learned("m.example", { owner: "resolver", source: "resolver" }), 0);
    expect(table.namesOf(a, 1, "me").map(({ name, own, trusted }) => [name, own, trusted])).toEqual([
      ["z.example", true, true],
      ["a.example", false, true],
      ["m.example", false, true],
      ["label.example", true, false],
    ]);
    expect(table.namesOf(address(2), 1)).toEqual([]);
  });

  it("never takes trust away, nor lengthens it, by what is not trusted", () => {
    const table = new NameTable();
    expect(table.learn(learned("bank.example", { ttl: 100 }), 0)).toBe(true);
    const before = table.namesOf(a, 1);
    const forged = { trusted: false, source: "sni", ttl: 9999, chain: ["evil.example"] } as const;
    expect(table.learn(learned("bank.example", forged), 1)).toBe(false);
    expect(table.namesOf(a, 1)).toEqual(before);
    table.learn(learned("bank.example", { ...forged, owner: "other" }), 1);
    const [both] = table.namesOf(a, 2);
    expect(both).toMatchObject({ trusted: true, source: "query", until: 100_000 });
    // Over: then the label is what is left.
    expect(table.namesOf(a, 100_001)).toMatchObject([{ name: "bank.example", trusted: false }]);
    expect(table.learn(learned("bank.example", { owner: "other" }), 100_002)).toBe(true);
    expect(table.namesOf(a, 100_003)).toMatchObject([{ trusted: true }]);
  });

  it("keeps the aliases beside the name, of every answer that is alive", () => {
    const table = new NameTable();
    expect(table.learn(learned("shop.example", { chain: ["one.cdn.example"] }), 0)).toBe(true);
    expect(table.learn(learned("shop.example", { chain: ["one.cdn.example"] }), 1)).toBe(false);
    expect(table.learn(learned("shop.example", { chain: ["two.cdn.example"] }), 2)).toBe(true);
    expect(namesIn(table, 3)).toEqual(["shop.example"]);
    expect(table.namesOf(a, 3)[0]?.aliases).toEqual(["two.cdn.example", "one.cdn.example"]);
  });

  it("keeps so many of one owner's names for one address, the trusted and the newest", () => {
    const table = new NameTable();
    table.learn(learned("trusted.example"), 0);
    table.learn(learned("theirs.example", { owner: "other" }), 0);
    for (let n = 0; n < 100; n++) table.learn(learned(`n${n}.example`, { trusted: false }), 0);
    const names = namesIn(table, 1);
    expect(names).toHaveLength(33);
    expect(names).toEqual(expect.arrayContaining(["trusted.example", "theirs.example", "n99.example"]));
    expect(names).not.toContain("n0.example");
  });
});

describe("one app that learns very much", () => {
  it("forgets its own names and nobody else's", () => floodOfNames(50_000));

  it("and very many apps of one name each push out no more than their share", () => {
    const table = new NameTable(512 * 1024);
    for (let i = 0; i < 100; i++)
      table.learn(learned(`${i}.quiet.example`, { owner: "quiet", address: address(i) }), 0);
    for (let n = 0; n < 20_000; n++)
      table.learn(learned("one.example", { owner: `o${n}`, address: address(n + 1000) }), 0);
    expect(table.size.bytes).toBeLessThanOrEqual(512 * 1024);
    expect(table.size.entries).toBeGreaterThan(400);
  });
});
