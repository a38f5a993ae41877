// The history's own arithmetic: where a row leads and back, what a filter is made of, and points of unequal length.
import { describe, expect, test } from "vitest";
import type { HistoryRow, HistorySeries } from "../../contract/history.ts";
import { bucketAt, busiest, columnsOf, spanBetween } from "../../renderer/views/history/columns.ts";
import { backTo, filterOf, firstLook, into, nextDimension, openDimensions } from "../../renderer/views/history/look.ts";

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
    expect(openDimensions(into({ ...firstLook, by: "host" }, row("a.example.org")).trail)).toEqual(["app", "network"]);
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
    const [times, came, went] = columnsOf(series, "rate", now);
    expect(came).toEqual([1, 1, 1, 1]);
    expect(went).toEqual([-1, -1, -1, -1]);
    expect(times).toEqual([...starts, 86_400 + 90_000 + 86_400]);
    expect(columnsOf(series, "total", now)[1]).toEqual([...bytesIn, 3600]);
  });

  test("are found by time and chosen as wholes, from either side", () => {
    expect([-5, 0, 86_399, 86_400, 9e9].map((time) => bucketAt(starts, time))).toEqual([0, 0, 0, 1, 2]);
    expect(spanBetween(series, 1, 0)).toEqual({ from: 0, to: 176_400 });
    expect(busiest(series)).toBe(1);
    expect(busiest({ ...series, bytesIn: none, bytesOut: none })).toBeNull();
  });
});
