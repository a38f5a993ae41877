// History on a real SQLite file: what is recorded is found again by every question, over roll-ups, restarts, removal and time zones.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { historyMethods } from "../../../contract/history.ts";
import type { Params, Result } from "../../../contract/methods.ts";
import type { Flow } from "../../../contract/words.ts";
import { Countries } from "../../../helper/history/countries.ts";
import { History } from "../../../helper/history/history.ts";
import { flowId, layouts } from "../../../helper/kernel/layout.ts";
import { openStore, type Store } from "../../../helper/store/database.ts";
import { Settings } from "../../../helper/store/settings.ts";

const countries = new Countries();
let folder: string;
let store: Store;
let history: History;
/** Milliseconds by which CLOCK_BOOTTIME is ahead of CLOCK_MONOTONIC. */
let slept = 0;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-03-10T12:00:00Z");
  folder = mkdtempSync(join(tmpdir(), "picket-history-"));
  open();
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
  vi.useRealTimers();
});

function open(boot = "this boot"): void {
  store = openStore(join(folder, "picket.sqlite"));
  const boottime = () => Number(process.hrtime.bigint()) / 1e6 + slept;
  const settings = new Settings(store);
  history = new History({ store, settings, clock: { boot, boottime }, countries, countTraffic: () => {} });
}

function restart(boot?: string): void {
  history.close();
  store.close();
  open(boot);
}

let cookies = 1n;

interface Used {
  app?: string;
  host?: string | null;
  address?: string;
  country?: string | null;
  verdict?: Flow["verdict"];
  bytesIn?: number;
  bytesOut?: number;
  user?: number;
}

/** A whole flow, booked at this moment. */
function use(used: Used): void {
  const {
    app = "/usr/bin/a",
    host = "www.example.org",
    address = "192.0.2.7",
    country = "DE",
    verdict = "allow",
    user = 1000,
  } = used;
  const fields = { cookie: cookies++, address: Buffer.alloc(16), port: 443, protocol: 6, direction: 0, attempt: 1 };
  const key = flowId(layouts.flow_key.read(layouts.flow_key.write(fields)));
  history.flows.tell(
    key,
    {
      id: "1",
      time: new Date().toISOString(),
      app: { name: app, path: app, verified: false, icon: null, via: null },
      direction: "outbound",
      endpoint: { host, address, port: 443, protocol: "tcp", country },
      user,
      verdict,
      rule: null,
      layer: "mode",
      reason: "",
      bytesIn: 0,
      bytesOut: 0,
      live: true,
    },
    Date.now(),
  );
  history.flows.end(key, used.bytesIn ?? 100, used.bytesOut ?? 10, Date.now());
  history.tick();
}

type Asked = Params<"history.query">;
function ask(params: Partial<Asked> = {}): Result<"history.query"> {
  const { params: schema, result } = historyMethods["history.query"];
  const given = { by: "app" as const, ...(params.from === undefined && { range: "1y" as const }), ...params };
  return v.parse(result, history.query(v.parse(schema, given)));
}

const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
const day = 86_400_000;

/** Whether the database's files still have a word in them anywhere. */
function inFile(word: string): boolean {
  return readdirSync(folder).some((name) => readFileSync(join(folder, name)).includes(word));
}

describe("what was recorded", () => {
  it("is found by app, domain, host, country, protocol, network and user", () => {
    use({ app: "/usr/bin/a", host: "www.example.org", country: "DE", bytesIn: 1000 });
    use({ app: "/usr/bin/a", host: "img.example.org", country: "US", bytesIn: 500 });
    use({ app: "/usr/bin/b", host: null, address: "10.0.0.1", country: null, bytesIn: 50 });
    use({ app: "/usr/bin/b", host: "ads.example.net", verdict: "block", bytesIn: 0, bytesOut: 0 });
    const by = (what: Asked["by"]) => ask({ by: what }).rows.map(({ key, bytesIn }) => [key, bytesIn]);
    expect(by("app")).toEqual([
      ["/usr/bin/a", 1500],
      ["/usr/bin/b", 50],
    ]);
    expect(by("domain")).toEqual([
      ["example.org", 1500],
      ["10.0.0.1", 50],
      ["example.net", 0],
    ]);
    expect(by("host").map(([key]) => key)).toEqual([
      "www.example.org",
      "img.example.org",
      "10.0.0.1",
      "ads.example.net",
    ]);
    expect(by("country")).toEqual([
      ["DE", 1000],
      ["US", 500],
      [null, 50],
    ]);
    expect(by("protocol")).toEqual([["tcp", 1550]]);
    expect(by("user")).toEqual([["1000", 1550]]);
    const [network] = ask({ by: "network" }).rows;
    expect(network).toMatchObject({ bytesIn: 1550, network: { id: network?.key, metered: expect.any(Boolean) } });
    expect(ask({ filter: { domain: "example.net" } }).total).toEqual({
      bytesIn: 0,
      bytesOut: 0,
      connections: 0,
      blocked: 1,
    });
    expect(ask({ filter: { country: null } }).total.bytesIn).toBe(50);
    expect(ask({ by: "host", filter: { app: "/usr/bin/a", country: "US" } }).rows.map(({ key }) => key)).toEqual([
      "img.example.org",
    ]);
    expect(ask({ filter: { host: "nobody.example" } }).rows).toEqual([]);
    expect(ask({ by: "host", limit: 1 })).toMatchObject({ rows: [{ key: "www.example.org" }], more: 3 });
  });

  it("knows apps by their paths, whether private or not, as they were known last", () => {
    use({ app: "/usr/bin/a" });
    use({ app: "/usr/bin/b" });
    history.setPrivate({ app: "/usr/bin/b", private: true, forget: true });
    restart();
    const one = { verified: false, icon: null };
    const all = ["/usr/bin/b", "/usr/bin/a", "/usr/bin/never", "[others]"];
    expect(history.findApps(all)).toEqual([
      { ...one, path: "/usr/bin/b", name: "/usr/bin/b", private: true },
      { ...one, path: "/usr/bin/a", name: "/usr/bin/a", private: false },
    ]);
  });

  it("is the same in every range that holds it, and each chart adds up to it", () => {
    for (let at = 0; at < 30; at++) {
      use({ bytesIn: 1000 + at });
      later(7000);
    }
    const total = { bytesIn: 30 * 1000 + 435, bytesOut: 300, connections: 30, blocked: 0 };
    for (const range of ["10m", "1h", "24h", "7d", "30d", "1y"] as const) {
      const found = ask({ range, by: "host", sparks: 3, zone: "Asia/Kathmandu" });
      expect([range, found.total]).toEqual([range, total]);
      const { series, rows } = found;
      expect(series.bytesIn.reduce((sum, each) => sum + each, 0)).toBe(total.bytesIn);
      expect(
        series.starts.map((start, index) => index === 0 || start > (series.starts[index - 1] as number)),
      ).not.toContain(false);
      expect(rows[0]?.spark?.reduce((sum, each) => sum + each, 0)).toBe(total.bytesIn + total.bytesOut);
    }
    expect(ask({ range: "10m" }).series.bucket).toBe("second");
  });

  it("is drawn in days of the asked zone, of today and of days that were packed long ago", () => {
    // A quarter before and after midnight in Kathmandu (18:15 UTC), and in Berlin (23:00 UTC).
    for (const time of [
      "2026-03-11T18:10:00Z",
      "2026-03-11T18:16:00Z",
      "2026-03-11T22:59:00Z",
      "2026-03-11T23:01:00Z",
    ]) {
      vi.setSystemTime(time);
      use({ bytesIn: 1000, bytesOut: 0 });
    }
    for (const wait of [0, 40]) {
      later(wait * day);
      restart();
      const span = { from: "2026-03-10T00:00:00Z", to: "2026-03-14T00:00:00Z", bucket: "day" as const };
      const days = (zone: string) => {
        const { series } = ask({ ...span, zone });
        return series.starts.flatMap((start, at) =>
          series.bytesIn[at] === 0 ? [] : [[new Date(start * 1000).toISOString().slice(0, 16), series.bytesIn[at]]],
        );
      };
      history.tick(); // packs
      expect(days("Asia/Kathmandu")).toEqual([
        ["2026-03-10T18:15", 1000],
        ["2026-03-11T18:15", 3000],
      ]);
      expect(days("Europe/Berlin")).toEqual([
        ["2026-03-10T23:00", 3000],
        ["2026-03-11T23:00", 1000],
      ]);
      expect(days("UTC")).toEqual([["2026-03-11T00:00", 4000]]);
    }
    expect(store.prepare("SELECT count(*) FROM history_quarters WHERE at < 2000000").pluck().get()).toBe(0);
    expect(store.prepare("SELECT count(*) FROM history_days").pluck().get()).toBe(1);
  });

  it("is the same whether sums of many days are there or not, also after some of it is gone", () => {
    vi.setSystemTime("2026-01-02T21:40:00Z");
    for (let at = 0; at < 60; at++) {
      use({
        app: `/usr/bin/${at % 3}`,
        host: at === 30 ? "rare.example.net" : `${at % 7}.example.org`,
        bytesIn: 1000 + at,
        user: at % 2 ? 1000 : 3e9,
      });
      later(day + 3_000_000);
      if (at % 10 === 0) history.configure({ days: 365 }); // packs
    }
    const spans = () => store.prepare("SELECT count(*) FROM history_spans").pluck().get();
    const both = (params: Partial<Asked>) => {
      history.configure({ days: 365 });
      for (let at = 0; at < 8; at++) history.tick();
      expect(spans()).toBeGreaterThan(1);
      const withSums = ask(params);
      store.exec("DELETE FROM history_spans");
      expect(ask(params)).toEqual(withSums);
      return withSums;
    };
    const whole = { from: "2026-01-01T00:00:00Z", to: "2026-03-20T00:00:00Z" };
    for (const zone of ["UTC", "Asia/Kathmandu", "America/New_York"])
      expect(both({ by: "host", ...whole, zone }).total.bytesIn).toBe(60 * 1000 + 1770);
    expect(both({ from: "2026-01-20T10:00:00Z", to: "2026-03-01T00:00:00Z" }).total.connections).toBe(39);
    expect(both({ by: "user", ...whole }).rows.map(({ key, connections }) => [key, connections])).toEqual([
      ["1000", 30],
      ["3000000000", 30],
    ]);
    expect(both({ by: "host", ...whole, filter: { app: "/usr/bin/0" } }).total.connections).toBe(20);
    for (const filter of [{ app: "/usr/bin/2" }, { country: "DE" }, { user: 3e9 }, { host: "3.example.org" }])
      expect(both({ by: "host", ...whole, filter }).total.connections).toBeGreaterThan(5);
    expect(both({ by: "host", ...whole, filter: { app: "/usr/bin/2", user: 1000 } }).total.connections).toBe(10);
    expect(both({ by: "host", ...whole, filter: { country: "FR" } }).rows).toEqual([]);
    expect(both({ by: "app", ...whole, filter: { domain: "example.net" } }).total.connections).toBe(1);
    expect(both({ by: "app", ...whole, sparks: 2 }).rows[0]?.spark).toHaveLength(78);
    // What is deleted, or too old, is in no sum any more.
    for (let at = 0; at < 8; at++) history.tick();
    history.remove({ app: "/usr/bin/1", from: "2026-01-20T00:00:00Z", to: "2026-02-10T00:00:00Z" });
    const left = both({ ...whole }).total.connections;
    expect(left).toBeLessThan(60);
    for (let at = 0; at < 8; at++) history.tick();
    history.configure({ days: 40 });
    expect(both({ ...whole }).total.connections).toBeLessThan(left);
  });

  it("survives the helper, and its last ten minutes do", () => {
    use({ bytesIn: 6000 });
    later(20_000);
    restart();
    const found = ask({ range: "10m" });
    expect(found.series.bucket).toBe("second");
    expect(found.total.bytesIn).toBe(6000);
  });
});

describe("what is kept", () => {
  it("ends with its time: minutes, then quarters of an hour, names and apps with them", () => {
    use({ host: "old.example.org" });
    later(2 * day);
    use({ host: "new.example.org" });
    restart();
    history.tick();
    expect(store.prepare("SELECT count(*) FROM history_minutes").pluck().get()).toBe(1);
    expect(ask({ by: "host" }).rows).toHaveLength(2);
    expect(history.configure({ days: 1 })).toMatchObject({ days: 1, minutes: 24, recording: true });
    expect(ask({ by: "host" }).rows.map(({ key }) => key)).toEqual(["new.example.org"]);
    const names = store.prepare("SELECT name FROM history_names ORDER BY name").pluck().all();
    expect(names).toEqual(["example.org", "new.example.org"]);
    later(3 * day);
    history.configure({ days: 1 });
    expect(store.prepare("SELECT count(*) FROM history_apps").pluck().get()).toBe(0);
    expect(ask().rows).toEqual([]);
  });

  it("outlives a start with a clock that is years ahead, and still ends where the clock stays so", () => {
    use({ host: "old.example.org" });
    const right = Date.now();
    for (let start = 0; start < 3; start++) {
      later(400 * day);
      restart();
      history.tick();
      vi.setSystemTime(right);
      restart();
      history.tick();
    }
    expect(ask({ by: "host" }).rows.map(({ key }) => key)).toEqual(["old.example.org"]);
    later(400 * day);
    const rows = () => store.prepare("SELECT count(*) FROM history_days").pluck().get();
    let starts = 0;
    for (; starts < 300 && (starts === 0 || rows() !== 0); starts++) {
      restart();
      history.tick();
    }
    // 365 days and one, two at a time.
    expect(starts).toBe(183);
  });

  it("is bounded: an app that scans the network is told apart by so many hosts a day, and still summed up", () => {
    for (let at = 0; at < 2100; at++)
      use({ host: null, address: `198.18.${at >> 8}.${at & 255}`, bytesIn: 1, bytesOut: 0 });
    const { rows, total, more } = ask({ by: "host", limit: 20_000 });
    expect(total.bytesIn).toBe(2100);
    expect(rows.length + more).toBe(2001);
    expect(rows.find(({ key }) => key === null)?.bytesIn).toBe(100);
  });

  it("is nothing while recording is off", () => {
    history.configure({ recording: false });
    use({});
    expect(ask().total.bytesIn).toBe(0);
    history.configure({ recording: true });
    use({});
    expect(ask().total.bytesIn).toBe(100);
    const { events } = history.listEvents({ range: "1h", limit: 100 });
    expect(events.filter(({ kind }) => kind === "recording").map(({ to }) => to)).toEqual(["off", "on"]);
  });
});

it("is looked at before what waits to be written is late, also at rest", () => {
  const rest = 5000;
  while (history.isBusy(rest)) history.tick();
  use({});
  expect(history.isBusy(rest)).toBe(false);
  later(1000);
  expect(history.isBusy(rest)).toBe(true);
  later(4000);
  history.tick();
  expect(history.isBusy(rest)).toBe(false);
});

describe("while the disk takes nothing", () => {
  const written = () => store.prepare("SELECT sum(bytes_in) FROM history_minutes").pluck().get();
  const minutes = 4;

  it("what comes waits in memory, minute by minute, and is written once it takes something", () => {
    use({ host: "known.example.org", bytesIn: 1000 });
    ask(); // on the disk
    store.pragma("query_only = ON");
    for (let second = 0; second < minutes * 60; second++) {
      later(1000);
      use({ host: "known.example.org", bytesIn: 1000 });
      use({ host: `${second}.example.org`, bytesIn: 1 });
    }
    expect(written()).toBe(1000);
    store.pragma("query_only = OFF");
    later(1000);
    history.tick();
    const total = 1000 + minutes * 60 * 1001;
    expect(ask({ range: "10m" }).total.bytesIn).toBe(total);
    expect(written()).toBe(total);
    // None is among the others because it was tried in vain so often.
    const { rows, more } = ask({ by: "host" });
    expect(rows.length + more).toBe(1 + minutes * 60);
    const { bytesIn } = ask({ range: "1h", bucket: "minute" }).series;
    expect(bytesIn.filter((each) => each > 50_000)).toHaveLength(minutes);
    restart();
    expect(ask().total.bytesIn).toBe(total);
  });
});

describe("a private app", () => {
  const privately = (app: string, on: boolean, forget = false) => history.setPrivate({ app, private: on, forget });

  it("leaves nothing from then on, and keeps what was before until it is to be forgotten", () => {
    use({ app: "/usr/bin/a", host: "secret.example.org" });
    use({ app: "/usr/bin/b", host: "www.example.net" });
    expect(privately("/usr/bin/a", true).private).toEqual(["/usr/bin/a"]);
    use({ app: "/usr/bin/a", host: "hidden.example.org" });
    history.appChanged("/usr/bin/a");
    for (const range of ["10m", "24h", "1y"] as const)
      expect(ask({ by: "app", range }).rows.map(({ key, bytesIn, app }) => [key, bytesIn, app?.private])).toEqual([
        ["/usr/bin/a", 100, true],
        ["/usr/bin/b", 100, false],
      ]);
    expect(ask({ by: "host" }).rows.map(({ key }) => key)).toEqual(["secret.example.org", "www.example.net"]);
    expect(inFile("hidden.example.org")).toBe(false);
    const { events } = history.listEvents({ range: "1h", limit: 100 });
    expect(events.filter(({ kind }) => kind === "appChanged")).toEqual([]);
    privately("/usr/bin/a", false);
    use({ app: "/usr/bin/a", host: "third.example.org" });
    expect(ask({ by: "host", filter: { app: "/usr/bin/a" } }).rows.map(({ key }) => key)).toEqual([
      "secret.example.org",
      "third.example.org",
    ]);
  });

  it("is forgotten in the same step, in memory and in the file, and stays known as private", () => {
    use({ app: "/usr/bin/a", host: "secret.example.org" });
    later(3 * day);
    use({ app: "/usr/bin/a", host: "secret.example.org" });
    use({ app: "/usr/bin/b", host: "www.example.net" });
    history.configure({}); // packs
    ask();
    expect(inFile("secret.example.org")).toBe(true);
    expect(privately("/usr/bin/a", true, true).private).toEqual(["/usr/bin/a"]);
    for (const range of ["10m", "1y"] as const)
      expect(ask({ range }).rows.map(({ key }) => key)).toEqual(["/usr/bin/b"]);
    expect(inFile("secret.example.org")).toBe(false);
    expect(history.listEvents({ range: "30d", limit: 100 }).events.map(({ app }) => app)).not.toContain("/usr/bin/a");
    use({ app: "/usr/bin/a", host: "secret.example.org" });
    restart();
    expect(ask().rows.map(({ key }) => key)).toEqual(["/usr/bin/b"]);
    expect(inFile("secret.example.org")).toBe(false);
  });

  it("has no hosts in what is kept of its live flows either, and what it used meanwhile is not counted later", () => {
    const fields = { cookie: 998n, address: Buffer.alloc(16), port: 443, protocol: 6, direction: 0, attempt: 1 };
    const key = flowId(layouts.flow_key.read(layouts.flow_key.write(fields)));
    const app = { name: "c", path: "/usr/bin/c", verified: false, icon: null, via: null };
    const endpoint = { host: "secret.example.org", address: "192.0.2.9", port: 443, protocol: "tcp" } as const;
    history.flows.tell(key, { app, endpoint, user: 0, verdict: "allow" } as Flow, Date.now());
    ask();
    privately(app.path, true, true);
    expect(inFile("secret.example.org")).toBe(false);
    history.flows.count(key, 500, 0, Date.now());
    ask();
    expect(inFile("secret.example.org")).toBe(false);
    restart();
    privately(app.path, false);
    history.flows.count(key, 700, 0, Date.now());
    expect(ask({ by: "host" }).rows).toMatchObject([{ key: null, bytesIn: 200, connections: 0 }]);
  });

  it("may be one before it is ever seen", () => {
    privately("/usr/bin/a", true);
    history.configure({});
    use({ app: "/usr/bin/a" });
    expect(ask().rows).toEqual([]);
    expect(history.settings.private).toEqual(["/usr/bin/a"]);
  });
});

describe("history that is deleted", () => {
  beforeEach(() => {
    use({ app: "/usr/bin/a", host: "first.example.org" });
    later(3 * day);
    use({ app: "/usr/bin/a", host: "second.example.org" });
    use({ app: "/usr/bin/b", host: "www.example.net" });
    history.configure({}); // packs what can be
  });

  it("of one app leaves the others", () => {
    history.remove({ app: "/usr/bin/a" });
    expect(ask().rows.map(({ key }) => key)).toEqual(["/usr/bin/b"]);
    expect(ask({ range: "10m" }).rows.map(({ key }) => key)).toEqual(["/usr/bin/b"]);
    expect(store.prepare("SELECT name FROM history_names ORDER BY name").pluck().all()).toEqual([
      "example.net",
      "www.example.net",
    ]);
    use({ app: "/usr/bin/a", host: "again.example.org" });
    expect(ask({ by: "host", filter: { app: "/usr/bin/a" } }).rows.map(({ key }) => key)).toEqual([
      "again.example.org",
    ]);
  });

  it("of a time leaves what was before and after", () => {
    history.remove({ from: "2026-03-10T11:50:00Z", to: "2026-03-10T12:10:00Z" });
    expect(ask({ by: "host" }).rows.map(({ key }) => key)).toEqual(["second.example.org", "www.example.net"]);
    history.remove({ app: "/usr/bin/b", from: "2026-03-13T11:50:00Z", to: "2026-03-13T12:10:00Z" });
    expect(ask({ by: "host" }).rows.map(({ key }) => key)).toEqual(["second.example.org"]);
  });

  it("as a whole leaves nothing, neither in memory nor in the file", () => {
    history.remove({});
    for (const range of ["10m", "24h", "1y"] as const) expect(ask({ range }).rows).toEqual([]);
    expect(inFile("example.net")).toBe(false);
    for (const table of ["keys", "names", "apps", "minutes", "quarters", "days", "spans", "events"])
      expect([table, store.prepare(`SELECT count(*) FROM history_${table}`).pluck().get()]).toEqual([table, 0]);
  });

  it("a flow that goes on is counted anew", () => {
    const fields = { cookie: 999n, address: Buffer.alloc(16), port: 443, protocol: 6, direction: 0, attempt: 1 };
    const key = flowId(layouts.flow_key.read(layouts.flow_key.write(fields)));
    const app = { name: "c", path: "/usr/bin/c", verified: false, icon: null, via: null };
    const endpoint = { host: null, address: "192.0.2.9", port: 443, protocol: "tcp" } as const;
    const flow = { ...({ app, endpoint, user: 0, verdict: "allow" } as Flow) };
    history.flows.tell(key, flow, Date.now());
    history.flows.count(key, 500, 0, Date.now());
    history.tick();
    history.remove({});
    history.flows.count(key, 700, 0, Date.now());
    history.tick();
    expect(ask().total.bytesIn).toBe(200);
  });
});

describe("events", () => {
  it("tell of new apps, modes, profiles, networks and the helper's starts", () => {
    history.meetStanding({ mode: "learn", override: null, profile: null });
    history.meetStanding({ mode: "ask", override: null, profile: "Work" });
    history.meetStanding({ mode: "ask", override: "lockdown", profile: "Work" });
    history.meetNetwork({ key: "1", name: "Home", kind: "wifi", metered: false });
    use({ app: "/usr/bin/a" });
    history.meetNetwork({ key: "2", name: "Phone", kind: "mobile", metered: true });
    use({ app: "/usr/bin/a" });
    const { events } = history.listEvents({ range: "1h", limit: 100 });
    expect(events.map(({ kind, app, from, to }) => [kind, app, from, to])).toEqual([
      ["helperStarted", null, null, null],
      ["mode", null, "learn", "ask"],
      ["profile", null, null, "Work"],
      ["mode", null, "ask", "lockdown"],
      ["appNew", "/usr/bin/a", null, null],
      ["network", null, "Home", "Phone"],
    ]);
    const rows = ask({ by: "network" }).rows.map(({ network, bytesIn }) => [network?.name, network?.metered, bytesIn]);
    expect(rows).toEqual([
      ["Home", false, 100],
      ["Phone", true, 100],
    ]);
    expect(history.listNetworks().current).toEqual([ask({ by: "network" }).rows[1]?.key]);
  });

  it("networks are known to have been used by those whose processes did", () => {
    history.meetNetwork({ key: "1", name: "Home", kind: "wifi", metered: false });
    use({ app: "/usr/bin/a", user: 1000 });
    history.meetNetwork({ key: "2", name: "Phone", kind: "mobile", metered: true });
    use({ app: "/usr/bin/a", user: 1001 });
    ask();
    const names = (user: number) => history.networksOf(user).map(({ name }) => name);
    expect([names(1000), names(1001), names(1002)]).toEqual([["Home"], ["Phone"], []]);
    expect(history.listNetworks().networks.map(({ name }) => name)).toEqual(expect.arrayContaining(["Home", "Phone"]));
  });

  it("of one app are its own and the whole computer's; its own are the last to give way", () => {
    use({ app: "/usr/bin/a" });
    later(30 * day);
    use({ app: "/usr/bin/b" });
    for (const mode of ["learn", "ask", "block"] as const) {
      later(1000);
      history.meetStanding({ mode, override: null, profile: null });
    }
    const found = (given: Params<"history.events">) => {
      const { events } = history.listEvents(v.parse(historyMethods["history.events"].params, given));
      return events.map(({ kind, app, to }) => app ?? to ?? kind);
    };
    const app = "/usr/bin/a";
    expect(found({ range: "1y", limit: 5000 })).toEqual(["helperStarted", app, "/usr/bin/b", "ask", "block"]);
    expect(found({ range: "1y", app })).toEqual(["helperStarted", app, "ask", "block"]);
    expect(found({ range: "1y", app, limit: 2 })).toEqual([app, "block"]);
    expect(found({ range: "1h", app, limit: 2 })).toEqual(["ask", "block"]);
    expect(found({ range: "1y", app: "/usr/bin/none" })).toEqual(["helperStarted", "ask", "block"]);
  });

  it("tell that the computer slept, and until when", () => {
    const sleep = (milliseconds: number) => {
      slept += milliseconds;
      later(milliseconds);
      history.tick();
      const { events } = history.listEvents({ range: "1h", limit: 100 });
      return events.filter(({ kind }) => kind === "sleep").map(({ time, until }) => ({ time, until }));
    };
    later(1000);
    history.tick();
    expect(sleep(0)).toEqual([]);
    // The clocks are read one after the other: a moment is no sleep.
    expect(sleep(500)).toEqual([]);
    const [only, ...more] = sleep(10 * 60_000);
    expect(more).toEqual([]);
    expect(only?.until).toBe(new Date().toISOString());
    // From where the helper last looked, to the millisecond that the clocks differ by.
    const length = Date.parse(only?.until ?? "") - Date.parse(only?.time ?? "");
    expect(Math.abs(length - 10 * 60_000)).toBeLessThan(1000);
    // Told once, and again after the next one.
    expect(sleep(0)).toHaveLength(1);
    expect(sleep(60_000)).toHaveLength(2);
  });

  it("tell when the helper ran last", () => {
    restart();
    history.close();
    later(day);
    store.close();
    open();
    const { events } = history.listEvents({ range: "1h", limit: 100 });
    expect(events).toMatchObject([{ kind: "helperStarted", from: "2026-03-10T12:00:00.000Z" }]);
  });
});

describe("a question", () => {
  it.each([
    [{ range: "1h", from: "2026-03-10T00:00:00Z", to: "2026-03-11T00:00:00Z" }, "bad_range"],
    [{ from: "2026-03-11T00:00:00Z", to: "2026-03-10T00:00:00Z" }, "bad_range"],
    [{ from: "2020-03-11T00:00:00Z", to: "2026-03-10T00:00:00Z" }, "bad_range"],
    [{ range: "1y", zone: "Mars/Olympus" }, "bad_zone"],
  ] as const)("about %j is refused: %s", (asked, code) => {
    const params = v.parse(historyMethods["history.query"].params, { by: "app", ...asked });
    expect(() => history.query(params)).toThrow(expect.objectContaining({ code }));
  });

  it("gets no finer points than are kept, nor more than can be drawn", () => {
    expect(ask({ range: "1y", bucket: "second" }).series.bucket).toBe("day");
    expect(ask({ range: "7d", bucket: "minute" }).series.bucket).toBe("quarter");
    expect(ask({ range: "30d", bucket: "hour" }).series.bucket).toBe("hour");
    expect(ask({ range: "24h", bucket: "minute" }).series.bucket).toBe("minute");
  });
});

it("countries are known for both families, and for no local address", () => {
  expect(
    ["193.0.6.139", "2001:67c:2e8:22::c100:68b", "78.46.0.1", "133.242.0.3"].map((each) => countries.of(each)),
  ).toEqual(["NL", "NL", "DE", "JP"]);
  for (const local of ["127.0.0.1", "::1", "192.168.1.1", "10.1.2.3", "fe80::1", "fd00::1", "224.0.0.251", "ff02::fb"])
    expect([local, countries.of(local)]).toEqual([local, null]);
  expect(countries.data).toMatchObject({ licence: "CC BY 4.0", attribution: expect.stringContaining("db-ip.com") });
});
