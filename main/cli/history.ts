// `picket history`: who talked to whom and how much, as a table, JSON or CSV; what happened meanwhile; what is kept, and its removal.
import { appPathText } from "../../contract/app-path.ts";
import {
  type HistoryBy,
  type HistoryEvent,
  type HistoryFilter,
  type HistoryRow,
  type HistorySeries,
  type HistorySettings,
  historyBySchema,
  historyRangeSchema,
  historyRangeSeconds,
  mostEvents,
} from "../../contract/history.ts";
import type { Params } from "../../contract/methods.ts";
import { amountNames, mostRows, nameOf, rowsAsCsv, rowsAsJson } from "../export/history.ts";
import { bytesText } from "./bytes-text.ts";
import { csv } from "./csv.ts";
import { timeText } from "./endpoint-text.ts";
import { withHelper } from "./helper-connection.ts";
import { printableJson, table } from "./table.ts";
import { timeFrom } from "./time-from.ts";
import { oneOf, parseWords, takeNoMore, UsageError } from "./usage.ts";

const options = {
  by: { type: "string" },
  range: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  app: { type: "string" },
  domain: { type: "string" },
  host: { type: "string" },
  country: { type: "string" },
  protocol: { type: "string" },
  network: { type: "string" },
  limit: { type: "string" },
  series: { type: "boolean" },
  json: { type: "boolean" },
  csv: { type: "boolean" },
} as const;

type Values = ReturnType<typeof parseWords<typeof options>>["values"];

export async function history(args: string[]): Promise<number> {
  const word = args[0];
  if (word === "events") return events(args.slice(1));
  if (word === "settings") return settings(args.slice(1));
  if (word === "retention") return retention(args.slice(1));
  if (word === "private") return setPrivate(args.slice(1));
  if (word === "delete") return remove(args.slice(1));
  const { values, positionals } = parseWords(args, options);
  takeNoMore(positionals);
  return rows(values);
}

/** A range, or from and to; `usual` where neither is given. */
function spanOf(values: Pick<Values, "range" | "from" | "to">, usual: "24h" | null) {
  const from = values.from === undefined ? undefined : timeFrom("from", values.from);
  const to = values.to === undefined ? undefined : timeFrom("to", values.to);
  if (from !== undefined || to !== undefined) {
    if (values.range !== undefined) throw new UsageError("--range, or --from and --to");
    return { ...(from !== undefined && { from }), to: to ?? new Date().toISOString() };
  }
  if (values.range === undefined && usual === null) return {};
  return { range: oneOf("--range", values.range ?? usual ?? undefined, historyRangeSchema.options) };
}

function filterOf({ app, domain, host, country, protocol, network }: Values): HistoryFilter {
  return {
    ...(app !== undefined && { app }),
    ...(domain !== undefined && { domain }),
    ...(host !== undefined && { host }),
    ...(country !== undefined && { country: country === "none" ? null : country.toUpperCase() }),
    ...(protocol !== undefined && { protocol: oneOf("--protocol", protocol, ["tcp", "udp", "icmp", "other"]) }),
    ...(network !== undefined && { network }),
  };
}

async function rows(values: Values): Promise<number> {
  const by = oneOf("--by", values.by ?? "app", historyBySchema.options);
  const limit = values.limit === undefined ? mostRows : Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRows) throw new UsageError(`--limit is 1 to ${mostRows}`);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const asked = { by, ...spanOf(values, "24h"), zone, filter: filterOf(values), limit };
  const found = await withHelper("history", (helper) => helper.call("history.query", asked));
  if (values.series) process.stdout.write(seriesText(found.series, values));
  else if (values.json) process.stdout.write(rowsAsJson(found.rows));
  else if (values.csv) process.stdout.write(rowsAsCsv(found.rows));
  else
    process.stdout.write(
      table(
        [by.toUpperCase(), "IN", "OUT", "CONNECTIONS", "BLOCKED"],
        found.rows.map(cells(by)),
        "nothing in this time",
      ),
    );
  if (found.more > 0) process.stderr.write(`${found.more} more rows: --limit\n`);
  return 0;
}

function cells(by: HistoryBy): (row: HistoryRow) => string[] {
  return (row) => {
    const { app } = row;
    const name = app?.verified ? `${app.name} (${appPathText(app.path)})` : nameOf(row);
    // An address without a country, hosts that are not kept.
    const what = row.key === null ? "-" : by === "network" ? `${name} [${row.key}]` : name;
    return [what, bytesText(row.bytesIn), bytesText(row.bytesOut), String(row.connections), String(row.blocked)];
  };
}

function seriesText({ bucket, starts, ...columns }: HistorySeries, values: Values): string {
  const points = starts.map((start, at) => ({
    start: new Date(start * 1000).toISOString(),
    ...Object.fromEntries(amountNames.map((name) => [name, columns[name][at] ?? 0])),
  }));
  if (values.json) return `${printableJson({ bucket, points }, 2)}\n`;
  const lines = points.map((point) => Object.values(point) as (string | number)[]);
  if (values.csv) return csv(["start", ...amountNames], lines);
  const shown = lines.map(([start, ...amounts]) => [timeText(String(start)), ...amounts.map(String)]);
  return table([bucket.toUpperCase(), "IN", "OUT", "CONNECTIONS", "BLOCKED"], shown);
}

function eventText({ kind, app, from, to, until }: HistoryEvent): string {
  const path = app === null ? "" : appPathText(app);
  switch (kind) {
    case "appNew":
      return `first seen: ${path}`;
    case "appChanged":
      return `another program: ${path}`;
    case "helperStarted":
      return from === null ? "the helper started" : `the helper started; it ran last at ${timeText(from)}`;
    case "sleep":
      return until === null ? "the computer slept" : `the computer slept until ${timeText(until)}`;
    case "recording":
      return `history ${to ?? ""}`;
    default:
      return `${kind}: ${from ?? "none"} → ${to ?? "none"}`;
  }
}

async function events(args: string[]): Promise<number> {
  const { range, from, to, json, csv: asCsv } = options;
  const { values, positionals } = parseWords(args, { range, from, to, json, csv: asCsv });
  takeNoMore(positionals);
  const asked = { ...spanOf(values, "24h"), limit: mostEvents };
  const { events: found } = await withHelper("history", (helper) => helper.call("history.events", asked));
  const columns = ["time", "until", "kind", "app", "from", "to"] as const;
  if (values.json) process.stdout.write(`${printableJson(found, 2)}\n`);
  else if (values.csv)
    process.stdout.write(
      csv(
        columns,
        found.map((each) => columns.map((name) => each[name] ?? "")),
      ),
    );
  else
    process.stdout.write(
      table(
        ["TIME", "WHAT"],
        found.map((each) => [timeText(each.time), eventText(each)]),
        "nothing in this time",
      ),
    );
  return 0;
}

function tell(now: HistorySettings, json: boolean | undefined): number {
  const { countries } = now;
  const rows = [
    ["recording", now.recording ? "on" : "off"],
    ["minutes are kept for", `${now.minutes} hours`],
    ["quarters of an hour are kept for", `${now.days} days`],
    ["since", now.since === null ? "nothing yet" : timeText(now.since)],
    ["on the disk", `about ${bytesText(now.bytes)}`],
    ...now.private.map((path) => ["private", appPathText(path)]),
    [
      "countries",
      countries === null
        ? "not known"
        : `${countries.attribution}, ${countries.licence}, ${countries.date.slice(0, 10)}`,
    ],
  ];
  process.stdout.write(json ? `${printableJson(now, 2)}\n` : table(["WHAT", "NOW"], rows));
  return 0;
}

async function settings(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    record: { type: "string" },
    json: { type: "boolean" },
  });
  takeNoMore(positionals);
  const recording = values.record === undefined ? undefined : oneOf("--record", values.record, ["on", "off"]) === "on";
  return configure(recording === undefined ? {} : { recording }, values.json);
}

async function retention(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, {
    minutes: { type: "string" },
    days: { type: "string" },
    json: { type: "boolean" },
  });
  takeNoMore(positionals);
  const number = (option: string, given: string | undefined, largest: number) => {
    if (given === undefined) return undefined;
    const value = Number(given);
    if (!Number.isInteger(value) || value < 1 || value > largest)
      throw new UsageError(`--${option} is 1 to ${largest}, not "${given}"`);
    return value;
  };
  const [minutes, days] = [number("minutes", values.minutes, 168), number("days", values.days, 730)];
  return configure({ ...(minutes !== undefined && { minutes }), ...(days !== undefined && { days }) }, values.json);
}

/** Shows what is set, after the change if there is one. */
async function configure(change: Params<"history.configure">, json: boolean | undefined): Promise<number> {
  const changes = Object.keys(change).length > 0;
  const now = await withHelper("history", (helper) =>
    changes ? helper.call("history.configure", change) : helper.call("history.settings", {}),
  );
  return tell(now, json);
}

async function setPrivate(args: string[]): Promise<number> {
  const { values, positionals } = parseWords(args, { forget: { type: "boolean" }, json: { type: "boolean" } });
  const [app, word, ...more] = positionals;
  takeNoMore(more);
  if (app === undefined) throw new UsageError("which app? picket history private PATH on|off");
  const on = oneOf("private", word, ["on", "off"]) === "on";
  const forget = values.forget === true;
  if (forget && !on) throw new UsageError("--forget goes with on");
  const asked = { app, private: on, ...(forget && { forget }) };
  return tell(await withHelper("history", (helper) => helper.call("history.setPrivate", asked)), values.json);
}

/** The range as times, up to the next minute: what is deleted is a matter of the caller's clock. */
function lastOf(values: Pick<Values, "range" | "from" | "to">): { from: string; to: string } {
  if (values.from !== undefined) throw new UsageError("--range, or --from and --to");
  const range = oneOf("--range", values.range, historyRangeSchema.options);
  const now = Date.now();
  const at = (time: number) => new Date(time).toISOString();
  return { from: at(now - historyRangeSeconds[range] * 1000), to: at(now + 60_000) };
}

async function remove(args: string[]): Promise<number> {
  const { app, range, from, to } = options;
  const { values, positionals } = parseWords(args, { all: { type: "boolean" }, app, range, from, to });
  takeNoMore(positionals);
  const some = [values.app, values.range, values.from].some((each) => each !== undefined);
  if (values.to !== undefined && values.from === undefined) throw new UsageError("--to needs --from");
  if (values.all ? some : !some)
    throw new UsageError("what? --all, or --app PATH, --range 1h, --from TIME [--to TIME]");
  const span = values.range === undefined ? spanOf(values, null) : lastOf(values);
  const asked = { ...(values.app !== undefined && { app: values.app }), ...span };
  await withHelper("history", (helper) => helper.call("history.delete", asked));
  const when = "from" in span ? ` from ${timeText(span.from)} to ${timeText(span.to)}` : "";
  process.stdout.write(`deleted${when}\n`);
  return 0;
}
