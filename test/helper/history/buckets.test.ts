// Days and hours of a time zone out of UTC: where clocks change, and where they stand at half and quarter hours.
import { describe, expect, it } from "vitest";
import { bucketStarts, bucketTable, zoneOffset } from "../../../helper/history/buckets.ts";

const at = (text: string) => Date.parse(text) / 1000;
const texts = (starts: number[]) => starts.map((start) => new Date(start * 1000).toISOString().slice(0, 16));

describe("days", () => {
  it("have 23 hours where clocks go forward and 25 where they go back", () => {
    const spring = bucketStarts(at("2026-03-28T23:00Z"), at("2026-03-30T22:00Z"), "day", "Europe/Berlin");
    expect(texts(spring)).toEqual(["2026-03-28T23:00", "2026-03-29T22:00"]);
    const autumn = bucketStarts(at("2026-10-24T22:00Z"), at("2026-10-26T23:00Z"), "day", "Europe/Berlin");
    expect(texts(autumn)).toEqual(["2026-10-24T22:00", "2026-10-25T23:00"]);
  });

  it("begin at the change where midnight is skipped", () => {
    // Chile put its clocks forward at midnight of 7 September 2025.
    const days = bucketStarts(at("2025-09-06T04:00Z"), at("2025-09-08T03:00Z"), "day", "America/Santiago");
    expect(texts(days)).toEqual(["2025-09-06T04:00", "2025-09-07T04:00"]);
  });

  it("begin once where clocks go back over midnight", () => {
    const days = bucketStarts(at("2025-04-04T03:00Z"), at("2025-04-07T04:00Z"), "day", "America/Santiago");
    expect(texts(days)).toEqual(["2025-04-04T03:00", "2025-04-05T03:00", "2025-04-06T04:00"]);
  });

  it("begin at quarters of an hour in Kathmandu and Adelaide", () => {
    const days = bucketStarts(at("2026-01-01T18:15Z"), at("2026-01-03T18:15Z"), "day", "Asia/Kathmandu");
    expect(texts(days)).toEqual(["2026-01-01T18:15", "2026-01-02T18:15"]);
    expect(texts(bucketStarts(at("2026-06-01T14:30Z"), at("2026-06-01T14:45Z"), "day", "Australia/Adelaide"))).toEqual([
      "2026-06-01T14:30",
    ]);
  });

  it("begin with the first of two midnights", () => {
    // Cuba puts its clocks back from one o'clock to midnight.
    const days = bucketStarts(at("2025-11-01T04:00Z"), at("2025-11-03T05:00Z"), "day", "America/Havana");
    expect(texts(days)).toEqual(["2025-11-01T04:00", "2025-11-02T04:00"]);
  });

  // All 400 of them hold as well, and take ten seconds.
  it.each([
    ...[
      "Europe/Berlin",
      "Europe/London",
      "America/New_York",
      "America/Havana",
      "America/Santiago",
      "Africa/Casablanca",
    ],
    ...["Africa/Cairo", "Asia/Beirut", "Asia/Kathmandu", "Asia/Kolkata", "Australia/Adelaide", "Australia/Eucla"],
    ...["Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "America/St_Johns", "Antarctica/Troll"],
    ...["America/Asuncion", "Atlantic/Azores", "Pacific/Easter", "Pacific/Marquesas", "UTC"],
  ])("of a year in %s follow one another, and each begins at its local date's first moment", (zone) => {
    const starts = bucketStarts(at("2025-06-01T00:00Z"), at("2026-06-01T00:00Z"), "day", zone);
    const offsetAt = zoneOffset(zone);
    const date = (second: number) => Math.floor((second + offsetAt(second)) / 86_400);
    expect(starts.length, zone).toBeGreaterThanOrEqual(365);
    for (const [index, start] of starts.slice(1).entries()) {
      const length = start - (starts[index] as number);
      expect(length >= 22 * 3600 && length <= 26 * 3600, `${zone} ${texts([start])} ${length}`).toBe(true);
      // Where nothing changes, what held for the day before does for this one.
      if (length !== 86_400 || index % 30 === 0) expect([zone, date(start) - date(start - 1)]).toEqual([zone, 1]);
    }
  });
});

describe("hours", () => {
  it("come twice where clocks go back", () => {
    const hours = bucketStarts(at("2026-10-25T00:00Z"), at("2026-10-25T03:00Z"), "hour", "Europe/Berlin");
    expect(texts(hours)).toEqual(["2026-10-25T00:00", "2026-10-25T01:00", "2026-10-25T02:00"]);
  });

  it("begin at half past in India, the first before the range", () => {
    const hours = bucketStarts(at("2026-01-01T00:00Z"), at("2026-01-01T02:00Z"), "hour", "Asia/Kolkata");
    expect(texts(hours)).toEqual(["2025-12-31T23:30", "2026-01-01T00:30", "2026-01-01T01:30"]);
  });
});

describe("a range", () => {
  it("within one bucket has that one", () => {
    expect(texts(bucketStarts(at("2026-01-01T10:20Z"), at("2026-01-01T10:40Z"), "day", "UTC"))).toEqual([
      "2026-01-01T00:00",
    ]);
  });

  it("of minutes and seconds has each", () => {
    expect(bucketStarts(600, 605, "second", "UTC")).toEqual([600, 601, 602, 603, 604]);
    expect(bucketStarts(630, 720, "minute", "Asia/Kathmandu")).toEqual([600, 660]);
  });

  it("is told bucket by bucket", () => {
    const starts = bucketStarts(0, 7200, "hour", "UTC");
    expect([...bucketTable(0, 7200, 900, starts)]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });
});

it("a zone that is none is refused", () => {
  expect(() => bucketStarts(0, 86_400, "day", "Mars/Olympus")).toThrow(RangeError);
});
