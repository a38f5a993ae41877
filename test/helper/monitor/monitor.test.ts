// What a client that looks at the monitor is told: a snapshot, then what changed of what it shows, and nothing when nobody looks.
import fc from "fast-check";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  applyUpdate,
  type MonitorUpdate,
  monitorUpdateSchema,
  type Order,
  type Row,
  type Shown,
  type View,
} from "../../../contract/monitor.ts";
import type { Flow } from "../../../contract/words.ts";
import { Monitor } from "../../../helper/monitor/monitor.ts";
import { aFlow, appAt, aView } from "./flows.ts";

/** A monitor over a list of flows, and a client that keeps what it is told as the window does. */
class Bed {
  readonly flows = new Map<string, Flow>();
  readonly told: MonitorUpdate[] = [];
  shown: Shown | null = null;
  backlog = 0;
  reads = 0;
  /** What the counters will say at the next look. */
  counts: (() => void) | undefined;
  readonly monitor = new Monitor({
    flows: () => [...this.flows.values()].reverse(),
    countTraffic: () => {
      this.reads++;
      this.counts?.();
    },
    now: () => performance.now(),
  });
  readonly viewer = {
    tell: (update: MonitorUpdate) => {
      const wired = v.parse(monitorUpdateSchema, JSON.parse(JSON.stringify(update)));
      this.told.push(wired);
      this.shown = applyUpdate(this.shown, wired);
    },
    backlog: () => this.backlog,
  };

  put(...flows: Flow[]): void {
    for (const flow of flows) {
      this.flows.set(flow.id, flow);
      this.monitor.note(flow, flow.id);
    }
  }

  drop(id: string): void {
    this.flows.delete(id);
    this.monitor.note(null, id);
  }

  watch(change: Partial<View> = {}): void {
    this.monitor.watch(this.viewer, aView(change));
  }

  get labels(): string[] {
    return (this.shown?.rows ?? []).map((row) => " ".repeat(row.depth) + label(row));
  }
}

function label(row: Row): string {
  if (row.kind === "app") return row.app.path;
  if (row.kind === "domain") return row.domain;
  return row.kind === "host" ? (row.host ?? row.address) : `#${row.id}`;
}

let bed: Bed;
beforeEach(() => {
  vi.useFakeTimers();
  bed = new Bed();
});
afterEach(() => {
  bed.monitor.close();
  vi.useRealTimers();
});

const all = (): string[] => {
  bed.watch({ expanded: [] });
  for (;;) {
    const expanded = (bed.shown?.rows ?? []).filter((row) => row.kind !== "flow").map(({ id }) => id);
    const before = bed.shown?.total;
    bed.watch({ expanded });
    if (bed.shown?.total === before) return expanded;
  }
};

describe("a view", () => {
  it("is told whole at first, then by its changes, and its rows open one level at a time", () => {
    bed.put(aFlow("1", { host: "www.example.org" }), aFlow("2", { address: "192.0.2.7" }));
    bed.watch();
    expect(bed.labels).toEqual(["/usr/bin/curl"]);
    expect(bed.told[0]).toMatchObject({ view: 1, seq: 0, total: 1, all: { figures: { connections: 2, live: 2 } } });
    const [app] = bed.shown?.rows ?? [];
    bed.watch({ number: 2, expanded: [app?.id ?? ""] });
    expect(bed.labels).toEqual(["/usr/bin/curl", " 192.0.2.7", " example.org"]);
    bed.put(aFlow("3", { host: "cdn.example.org" }));
    vi.advanceTimersByTime(100);
    expect(bed.told.at(-1)).toMatchObject({ view: 2, seq: 1 });
    expect(bed.told.at(-1)?.rows.map(label)).toEqual(["/usr/bin/curl", "example.org"]);
    expect(bed.labels).toEqual(["/usr/bin/curl", " example.org", " 192.0.2.7"]);
  });

  it("is told at most ten times a second, of the end of it all, and not of what it does not show", () => {
    bed.watch();
    for (let id = 1; id <= 2000; id++) {
      bed.put(aFlow(String(id), { address: `10.0.${id >> 8}.${id & 255}` }));
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(200);
    expect(bed.told.length).toBeLessThanOrEqual(2 * 10 + 3);
    expect(bed.shown?.all.figures.connections).toBe(2000);
    const before = bed.told.length;
    bed.put({ ...(bed.flows.get("1") as Flow) });
    vi.advanceTimersByTime(1000);
    expect(bed.told.length).toBe(before);
  });

  it("has only the rows on its client's screen, of however many there are", () => {
    for (let id = 1; id <= 10_000; id++)
      bed.put(aFlow(String(id), { app: appAt(`/usr/bin/app${id % 10}`), address: `10.${id >> 8}.0.${id & 255}` }));
    bed.watch();
    const expanded = bed.shown?.rows.map(({ id }) => id) ?? [];
    bed.watch({ expanded, from: 5000, rows: 20, number: 7 });
    expect(bed.shown?.rows).toHaveLength(20);
    expect(bed.shown).toMatchObject({ from: 5000, total: 10_010, view: 7 });
  });

  it.each<[Order, string[]]>([
    ["recent", ["/c", "/b", "/a"]],
    ["traffic", ["/a", "/c", "/b"]],
    ["name", ["/a", "/b", "/c"]],
  ])("is in the order asked for: %s", (order, expected) => {
    bed.put(
      aFlow("1", { app: appAt("/a") }, { bytesIn: 900 }),
      aFlow("2", { app: appAt("/b") }, { bytesOut: 1 }),
      aFlow("3", { app: appAt("/c") }, { bytesIn: 300, bytesOut: 300 }),
    );
    bed.watch({ order });
    expect(bed.labels).toEqual(expected);
  });

  it("stands still while somebody points at it: new rows come last", () => {
    bed.put(aFlow("1", { app: appAt("/a") }), aFlow("2", { app: appAt("/b") }));
    bed.watch();
    bed.watch({ still: true, number: 2 });
    bed.put(aFlow("3", { app: appAt("/c") }), aFlow("4", { app: appAt("/a") }));
    vi.advanceTimersByTime(100);
    expect(bed.labels).toEqual(["/b", "/a", "/c"]);
    bed.watch({ number: 3 });
    expect(bed.labels).toEqual(["/a", "/c", "/b"]);
  });

  it("by time lists connections alone, newest first, also while somebody points at it", () => {
    bed.put(aFlow("1"), aFlow("3"), aFlow("2"));
    bed.watch({ by: "time", still: true });
    bed.put(aFlow("4"));
    vi.advanceTimersByTime(100);
    expect(bed.labels).toEqual(["#4", "#3", "#2", "#1"]);
  });

  it.each<[string, Partial<View["filter"]>, string[]]>([
    ["words, each of them", { words: "  Example 443" }, ["#2"]],
    ["a verdict", { verdict: "block" }, ["#3"]],
    ["what is live", { liveOnly: true }, ["#2", "#1"]],
    ["a protocol", { protocol: "udp" }, ["#1"]],
    ["a direction", { direction: "inbound" }, ["#1"]],
  ])("is narrowed by %s, with sums of what is left", (_, narrow, expected) => {
    bed.put(
      aFlow("1", {}, { direction: "inbound", endpoint: { host: null, address: "::1", port: 9, protocol: "udp" } }),
      aFlow("2", { host: "www.example.org" }),
      aFlow("3", {}, { verdict: "block", live: false }),
    );
    bed.watch({ by: "time", filter: { ...aView().filter, ...narrow } });
    expect(bed.labels).toEqual(expected);
    expect(bed.shown?.all.figures.connections).toBe(expected.length);
  });

  it("loses what a change takes out of its filter, and gains what one brings in", () => {
    const filter = { ...aView().filter, verdict: "held" as const };
    bed.put(aFlow("1"));
    bed.watch({ filter });
    expect(bed.labels).toEqual([]);
    bed.put(aFlow("1", {}, { verdict: "held" }));
    vi.advanceTimersByTime(100);
    expect(bed.labels).toEqual(["/usr/bin/curl"]);
    bed.put(aFlow("1"));
    vi.advanceTimersByTime(200);
    expect(bed.labels).toEqual([]);
  });
});

describe("speed", () => {
  it("is told each second of what moved, summed up to the app, and falls to nothing", () => {
    bed.put(aFlow("1", { host: "www.example.org" }, { bytesIn: 5000 }), aFlow("2", { host: "example.org" }));
    bed.watch();
    bed.counts = () => {
      for (const id of ["1", "2"]) {
        const flow = bed.flows.get(id) as Flow;
        bed.put({ ...flow, bytesIn: flow.bytesIn + 1000 });
      }
    };
    vi.advanceTimersByTime(1000);
    bed.monitor.sample();
    vi.advanceTimersByTime(100);
    expect(bed.shown?.rows[0]?.figures.rateIn).toBe(2000);
    expect(bed.shown?.rows[0]?.history.at(-1)).toBe(2000);
    bed.counts = undefined;
    vi.advanceTimersByTime(900);
    bed.monitor.sample();
    vi.advanceTimersByTime(100);
    expect(bed.shown?.rows[0]?.figures).toMatchObject({ rateIn: 0, bytesIn: 7000 });
    expect(bed.shown?.all.history.slice(-2)).toEqual([2000, 0]);
  });

  it("is measured for nobody: no counter is read and nothing is kept", () => {
    bed.put(aFlow("1"));
    bed.monitor.sample();
    expect(bed.reads).toBe(0);
    bed.watch();
    expect(bed.reads).toBe(1);
    bed.monitor.sample();
    bed.monitor.leave(bed.viewer);
    bed.monitor.sample();
    bed.put(aFlow("2"));
    vi.advanceTimersByTime(1000);
    expect([bed.reads, bed.told.length]).toEqual([2, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a client that does not keep up", () => {
  it("is told nothing until it has read, then all at once", () => {
    bed.watch();
    bed.backlog = 2 ** 21;
    bed.put(aFlow("1"));
    vi.advanceTimersByTime(1000);
    expect(bed.told).toHaveLength(1);
    bed.backlog = 0;
    vi.advanceTimersByTime(200);
    expect(bed.labels).toEqual(["/usr/bin/curl"]);
  });
});

describe("the rows that a client keeps", () => {
  it("are those of a snapshot at that moment, whatever happened, as long as no update is missing", () => {
    const change = fc.record({
      id: fc.integer({ min: 1, max: 15 }).map(String),
      host: fc.constantFrom(null, "a.example.org", "b.example.org"),
      path: fc.constantFrom("/a", "/b", "/c"),
      bytesIn: fc.nat(3),
      gone: fc.boolean(),
      wait: fc.integer({ min: 0, max: 150 }),
    });
    const order = fc.constantFrom<Order>("recent", "traffic", "rate", "name");
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), order, fc.nat(4), fc.nat(6), (changes, order, from, rows) => {
        bed.monitor.close();
        bed = new Bed();
        bed.put(aFlow("1"), aFlow("2", { app: appAt("/a"), host: "a.example.org" }));
        const expanded = all();
        bed.watch({ number: 2, expanded, order, from, rows: rows + 1 });
        for (const { id, host, path, bytesIn, gone, wait } of changes) {
          if (gone) bed.drop(id);
          else bed.put(aFlow(id, { host, app: appAt(path) }, { bytesIn }));
          vi.advanceTimersByTime(wait);
        }
        bed.monitor.sample();
        vi.advanceTimersByTime(1000);
        const kept = bed.shown;
        bed.watch({ number: 3, expanded, order, from, rows: rows + 1 });
        expect({ ...kept, view: 0, seq: 0 }).toEqual({ ...bed.shown, view: 0, seq: 0 });
      }),
      { numRuns: 100 },
    );
  });

  it("are asked for again when one is missing; what is of an earlier view changes nothing", () => {
    bed.watch();
    bed.put(aFlow("1"));
    vi.advanceTimersByTime(100);
    bed.put(aFlow("2", { app: appAt("/b") }));
    vi.advanceTimersByTime(200);
    const [first, second, third] = bed.told as [MonitorUpdate, MonitorUpdate, MonitorUpdate];
    const known = applyUpdate(null, first);
    expect(applyUpdate(known, third)).toBe(null);
    expect(applyUpdate(null, second)).toBe(null);
    expect(applyUpdate(applyUpdate(known, second), third)?.rows.map(label)).toEqual(["/b", "/usr/bin/curl"]);
    const later = applyUpdate(known, { ...first, view: 2 });
    expect(applyUpdate(later, second)).toBe(later);
    // A change to a row that nobody told of.
    expect(applyUpdate(known, { ...second, rows: [] })).toBe(null);
  });
});

describe("a row", () => {
  it("stands for its live connections, in the view it is in", () => {
    bed.put(aFlow("1", { host: "a.example.org" }), aFlow("2", { host: "b.example.org" }, { live: false }));
    bed.watch();
    const [app] = bed.shown?.rows ?? [];
    expect(bed.monitor.liveBelow(bed.viewer, app?.id ?? "").map(({ id }) => id)).toEqual(["1"]);
    expect(() => bed.monitor.liveBelow(bed.viewer, "none")).toThrow(expect.objectContaining({ code: "unknown_row" }));
    expect(() => bed.monitor.liveBelow(bed.viewer, "2")).toThrow(expect.objectContaining({ code: "flow_over" }));
    bed.monitor.leave(bed.viewer);
    expect(() => bed.monitor.liveBelow(bed.viewer, "1")).toThrow(expect.objectContaining({ code: "unknown_row" }));
  });
});
