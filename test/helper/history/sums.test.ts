// Eight days in blocks: by each thing that rows are made by and by quarter of an hour, exactly what their pages add up to.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyBySchema } from "../../../contract/history.ts";
import { type Cell, readPage, writePage } from "../../../helper/history/page.ts";
import { readStrips } from "../../../helper/history/strips.ts";
import { type Part, readSums, spanDays, writeSums } from "../../../helper/history/sums.ts";

const amount = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.constant(2 ** 40));
const cell = fc.record({
  quarter: fc.nat(95),
  key: fc.nat(30),
  bytesIn: amount,
  bytesOut: amount,
  connections: fc.nat(300),
  blocked: fc.nat(3),
});
/** A day has one page, a page one cell of a key and quarter. */
const cells = fc.uniqueArray(cell, { maxLength: 20, selector: ({ key, quarter }) => key * 96 + quarter });
const days = fc.uniqueArray(fc.tuple(fc.nat(spanDays - 1), cells), { maxLength: 6, selector: ([day]) => day });

function pageOf(cells: readonly Cell[]) {
  const page = readPage(writePage(cells));
  if (page === null) throw new Error("unreadable");
  return page;
}

/** By value, what is read again. */
function read(parts: Map<Part, Buffer>, part: Part): Map<number, number[]> {
  const sums = readSums(parts.get(part) as Buffer);
  if (sums === null) throw new Error("unreadable");
  const { values, bytesIn, bytesOut, connections, blocked } = sums;
  return new Map(
    [...values].map((value, at) => [
      value,
      [bytesIn, bytesOut, connections, blocked].map((column) => column[at] ?? -1),
    ]),
  );
}

/** All groups of apps together. */
function readGroups(
  parts: Map<Part, Buffer>,
  kind: "key" | "strips",
  read: (part: Part) => (readonly [number, number[]])[],
): Map<number, number[]> {
  const all = [...parts.keys()].filter((part) => part.startsWith(`${kind} `)).flatMap(read);
  expect(new Set(all.map(([value]) => value)).size).toBe(all.length);
  return new Map(all.filter(([, amounts]) => amounts.some((amount) => amount > 0)));
}

/** By key and quarter. */
function readCells(parts: Map<Part, Buffer>, part: Part): [number, number[]][] {
  const strips = readStrips(parts.get(part) as Buffer);
  if (strips === null) throw new Error("unreadable");
  const { keys, first, quarter, bytesIn, bytesOut, connections, blocked } = strips;
  return [...keys].flatMap((key, place) =>
    Array.from({ length: (first[place + 1] ?? 0) - (first[place] ?? 0) }, (_, cell): [number, number[]] => {
      const at = (first[place] ?? 0) + cell;
      const amounts = [bytesIn, bytesOut, connections, blocked].map((column) => column[at] ?? -1);
      return [key * 1000 + (quarter[at] ?? -1), amounts];
    }),
  );
}

/** The same, cell by cell. */
function added<T extends Cell>(cells: readonly T[], valuesBy: (cell: T) => number | undefined): Map<number, number[]> {
  const all = new Map<number, number[]>();
  for (const each of cells) {
    const value = valuesBy(each);
    if (value === undefined) continue;
    const sum = all.get(value) ?? [0, 0, 0, 0];
    const { bytesIn, bytesOut, connections, blocked } = each;
    all.set(
      value,
      [bytesIn, bytesOut, connections, blocked].map((amount, at) => amount + (sum[at] ?? 0)),
    );
  }
  // Nothing is not worth a place.
  return new Map([...all].filter(([, sum]) => sum.some((amount) => amount > 0)));
}

describe("sums of days", () => {
  it("are what their pages add up to, by everything and by quarter", () => {
    fc.assert(
      fc.property(days, (given) => {
        const all = given.flatMap(([day, cells]) => cells.map((each) => ({ ...each, day })));
        // Another grouping for each, and a key that is none any more.
        const valuesBy = (by: string) => (key: number) => (key === 13 ? undefined : key % by.length);
        const parts = writeSums(
          given.map(([day, cells]) => [day, pageOf(cells)] as const),
          valuesBy,
        );
        for (const by of historyBySchema.options)
          expect(read(parts, by)).toEqual(added(all, ({ key }) => valuesBy(by)(key)));
        const known = all.filter(({ key }) => valuesBy("app")(key) !== undefined);
        expect(readGroups(parts, "key", (part) => [...read(parts, part)])).toEqual(added(known, ({ key }) => key));
        expect(readGroups(parts, "strips", (part) => readCells(parts, part))).toEqual(
          added(known, ({ key, day, quarter }) => key * 1000 + day * 96 + quarter),
        );
        expect(read(parts, "quarter")).toEqual(added(all, ({ day, quarter }) => day * 96 + quarter));
        for (const value of new Set(all.flatMap(({ key }) => valuesBy("country")(key) ?? []))) {
          const of = all.filter(({ key }) => valuesBy("country")(key) === value);
          expect(read(parts, `quarter country ${value}`)).toEqual(added(of, ({ day, quarter }) => day * 96 + quarter));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("that are cut short are refused, and those of another version are none", () => {
    const page = pageOf([{ quarter: 1, key: 1, bytesIn: 1, bytesOut: 1, connections: 1, blocked: 1 }]);
    const bytes = writeSums([[0, page]], () => (key) => key).get("app") as Buffer;
    expect(() => readSums(bytes.subarray(0, 40))).toThrow(RangeError);
    expect(readSums(Buffer.alloc(16))).toBeNull();
  });
});
