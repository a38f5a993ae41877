// Sixteen days in one block: by key and by quarter of an hour, exactly what their pages add up to.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cell, readPage, writePage } from "../../../helper/history/page.ts";
import { readSummary, type Sums, spanDays, writeSummary } from "../../../helper/history/summary.ts";

const amount = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.constant(2 ** 40));
const cell = fc.record({
  quarter: fc.nat(95),
  key: fc.nat(30),
  bytesIn: amount,
  bytesOut: amount,
  connections: fc.nat(300),
  blocked: fc.nat(3),
});
const days = fc.array(fc.tuple(fc.nat(spanDays - 1), fc.array(cell, { maxLength: 20 })), { maxLength: 6 });

function pageOf(cells: readonly Cell[]) {
  const page = readPage(writePage(cells));
  if (page === null) throw new Error("unreadable");
  return page;
}

const at = ({ bytesIn, bytesOut, connections, blocked }: Sums, place: number) =>
  [bytesIn, bytesOut, connections, blocked].map((column) => column[place]);

const sumOf = (cells: readonly Cell[]) =>
  (["bytesIn", "bytesOut", "connections", "blocked"] as const).map((name) =>
    cells.reduce((sum, each) => sum + each[name], 0),
  );

describe("a summary", () => {
  it("has what its pages add up to, by key and by quarter", () => {
    fc.assert(
      fc.property(days, (given) => {
        const all = given.flatMap(([day, cells]) => cells.map((each) => ({ ...each, day })));
        const summary = readSummary(writeSummary(given.map(([day, cells]) => [day, pageOf(cells)] as const)));
        if (summary === null) throw new Error("unreadable");
        expect([...summary.keys]).toEqual([...new Set(all.map(({ key }) => key))].sort((a, b) => a - b));
        for (const [place, key] of summary.keys.entries())
          expect(at(summary.byKey, place)).toEqual(sumOf(all.filter((each) => each.key === key)));
        for (const { day, quarter } of all)
          expect(at(summary.byQuarter, day * 96 + quarter)).toEqual(
            sumOf(all.filter((each) => each.day === day && each.quarter === quarter)),
          );
        expect([...summary.byQuarter.bytesIn].reduce((sum, each) => sum + each, 0)).toBe(sumOf(all)[0]);
      }),
      { numRuns: 100 },
    );
  });

  it("that is cut short is refused, and one of another version is none", () => {
    const bytes = writeSummary([]);
    expect(() => readSummary(bytes.subarray(0, 100))).toThrow(RangeError);
    expect(readSummary(Buffer.alloc(16))).toBeNull();
  });
});
