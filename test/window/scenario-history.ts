// What a helper would remember of a scenario: who talks to whom is fixed, how much follows the time of day. Held to the contract by the
// scenario helper, as everything it says.
import type {
  HistoryAmounts,
  HistoryBucket,
  HistoryEvent,
  HistoryNetwork,
  HistoryRange,
  HistoryRow,
  HistorySettings,
} from "../../contract/history.ts";
import type { Params, Result } from "../../contract/methods.ts";
import type { App } from "../../contract/words.ts";
import { ago, chronyd, curl, firefox, gimp, nextcloud, python, thunderbird, updater } from "./scenario.ts";

const home: HistoryNetwork = { id: "home", name: "Maple Street", kind: "wifi", metered: false };
const phone: HistoryNetwork = { id: "phone", name: "Alice’s phone", kind: "mobile", metered: true };
const office: HistoryNetwork = { id: "office", name: "Wired connection 1", kind: "ethernet", metered: false };
const networks = new Map([home, phone, office].map((network) => [network.id, network]));

/** `down`, `up`: bytes a second in the middle of the day. `tries`: blocked connections an hour. */
type Talk = {
  app: App;
  domain: string | null;
  host: string | null;
  country: string | null;
  protocol: "tcp" | "udp";
  network: string;
  down: number;
  up: number;
  tries?: number;
};
const talk = (
  app: App,
  host: string | null,
  country: string | null,
  network: string,
  down: number,
  up: number,
  tries = 0,
): Talk => {
  const labels = host?.split(".") ?? [];
  const domain = host === null ? null : /^[\d.]+$|:/.test(host) ? host : labels.slice(-2).join(".");
  // What answers with the time, and a site of today.
  const protocol = app === chronyd || host === "video.example.org" ? "udp" : "tcp";
  return { app, domain, host, country, protocol, network, down, up, tries };
};
const talks: Talk[] = [
  talk(firefox, "video.example.org", "DE", "home", 410_000, 9000),
  talk(firefox, "www.example.org", "DE", "phone", 62_000, 6000),
  talk(firefox, "cdn.example.net", "US", "home", 120_000, 2500),
  talk(firefox, "news.example.com", "FR", "office", 35_000, 2000),
  talk(firefox, "tracker.test", "US", "home", 0, 0, 42),
  talk(nextcloud, "cloud.example.de", "DE", "home", 22_000, 180_000),
  talk(nextcloud, "cloud.example.de", "DE", "phone", 3000, 21_000),
  talk(thunderbird, "imap.example.org", "NL", "home", 9000, 1500),
  talk(thunderbird, "smtp.example.org", "NL", "office", 400, 7000),
  talk(updater, "releases.example.io", "IE", "home", 31_000, 300),
  talk(python, "192.0.2.44", null, "office", 500, 8000),
  talk(curl, "2001:db8::1", null, "home", 700, 60, 3),
  talk(chronyd, "ntp.example.net", "CH", "home", 20, 20),
];

const seconds: Record<HistoryRange, number> = {
  "10m": 600,
  "1h": 3600,
  "24h": 86_400,
  "7d": 7 * 86_400,
  "30d": 30 * 86_400,
  "1y": 365 * 86_400,
};
const usual: Record<HistoryRange, HistoryBucket> = {
  "10m": "second",
  "1h": "minute",
  "24h": "quarter",
  "7d": "hour",
  "30d": "day",
  "1y": "day",
};
const length: Record<HistoryBucket, number> = { second: 1, minute: 60, quarter: 900, hour: 3600, day: 86_400 };

/**
 * How busy the computer is so many seconds ago: seen in the afternoon, asleep the night before. In bursts that are always the same for the
 * same time; of a day, what it is over the day.
 */
function busy(time: number, past: number, step: number, salt: number): number {
  const hour = (((17 - past / 3600) % 24) + 24) % 24;
  const day = step >= 86_400 ? 0.4 : hour < 7 ? 0 : Math.sin(((hour - 6.5) / 17.5) * Math.PI);
  const bits = Math.sin(Math.floor(time) * 12.9898 + salt * 78.233) * 43_758.5453;
  const burst = bits - Math.floor(bits);
  return Math.max(0, day) * (0.25 + burst * burst * 1.9);
}

const none = (): HistoryAmounts => ({ bytesIn: 0, bytesOut: 0, connections: 0, blocked: 0 });
const add = (sum: HistoryAmounts, more: HistoryAmounts): void => {
  for (const name of ["bytesIn", "bytesOut", "connections", "blocked"] as const) sum[name] += more[name];
};

export class RememberedScenario {
  /** What was asked, in order. */
  readonly asked: Params<"history.query">[] = [];
  /** Nothing at all is remembered. */
  empty = false;
  events: HistoryEvent[] = [
    anEvent("e1", 60 * 16.8, "sleep", { until: ago(60 * 10.1) }),
    anEvent("e2", 60 * 10.1, "helperStarted", { from: ago(60 * 16.8) }),
    anEvent("e3", 60 * 7.2, "network", { from: "Maple Street", to: "Alice’s phone" }),
    anEvent("e4", 60 * 5, "appNew", { app: updater.path }),
    anEvent("e5", 60 * 3.4, "appChanged", { app: curl.path }),
    anEvent("e6", 4, "mode", { from: "learn", to: "ask" }),
  ];
  /** What was asked of events, in order. */
  readonly askedEvents: Params<"history.events">[] = [];
  recording = true;
  kept = { minutes: 48, days: 365 };
  private = new Set([python.path]);
  /** What was to be deleted, in order. */
  readonly deleted: Params<"history.delete">[] = [];

  configure({ recording, minutes, days }: Params<"history.configure">): HistorySettings {
    if (recording !== undefined) this.recording = recording;
    this.kept = { minutes: minutes ?? this.kept.minutes, days: days ?? this.kept.days };
    return this.settings;
  }

  setPrivate({ app, private: on, forget }: Params<"history.setPrivate">): HistorySettings {
    if (on) this.private.add(app);
    else this.private.delete(app);
    if (forget) this.remove({ app });
    return this.settings;
  }

  findApps(paths: readonly string[]): Result<"history.apps">["apps"] {
    return [...new Set([gimp, ...talks.map(({ app }) => app)])]
      .filter(({ path }) => paths.includes(path))
      .map(({ path, name, verified, icon }) => ({ path, name, verified, icon, private: this.private.has(path) }));
  }

  remove(asked: Params<"history.delete">): void {
    this.deleted.push(asked);
  }

  get settings(): HistorySettings {
    return {
      recording: this.recording,
      ...this.kept,
      private: [...this.private],
      since: this.empty ? null : ago(60 * 24 * 365),
      bytes: 41_000_000,
      countries: {
        name: "IP to Country Lite by DB-IP",
        version: "2.3.2026060120",
        date: "2026-06-01T20:32:58.000Z",
        licence: "CC BY 4.0",
        attribution: "IP Geolocation by DB-IP (https://db-ip.com)",
      },
    };
  }

  eventsOf(params: Params<"history.events">): HistoryEvent[] {
    this.askedEvents.push(params);
    const { range = "24h", app, limit = 1000 } = params;
    const end = params.to ? Date.parse(params.to) : Date.now();
    const begin = params.from ? Date.parse(params.from) : Date.now() - seconds[range] * 1000;
    const of = (event: HistoryEvent) => app === undefined || event.app === null || event.app === app;
    const then = ({ time, until }: HistoryEvent) => Date.parse(time) < end && Date.parse(until ?? time) >= begin;
    const byTime = (one: HistoryEvent, other: HistoryEvent) => Date.parse(one.time) - Date.parse(other.time);
    const found = this.events.filter((event) => of(event) && then(event)).sort(byTime);
    // An app's own stay where there are too many.
    if (app !== undefined) found.sort((one, other) => Number(one.app !== null) - Number(other.app !== null));
    return found.slice(-limit).sort(byTime);
  }

  query(params: Params<"history.query">): Result<"history.query"> {
    this.asked.push(params);
    const { range = "24h", filter = {}, limit = 500, by } = params;
    const bucket = usual[range];
    const step = length[bucket];
    const now = Date.now() / 1000;
    const end = params.to ? Date.parse(params.to) / 1000 : now;
    const begin = params.from ? Date.parse(params.from) / 1000 : now - seconds[range];
    const starts: number[] = [];
    for (let at = Math.floor(begin / step) * step; at < end; at += step) starts.push(at);
    const gone = new Set(this.deleted.filter(({ from }) => from === undefined).map(({ app }) => app));
    const isGone = ({ app }: Talk) => this.empty || gone.has(undefined) || gone.has(app.path);
    const kept = talks.filter((each) => !isGone(each) && fits(each, filter));
    const rows = new Map<string | null, HistoryRow>();
    const total = none();
    const points = starts.map(() => none());
    for (const [salt, each] of kept.entries()) {
      const key =
        by === "app" ? each.app.path : (each[by as "domain" | "host" | "country" | "protocol" | "network"] ?? null);
      const row = rows.get(key) ?? { key, ...none(), ...this.extra(by, key, each) };
      rows.set(key, row);
      starts.forEach((start, at) => {
        const much = busy(start, now - start, step, salt) * Math.min(step, Math.max(0, end - start));
        const amounts = {
          bytesIn: Math.round(each.down * much),
          bytesOut: Math.round(each.up * much),
          // One in 40 busy seconds: of single ones, every fortieth.
          connections: each.down === 0 ? 0 : step > 1 ? Math.round(much / 40) : Number(much > 0 && start % 40 === salt),
          blocked: Math.round(((each.tries ?? 0) * much) / 3600),
        };
        for (const sum of [row, total, points[at] as HistoryAmounts]) add(sum, amounts);
      });
    }
    const sorted = [...rows.values()]
      .filter((row) => row.bytesIn + row.bytesOut + row.connections + row.blocked > 0)
      .sort((a, b) => b.bytesIn + b.bytesOut - a.bytesIn - a.bytesOut);
    const column = (name: keyof HistoryAmounts) => points.map((point) => point[name]);
    return {
      from: new Date(begin * 1000).toISOString(),
      to: new Date(end * 1000).toISOString(),
      total,
      rows: sorted.slice(0, limit),
      more: Math.max(0, sorted.length - limit),
      series: {
        bucket,
        starts,
        bytesIn: column("bytesIn"),
        bytesOut: column("bytesOut"),
        connections: column("connections"),
        blocked: column("blocked"),
      },
    };
  }

  private extra(by: string, key: string | null, { app }: Talk): Partial<HistoryRow> {
    if (by === "app") {
      const { path, name, verified, icon } = app;
      return { app: { path, name, verified, icon, private: this.private.has(path) } };
    }
    const network = by === "network" && key !== null ? networks.get(key) : undefined;
    return network === undefined ? {} : { network };
  }
}

/** So many minutes ago. */
export function anEvent(
  id: string,
  minutes: number,
  kind: HistoryEvent["kind"],
  change: Partial<HistoryEvent>,
): HistoryEvent {
  return { id, time: ago(minutes), until: null, kind, app: null, from: null, to: null, ...change };
}

function fits(each: Talk, filter: NonNullable<Params<"history.query">["filter"]>): boolean {
  const { app, ...others } = filter;
  if (app !== undefined && app !== each.app.path) return false;
  return Object.entries(others).every(([name, key]) => each[name as keyof Talk] === key);
}
