// A year of a busy desktop in history: what it takes on the disk, and how long every view of it takes the helper. Writes
// dist/bench/history.json.
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { type HistoryBy, historyBySchema, historyMethods, historyRangeSchema } from "../../contract/history.ts";
import type { Params } from "../../contract/methods.ts";
import type { Place } from "../../helper/history/amounts.ts";
import { Countries } from "../../helper/history/countries.ts";
import { History } from "../../helper/history/history.ts";
import { type Cell, writePage } from "../../helper/history/page.ts";
import { boottime } from "../../helper/kernel/libc.ts";
import { openStore } from "../../helper/store/database.ts";
import { dayLength, HistoryRows } from "../../helper/store/history.ts";
import { HistoryKeys } from "../../helper/store/history-keys.ts";
import { Settings } from "../../helper/store/settings.ts";
import { Figures, percentile } from "./figures.ts";

const apps = 300;
const hosts = 20_000;
/** Different (app, host, …) in a quarter of an hour: while somebody works, and at night. */
const busy = { day: 90, night: 20 } as const;
const rounds = 5;
const figures = new Figures();

// A year must be the same each time.
let seed = 42;
function random(): number {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 2 ** 32;
}
/** Two browsers know most hosts; every other app has 16 of its own, and one call in five is to one of those that all share. */
function hostFor(app: number): number {
  const browsed = 15_000;
  const own = 16;
  const shared = browsed + own * (apps - 2);
  if (random() < 0.2) return shared + skewed(hosts - shared);
  if (app === 0) return skewed(11_000);
  return app === 1 ? 11_000 + skewed(4000) : browsed + own * (app - 2) + skewed(own);
}
/** Few are used much, many a little. */
const skewed = (count: number) => Math.min(count - 1, Math.floor(count * random() ** 3));
const countries = ["US", "US", "US", "DE", "DE", "NL", "IE", "FR", "GB", "SE", "JP", "CN", "BR", "IN", null];

function placeOf(host: number, app: number): Place {
  const path = `/usr/bin/app-${app}`;
  return {
    app: { path, name: `App ${app}`, verified: true, icon: `app-${app}` },
    host: `host-${host}.domain-${host % 6000}.example`,
    country: countries[host % countries.length] ?? null,
    protocol: host % 7 === 0 ? "udp" : "tcp",
    user: app % 10 === 0 ? 0 : 1000,
    loopback: false,
  };
}

const folder = mkdtempSync(join(tmpdir(), "picket-bench-"));
try {
  const file = join(folder, "picket.sqlite");
  const store = openStore(file);
  const keys = new HistoryKeys(store, () => {});
  const networks = ["Home", "Office", "Phone"].map((name) =>
    keys.network({ key: name, name, kind: name === "Phone" ? "mobile" : "wifi", metered: name === "Phone" }),
  );
  const now = Math.floor(Date.now() / 1000);
  const today = Math.floor(now / dayLength);
  const insert = store.prepare("INSERT INTO history_days (day, page) VALUES (?, ?)");
  const unsealed = store.prepare("INSERT OR IGNORE INTO history_quarters VALUES (?, ?, ?, ?, ?, ?)");
  const minutes = store.prepare("INSERT OR IGNORE INTO history_minutes VALUES (?, ?, ?, ?, ?, ?)");
  let cells = 0;
  let perDay = 0;
  /** What an app does in some minutes, on a host that it likes: an app has its own. */
  const made = new Map<number, { key: number; day: number }>();
  const touch = store.prepare("UPDATE history_keys SET last = ? WHERE id = ?");
  const anyKey = (day: number, network: number) => {
    const app = skewed(apps);
    const host = hostFor(app);
    const name = (network * apps + app) * hosts + host;
    const known = made.get(name);
    if (known?.day === day) return known.key;
    const key = known?.key ?? keys.of(placeOf(host, app), network, day) ?? 0;
    if (known !== undefined) touch.run(day, key);
    made.set(name, { key, day });
    return key;
  };
  const amounts = () =>
    [Math.floor(random() ** 4 * 2e7) + 60, Math.floor(random() ** 4 * 2e6) + 60, 1 + skewed(9), skewed(4)] as const;
  const began = performance.now();
  // Days that are 73 days apart are alike: that takes a fifth of the time to make, and no less to read.
  const alike = 73;
  for (let day = today - 365; day <= today; day++) {
    const before = day - alike;
    if (day < today && before >= today - 365) {
      insert.run(day, store.prepare("SELECT page FROM history_days WHERE day = ?").pluck().get(before));
      cells += perDay;
      continue;
    }
    store.transaction(() => {
      const found = new Map<number, Cell>();
      const network = networks[skewed(networks.length)] as number;
      for (let quarter = 0; quarter < 96; quarter++) {
        const many = quarter >= 28 ? busy.day : busy.night;
        for (let at = 0; at < many; at++) {
          const key = anyKey(day, network);
          const [bytesIn, bytesOut, connections, blocked] = amounts();
          found.set(key * 96 + quarter, { quarter, key, bytesIn, bytesOut, connections, blocked });
        }
      }
      perDay = found.size;
      cells += perDay;
      if (day < today) insert.run(day, writePage([...found.values()]));
      else
        for (const { quarter, key, bytesIn, bytesOut, connections, blocked } of found.values())
          if (today * 96 + quarter <= now / 900)
            unsealed.run(today * 96 + quarter, key, bytesIn, bytesOut, connections, blocked);
    })();
  }
  store.transaction(() => {
    for (let minute = Math.floor(now / 60) - 1440; minute <= now / 60; minute++)
      for (let at = 0; at < 40; at++) minutes.run(minute, anyKey(today, networks[0] as number), ...amounts());
  })();
  console.log(`${cells} cells of a year in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const found = (what: string) => Number(store.prepare(`SELECT count(*) FROM ${what}`).pluck().get());
  if (found("history_apps") !== apps) throw new Error(`${found("history_apps")} apps`);
  figures.note("cells: quarters of an hour by app, host, network", cells, "cells");
  figures.note(
    "hosts of them",
    Number(store.prepare("SELECT count(DISTINCT host) FROM history_keys").pluck().get()),
    "hosts",
  );
  figures.note("keys", found("history_keys"), "keys");
  const rows = new HistoryRows(store, "bench");
  const summed: number[] = [];
  for (let more = true; more; ) {
    const start = performance.now();
    more = rows.summarize(today, (by) => keys.valuesBy(by));
    if (more) summed.push(performance.now() - start);
  }
  store.pragma("wal_checkpoint(TRUNCATE)");
  figures.note("database after a year", statSync(file).size / 1e6, "MB", "≤ 500");

  const history = new History({
    store,
    settings: new Settings(store),
    clock: { boot: "bench", boottime },
    countries: new Countries(),
    countTraffic: () => {},
  });
  const ask = (params: Params<"history.query">) =>
    history.query(v.parse(historyMethods["history.query"].params, { zone: "Europe/Berlin", ...params }));
  let worst = 0;
  let worstCpu = 0;
  const timed = (name: string, params: Params<"history.query">) => {
    const start = performance.now();
    const used = process.cpuUsage();
    if (ask(params).rows.length === 0) throw new Error(`${name} shows nothing`);
    const { user, system } = process.cpuUsage(used);
    return { wall: performance.now() - start, cpu: (user + system) / 1000 };
  };
  const measure = (name: string, params: Params<"history.query">) => {
    const times = Array.from({ length: rounds }, () => timed(name, params));
    const [wall, cpu] = (["wall", "cpu"] as const).map((each) =>
      percentile(
        times.map((time) => time[each]),
        0.5,
      ),
    ) as [number, number];
    worst = Math.max(worst, wall);
    worstCpu = Math.max(worstCpu, cpu);
    figures.note(name, wall, "ms, p50", "≤ 100");
    // What other programs do not lengthen, or less so.
    figures.note("  of processor time", cpu, "ms, p50");
  };
  // Nothing is compiled or remembered yet.
  figures.note("the first view of all, 1y by app", timed("first", { by: "app", range: "1y" }).wall, "ms");
  for (const range of historyRangeSchema.options) {
    if (range === "10m") continue; // in memory
    for (const by of historyBySchema.options) measure(`${range} by ${by}`, { by, range });
  }
  const app = "/usr/bin/app-0";
  const year = { range: "1y" } as const;
  measure("1y of one app by host", { ...year, by: "host", filter: { app } });
  measure("1y of a metered network by app", { ...year, by: "app", filter: { network: String(networks[2]) } });
  measure("1y of a country by domain", { ...year, by: "domain", filter: { country: "US" } });
  const rare = ask({ ...year, by: "domain", limit: 20_000 }).rows.at(-1)?.key ?? "";
  measure("1y of a domain that is rare by app", { ...year, by: "app", filter: { domain: rare } });
  const common = "domain-0.example";
  measure("1y of a domain that many use by app", { ...year, by: "app", filter: { domain: common } });
  measure("1y of one app and country by host", { ...year, by: "host", filter: { app, country: "US" } });
  measure("1y of one app and network by domain", {
    ...year,
    by: "domain",
    filter: { app, network: String(networks[2]) },
  });
  measure("1y of a country and network by app", {
    ...year,
    by: "app",
    filter: { country: "US", network: String(networks[2]) },
  });
  measure("1y of a protocol and user by host, most of all", {
    ...year,
    by: "host",
    filter: { protocol: "tcp", user: 1000 },
  });
  measure("1y by app, 60 lines of their own", { ...year, by: "app", sparks: 60 });
  const month = (from: number, to: number) => ({
    from: new Date(from * 1000).toISOString(),
    to: new Date(to * 1000).toISOString(),
  });
  measure("a month half a year ago by host", {
    by: "host" as HistoryBy,
    ...month(now - 200 * dayLength, now - 170 * dayLength),
  });
  figures.note("the slowest view", worst, "ms, p50", "≤ 100");
  figures.note("the most processor time of a view", worstCpu, "ms, p50");

  // What recording costs: a batch of 50 keys, every five seconds.
  const some = [...keys.numbersOf(null)].slice(0, 50);
  const batches = Array.from({ length: 50 }, (_, at) => {
    const start = performance.now();
    const amounts = { bytesIn: 1000, bytesOut: 1000, connections: 1, blocked: 0 };
    rows.write({ at: now + at * 5, amounts: some.map((key) => [key, amounts]), live: [], over: [] });
    return performance.now() - start;
  });
  figures.note("a batch of 50 written", percentile(batches, 0.5), "ms, p50");
  const start = performance.now();
  rows.seal(today + 1);
  figures.note("a day packed", performance.now() - start, "ms");
  figures.note("eight days summed, once", percentile(summed, 0.5), "ms, p50");
  store.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
figures.finish("history");
