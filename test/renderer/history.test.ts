// The history's own arithmetic: where a row leads and back, what a filter is made of, and points of unequal length.
import { describe, expect, test } from "vitest";
import type { HistoryEvent, HistoryRow, HistorySeries } from "../../contract/history.ts";
import {
  bucketAt,
  busiest,
  columnsOf,
  gapsOf,
  secondsOver,
  sleepsOf,
  spanBetween,
} from "../../renderer/views/history/columns.ts";
import { backTo, filterOf, firstLook, into, nextDimension, openDimensions } from "../../renderer/views/history/look.ts";
import { about, flagsOf, happenedIn, shadesOf } from "../../renderer/views/history/marks.ts";
import { reachOf, ticksOf } from "../../renderer/views/history/scale.ts";
import { rowName, shareText } from "../../renderer/views/history/words.ts";

const row = (key: string | null): HistoryRow => ({ key, bytesIn: 1, bytesOut: 1, connections: 1, blocked: 0 });

describe("the way into a row", () => {
  const app = into(firstLook, row("/usr/bin/curl"));
  const domain = into(app, row("example.org"));

  test("goes from an app to its domains, their hosts and the networks, and ends there", () => {
    expect([app.by, domain.by]).toEqual(["domain", "host"]);
    expect(filterOf(domain.trail)).toEqual({ app: "/usr/bin/curl", domain: "example.org" });
    const host = into(domain, row("www.example.org"));
    expect(host.by).toBe("network");
    expect(nextDimension(host)).toBeNull();
    expect(into(host, row("home"))).toBe(host);
  });

  test("asks for what has no name as what has none, and from a host only what is not settled by it", () => {
    const unnamed = into({ ...firstLook, by: "country" }, row(null));
    expect(filterOf(unnamed.trail)).toEqual({ country: null });
    expect(openDimensions(into({ ...firstLook, by: "host" }, row("a.example.org")).trail)).toEqual([
      "app",
      "protocol",
      "network",
    ]);
  });

  test("goes from a protocol to the apps that spoke it, and is not asked for by it again", () => {
    const udp = into({ ...firstLook, by: "protocol" }, row("udp"));
    expect([udp.by, filterOf(udp.trail)]).toEqual(["app", { protocol: "udp" }]);
    expect(openDimensions(udp.trail)).not.toContain("protocol");
    expect(["tcp", "udp", "icmp", "other"].map((key) => rowName("protocol", row(key)))).toEqual([
      ...["TCP", "UDP", "ICMP", "Other"],
    ]);
  });

  test("leads back to where each step was taken, the time that was chosen kept", () => {
    const chosen = { ...domain, span: { from: 0, to: 900 } };
    expect(backTo(chosen, 1)).toMatchObject({ by: "domain", trail: app.trail, span: { from: 0, to: 900 } });
    expect(backTo(chosen, 0)).toMatchObject({ by: "app", trail: [] });
  });
});

describe("the chart's columns", () => {
  // The day in the middle has 25 hours.
  const starts = [0, 86_400, 86_400 + 90_000];
  const bytesIn = [86_400, 90_000, 3600];
  const none = [0, 0, 0];
  const series: HistorySeries = { bucket: "day", starts, bytesIn, bytesOut: bytesIn, connections: none, blocked: none };
  const now = 86_400 + 90_000 + 3600;

  test("are speeds over as long as a bucket is, or has been so far; what went lies below the line", () => {
    const [times, came, went] = columnsOf(series, "rate", now, []);
    // What is said of each is what is drawn.
    expect(bytesIn.map((bytes, at) => bytes / secondsOver(series, at, now))).toEqual(came.slice(0, bytesIn.length));
    expect(came).toEqual([1, 1, 1, 1]);
    expect(went).toEqual([-1, -1, -1, -1]);
    expect(times).toEqual([...starts, 86_400 + 90_000 + 86_400]);
    expect(columnsOf(series, "total", now, [])[1]).toEqual([...bytesIn, 3600]);
  });

  test("are nothing where the computer slept all the time; the line breaks off where the sleep began and ended", () => {
    const minutes = [0, 60, 120, 180, 240];
    const bytes = [60, 30, 0, 0, 90];
    const night: HistorySeries = { ...series, bucket: "minute", starts: minutes, bytesIn: bytes, bytesOut: bytes };
    const sleeps = [{ from: 70, to: 250 }];
    const [, came, went] = columnsOf(night, "total", 300, sleeps);
    expect([came, went]).toEqual([
      [60, 30, null, null, 90, 90],
      [-60, -30, null, null, -90, -90],
    ]);
    expect(gapsOf(night, sleeps)).toEqual([{ from: 70, to: 250 }]);
    // No minute as a whole: each has what it has. And what was measured is shown.
    for (const short of [
      { from: 130, to: 230 },
      { from: 0, to: 120 },
    ]) {
      expect(columnsOf(night, "total", 300, [short])[1]).toEqual([...bytes, 90]);
      expect(gapsOf(night, [short])).toEqual([]);
    }
    // Awake for a moment between two.
    const two = [
      { from: 100, to: 180 },
      { from: 180.5, to: 240 },
    ];
    expect(columnsOf(night, "total", 300, two)[1]).toEqual([60, 30, null, 0, 90, 90]);
    expect(gapsOf(night, two)).toEqual([{ from: 100, to: 180 }]);
    // The first points of a chart may be of a night that began before.
    expect(
      columnsOf({ ...night, bytesIn: [0, 0, 0, 0, 0], bytesOut: [0, 0, 0, 0, 0] }, "rate", 300, [
        { from: -900, to: 125 },
      ])[1],
    ).toEqual([null, null, 0, 0, 0, 0]);
  });

  test("of an answer with no points close nothing", () => {
    const empty = { ...series, starts: [], bytesIn: [], bytesOut: [], blocked: [], connections: [] };
    expect(columnsOf(empty, "rate", now, [])[1]).toEqual([0]);
  });

  test("are found by time and chosen as wholes, from either side", () => {
    expect([-5, 0, 86_399, 86_400, 9e9].map((time) => bucketAt(starts, time))).toEqual([0, 0, 0, 1, 2]);
    expect(spanBetween(series, 1, 0)).toEqual({ from: 0, to: 176_400 });
    expect(busiest(series)).toBe(1);
    expect(busiest({ ...series, bytesIn: none, bytesOut: none })).toBeNull();
  });
});

describe("the axis of bytes", () => {
  const both = { below: true, above: true };

  test("has a label in each half that has something, however little beside the other, and room for it", () => {
    expect(ticksOf(-250, 450, 100, both)).toEqual([-200, -100, 0, 100, 200, 300, 400]);
    const { foot, top } = reachOf(-3, 1_000_000);
    expect(top - foot).toBeLessThan(1_250_000);
    const [lowest = 0, ...rest] = ticksOf(foot, top, 200_000, both);
    expect(rest).toEqual([0, 200_000, 400_000, 600_000, 800_000, 1_000_000]);
    // 14 of 140 pixels.
    expect(-lowest / (top - foot)).toBeGreaterThan(0.08);
    const upload = reachOf(-1_000_000, 3);
    expect(ticksOf(upload.foot, upload.top, 200_000, both).at(-1)).toBeGreaterThan(80_000);
  });

  test("has none where nothing is", () => {
    const { foot, top } = reachOf(0, 1000);
    expect(foot).toBeLessThan(0);
    expect(ticksOf(foot, top, 500, { below: false, above: true })).toEqual([0, 500, 1000]);
    expect(reachOf(0, 0).top).toBeGreaterThan(0);
  });
});

describe("the chart's marks", () => {
  type Mark = Pick<HistoryEvent, "kind" | "time" | "until">;
  const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const mark = (seconds: number, kind: Mark["kind"] = "network", until: number | null = null): Mark => {
    return { kind, time: at(seconds), until: until === null ? null : at(until) };
  };
  /** Two pixels a second, from the hundredth second on. */
  const stage = { left: 50, right: 250, place: (time: number) => 50 + (time - 100) * 2 };

  test("are flags where something happened, in the picture only, and one with a number where they would lie on one another", () => {
    const events = [
      mark(180),
      mark(99),
      mark(100),
      mark(104),
      mark(108.9, "appChanged"),
      mark(109),
      mark(200),
      mark(201),
    ];
    expect(flagsOf(events, stage, 18)).toEqual([
      { at: 50, count: 3, warns: true },
      { at: 68, count: 1, warns: false },
      { at: 210, count: 1, warns: false },
      { at: 250, count: 1, warns: false },
    ]);
  });

  test("in words are those of the chosen time: a sleep that reaches into it is one", () => {
    const events = [mark(99), mark(100), mark(199), mark(200), mark(10, "sleep", 101), mark(10, "sleep", 100)];
    expect(happenedIn(events, { from: 100, to: 200 })).toEqual([events[1], events[2], events[4]]);
  });

  test("of one app are its own and the whole computer's", () => {
    const of = (app: string | null): HistoryEvent => ({ ...mark(1), id: "1", app, from: null, to: null });
    expect(about([of("/a"), of(null), of("/b")], "/a").map(({ app }) => app)).toEqual(["/a", null]);
    expect(about([of("/a"), of(null)], null)).toHaveLength(2);
  });

  test("are shades for sleep, as far as it is in the picture; one whose end nobody knows is a flag", () => {
    const events = [
      mark(50, "sleep", 120),
      mark(150, "sleep"),
      mark(190, "sleep", 900),
      mark(10, "sleep", 20),
      mark(160),
    ];
    expect(shadesOf(events, stage)).toEqual([
      { left: 50, right: 90 },
      { left: 230, right: 250 },
    ]);
    expect(flagsOf(events, stage, 18).map((flag) => flag.at)).toEqual([150, 170]);
    const whole = events.map((event, id): HistoryEvent => ({ ...event, id: `${id}`, app: null, from: null, to: null }));
    expect(sleepsOf(whole).map(({ from }) => from)).toEqual([50, 190, 10]);
  });
});

test("a share is said with one decimal as long as it is small, so that a column of them is even", () => {
  const said = [0.0004, 0.001, 0.019, 0.02, 0.0994, 0.0996, 0.1, 0.334, 1].map(shareText);
  expect(said).toEqual(["<0.1%", "0.1%", "1.9%", "2.0%", "9.9%", "10%", "10%", "33%", "100%"]);
});
