import { describe, expect, it } from "vitest";
import { BlocklistRows, hitEntries } from "../../../helper/store/blocklists.ts";
import { temporaryStore } from "./temporary.ts";

const { open } = temporaryStore();

const counts = { hosts: 1, domains: 2, addresses: 3, exceptions: 4 };
const taken = { file: "a.list", counts, skipped: [], etag: "e", modified: "m", checked: 5 };

describe("blocklists in the database", () => {
  it("are what was last taken, and what went wrong since", () => {
    const rows = new BlocklistRows(open());
    const { number } = rows.add("ads", "https://example.org/");
    rows.fail(number, { code: "fetch_failed", message: "away", time: "2026-11-20T10:00:00.000Z" }, false);
    expect(rows.get(number)).toMatchObject({ file: null, checked: null, error: { code: "fetch_failed" } });
    rows.take(number, taken, 7);
    expect(new BlocklistRows(open()).all()).toMatchObject([
      { ...taken, name: "ads", updated: 7, error: null, hits: 0 },
    ]);
    rows.fail(number, { code: "blocklist_shrunk", message: "", time: "2026-11-20T10:00:00.000Z" }, true);
    expect(rows.get(number)).toMatchObject({ file: "a.list", checked: Date.parse("2026-11-20T10:00:00.000Z") });
    rows.setAside(number, "b.list", 2, 8);
    expect(rows.get(number)?.aside).toEqual({ file: "b.list", entries: 2, time: 8 });
    rows.unchanged(number, 9);
    expect(rows.get(number)).toMatchObject({ aside: null, error: null, checked: 9, updated: 7 });
  });

  it("have names of their own, whatever their case", () => {
    const rows = new BlocklistRows(open());
    rows.add("ads", null);
    expect(() => rows.add("ADS", null)).toThrow(/UNIQUE/);
  });

  it("keep the hits of a bounded number of entries, and the sum of all", () => {
    const store = open();
    const rows = new BlocklistRows(store);
    const { number } = rows.add("ads", null);
    rows.addHits(number, new Map([["often.example", 10]]), 1);
    rows.addHits(number, new Map(Array.from({ length: hitEntries + 200 }, (_, at) => [`n${at}.example`, 1])), 2);
    expect(rows.hits(number)).toHaveLength(hitEntries);
    expect(rows.hits(number)[0]).toEqual({ entry: "often.example", hits: 10, last: "1970-01-01T00:00:00.001Z" });
    rows.addHits(number, new Map([["new.example", 1]]), 3);
    expect(rows.hits(number)[1]?.entry).toBe("new.example");
    expect(rows.get(number)?.hits).toBe(hitEntries + 211);
    rows.remove(number);
    expect(store.prepare("SELECT count(*) FROM blocklist_hits").pluck().get()).toBe(0);
  });
});
