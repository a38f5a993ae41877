// Rows, times and events of the history in words.
import { splitAppPath } from "../../../contract/app-path.ts";
import type { HistoryBucket, HistoryEvent, HistoryRow } from "../../../contract/history.ts";
import type { App, Protocol } from "../../../contract/words.ts";
import { countryName } from "../../country.ts";
import { appWord, baseName, clockMinutes, clockTime, isIdentified, moment, plain } from "../../format.ts";
import { language, text } from "../../text.ts";
import { timeFormat } from "../../zone.ts";
import type { Dimension, Look, Span } from "./look.ts";

const words = text.history;

/** What a row is about, in a word or two. */
export function rowName(by: Dimension, row: HistoryRow): string {
  if (by === "app") {
    if (row.app) return appName(row.app);
    return row.key === null ? words.unknown.app : baseName(row.key);
  }
  if (row.key === null) return words.unknown[by];
  if (by === "country") return countryName(row.key);
  if (by === "protocol") return words.protocols[row.key as Protocol]?.name ?? plain(row.key);
  if (by === "network") return plain(row.network?.name ?? "") || words.unknown.network;
  return plain(row.key);
}

export function appOf(row: HistoryRow): App {
  const path = row.app?.path ?? row.key ?? "";
  return {
    path,
    name: row.app?.name ?? path,
    verified: row.app?.verified ?? false,
    icon: row.app?.icon ?? null,
    via: null,
  };
}

/** There is little room: a script is the app, its interpreter stands in the second line. */
function appName({ path, name, verified }: Pick<App, "path" | "name" | "verified">): string {
  if (!verified && !isIdentified(path)) return text.unidentified.title;
  const { script } = splitAppPath(path);
  return script !== null && !verified ? baseName(script) : appWord({ path, name, verified, icon: null, via: null });
}

const dayAndYear = timeFormat({ day: "numeric", month: "short", year: "numeric" });

/** "3 Nov 2026" */
export function dayText(iso: string): string {
  return dayAndYear(new Date(iso));
}

/** When a bucket of that size begins: "14:05:30", "3 Nov 14:00", "3 Nov 2026". `time`: Unix seconds. */
export function bucketText(bucket: HistoryBucket, time: number, now = new Date()): string {
  const date = new Date(time * 1000);
  if (bucket === "day") return dayAndYear(date);
  return bucket === "second" ? clockTime(date.toISOString()) : moment(date.toISOString(), now);
}

/** "14:00–15:30", "3 Nov 14:00–4 Nov 02:00", "3 Nov 2026–5 Nov 2026". */
export function spanText(bucket: HistoryBucket, { from, to }: Span): string {
  // A span of days ends with the last second of its last day.
  const [start, end] = [bucketText(bucket, from), bucketText(bucket, bucket === "day" ? to - 1 : to)];
  if (start === end) return start;
  const sameDay = new Date(from * 1000).toDateString() === new Date(to * 1000).toDateString();
  return `${start}–${sameDay && bucket !== "second" && bucket !== "day" ? clockMinutes(new Date(to * 1000).toISOString()) : end}`;
}

/** The time that is shown, in words. */
export function timeText({ range, span }: Look, bucket: HistoryBucket): string {
  return span === null ? words.rangesSaid[range] : spanText(bucket, span);
}

export function eventText(event: HistoryEvent): string {
  const said = words.events;
  const app = event.app === null ? words.unknown.app : appName({ path: event.app, name: event.app, verified: false });
  const to = event.to === null ? null : plain(event.to);
  const now = new Date();
  switch (event.kind) {
    case "appNew":
      return said.appNew(app);
    case "appChanged":
      return said.appChanged(app);
    case "profile":
      return to === null ? said.noProfile : said.profile(to);
    case "network":
      return to === null ? said.noNetwork : said.network(to);
    case "mode":
      return said.modes[to ?? ""] ?? said.mode;
    case "helperStarted":
      return event.from === null ? said.helperStarted : said.helperBack(moment(event.from, now));
    case "sleep":
      return event.until === null ? said.sleep : said.sleepUntil(moment(event.until, now));
    case "recording":
      return to === "off" ? said.recordingOff : said.recordingOn;
  }
}

const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const smallPercent = new Intl.NumberFormat(language, {
  style: "percent",
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

/** Two digits, as small ones stand below one another. */
export function shareText(share: number): string {
  if (share > 0 && share < 0.001) return `<${smallPercent.format(0.001)}`;
  return (share < 0.0995 ? smallPercent : percent).format(share);
}
