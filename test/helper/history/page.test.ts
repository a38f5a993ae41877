// A day in one block of bytes comes back as it was written, whatever its numbers are; what is damaged is refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cell, cellsOf, readPage, thinPage, writePage } from "../../../helper/history/page.ts";

const amount = fc.oneof(
  fc.nat(300),
  fc.nat(70_000),
  fc.maxSafeNat().map((number) => Math.floor(number / 1000)),
);
const cell = fc.record({
  quarter: fc.nat(95),
  key: fc.nat(100_000),
  bytesIn: amount,
  bytesOut: amount,
  connections: amount,
  blocked: amount,
});

function sums(cells: Iterable<Cell>) {
  const all = new Map<string, number[]>();
  for (const { quarter, key, bytesIn, bytesOut, connections, blocked } of cells) {
    const sum = all.get(`${quarter} ${key}`) ?? [0, 0, 0, 0];
    all.set(
      `${quarter} ${key}`,
      [bytesIn, bytesOut, connections, blocked].map((each, at) => each + (sum[at] ?? 0)),
    );
  }
  return new Map([...all].sort());
}

describe("a page", () => {
  it("has what was written, added up by quarter and key", () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 60 }), (cells) => {
        const page = readPage(writePage(cells));
        if (page === null) throw new Error("unreadable");
        expect(sums(cellsOf(page))).toEqual(sums(cells));
      }),
      { numRuns: 200 },
    );
  });

  it("that is thinned has the rest, and not even the keys of what is gone", () => {
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 60 }), fc.nat(100_000), fc.nat(95), (cells, border, until) => {
        const keeps = (quarter: number, key: number) => quarter > until || key > border;
        const page = readPage(writePage(cells));
        if (page === null) throw new Error("unreadable");
        const left = cells.filter(({ quarter, key }) => keeps(quarter, key));
        const thinned = thinPage(page, keeps);
        if (left.length === cells.length) expect(thinned).toBeNull();
        else expect(thinned?.bytes.equals(writePage(left))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("is as wide as its largest number asks for", () => {
    const some = Array.from({ length: 1000 }, (_, at): Cell => {
      return { quarter: at % 96, key: at % 200, bytesIn: 1000, bytesOut: 60, connections: 1, blocked: 0 };
    });
    expect(writePage(some).length).toBeLessThan(1000 * 7 + 1000);
  });

  it("is read wherever its bytes begin", () => {
    const bytes = writePage([{ quarter: 3, key: 7, bytesIn: 2 ** 40, bytesOut: 1, connections: 1, blocked: 0 }]);
    const shifted = Buffer.concat([Buffer.alloc(3), bytes]).subarray(3);
    expect(readPage(shifted)?.bytesIn[0]).toBe(2 ** 40);
  });

  it("that is cut short is refused, and one of another version is none", () => {
    const bytes = writePage([{ quarter: 3, key: 7, bytesIn: 5, bytesOut: 1, connections: 1, blocked: 0 }]);
    expect(() => readPage(bytes.subarray(0, 40))).toThrow(RangeError);
    expect(readPage(Buffer.alloc(16))).toBeNull();
    expect(readPage(Buffer.alloc(0))).toBeNull();
  });
});
