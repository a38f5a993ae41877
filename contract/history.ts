// Who talked to whom and how much: what the helper remembers of it, and how it is asked. Bytes are IP length on the wire.
import * as v from "valibot";

const text = v.pipe(v.string(), v.maxLength(4096));
const key = v.pipe(v.string(), v.maxLength(4096));
const appPath = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
/** ISO 8601, UTC. */
const time = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});
const done = v.object({});

/** ISO 3166-1 alpha-2, upper case. */
export const countrySchema = v.pipe(v.string(), v.regex(/^[A-Z]{2}$/));

/** What rows are made by. user: uid. */
export const historyBySchema = v.picklist(["app", "domain", "host", "country", "protocol", "network", "user"]);
export type HistoryBy = v.InferOutput<typeof historyBySchema>;

/** Ending now. 1y: 365 days. */
export const historyRangeSchema = v.picklist(["10m", "1h", "24h", "7d", "30d", "1y"]);
export type HistoryRange = v.InferOutput<typeof historyRangeSchema>;
export const historyRangeSeconds: Record<HistoryRange, number> = {
  "10m": 600,
  "1h": 3600,
  "24h": 86_400,
  "7d": 7 * 86_400,
  "30d": 30 * 86_400,
  "1y": 365 * 86_400,
};

/**
 * One point of the chart. quarter: of an hour. Days begin at midnight, hours and quarters at the full ones, of the asked time zone; a day
 * has 23 to 25 hours where clocks are changed.
 */
export const historyBucketSchema = v.picklist(["second", "minute", "quarter", "hour", "day"]);
export type HistoryBucket = v.InferOutput<typeof historyBucketSchema>;

/** `ethernet`, `wifi`, `mobile`, `vpn`: as NetworkManager tells. `local`: this computer's talk with itself. `other`: everything else. */
export const networkKindSchema = v.picklist(["ethernet", "wifi", "mobile", "vpn", "local", "other"]);
export type NetworkKind = v.InferOutput<typeof networkKindSchema>;

/** A network this computer was in. `name`: of NetworkManager's connection, or of router and device where it does not run. */
export const historyNetworkSchema = v.object({
  id: key,
  name: text,
  kind: networkKindSchema,
  /** What goes through it may cost money, or is limited. */
  metered: v.boolean(),
});
export type HistoryNetwork = v.InferOutput<typeof historyNetworkSchema>;

/** An app as it was known last. `private`: nothing of it is remembered any more. */
export const historyAppSchema = v.object({
  path: text,
  name: text,
  verified: v.boolean(),
  icon: v.nullable(text),
  private: v.boolean(),
});
export type HistoryApp = v.InferOutput<typeof historyAppSchema>;

const amounts = {
  bytesIn: count,
  bytesOut: count,
  /** Flows that were allowed, each when it was. */
  connections: count,
  /** Flows that were refused, and live ones that were ended by a rule. */
  blocked: count,
};
export const historyAmountsSchema = v.object(amounts);
export type HistoryAmounts = v.InferOutput<typeof historyAmountsSchema>;

/**
 * `key`: an app's path; a host name, or an address that has none; the registrable domain of a host, or the host or address itself that has
 * none; a country's code; tcp, udp, icmp or other; a network's id; a uid. null: there is none (country), or none is kept (hosts of an app
 * with more hosts than are kept apart).
 */
export const historyRowSchema = v.object({
  key: v.nullable(key),
  ...amounts,
  /** Bytes in both directions by bucket, for the first `sparks` rows. */
  spark: v.optional(v.array(count)),
  /** Rows by app only, by network only. */
  app: v.optional(historyAppSchema),
  network: v.optional(historyNetworkSchema),
});
export type HistoryRow = v.InferOutput<typeof historyRowSchema>;

/** As columns. `starts`: Unix seconds, every bucket of the range without a gap; the first may begin before the range, the last end after it. */
export const historySeriesSchema = v.object({
  bucket: historyBucketSchema,
  starts: v.array(count),
  bytesIn: v.array(count),
  bytesOut: v.array(count),
  connections: v.array(count),
  blocked: v.array(count),
});
export type HistorySeries = v.InferOutput<typeof historySeriesSchema>;

/** Only what fits all of these; null as in a row's `key`. */
export const historyFilterSchema = v.strictObject({
  app: v.optional(appPath),
  domain: v.optional(v.nullable(key)),
  host: v.optional(v.nullable(key)),
  country: v.optional(v.nullable(countrySchema)),
  protocol: v.optional(v.picklist(["tcp", "udp", "icmp", "other"])),
  network: v.optional(key),
  user: v.optional(count),
});
export type HistoryFilter = v.InferOutput<typeof historyFilterSchema>;

/**
 * What happened, to mark it in the chart. appNew: an app was seen for the first time. appChanged: the program behind an app is another one.
 * profile, network, mode: `from` one `to` another (a profile's or network's name; ask, learn, allow, block, lockdown or pause; null: none). helperStarted: `from` when it had run
 * last (ISO 8601), null where nobody knows. sleep: the computer slept from `time` until `until`. recording: history was switched `to` "on" or "off".
 */
export const historyEventSchema = v.object({
  id: key,
  time,
  until: v.nullable(time),
  kind: v.picklist(["appNew", "appChanged", "profile", "network", "mode", "helperStarted", "sleep", "recording"]),
  app: v.nullable(text),
  from: v.nullable(text),
  to: v.nullable(text),
});
export type HistoryEvent = v.InferOutput<typeof historyEventSchema>;

/** As many events as one answer has. */
export const mostEvents = 5000;

/** How long what is kept. minutes: hours that single minutes are; days: days that quarters of an hour (and so hours and days) and events are. */
const minutes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(168));
const days = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(730));

/** Data about countries: where it is from. `date`: of the data, ISO 8601. */
export const countryDataSchema = v.object({ name: text, version: text, date: time, licence: text, attribution: text });
export type CountryData = v.InferOutput<typeof countryDataSchema>;

export const historySettingsSchema = v.object({
  recording: v.boolean(),
  minutes,
  days,
  /** Apps of which nothing is remembered, by path. */
  private: v.array(text),
  /** Since when there is history, null while there is none; and what it takes on the disk, about. */
  since: v.nullable(time),
  bytes: count,
  /** null: no data about countries is installed. */
  countries: v.nullable(countryDataSchema),
});
export type HistorySettings = v.InferOutput<typeof historySettingsSchema>;

const span = {
  /** Instead of `from` and `to`. */
  range: v.optional(historyRangeSchema),
  /** Inclusive; needs `to`, exclusive. Rounded outwards to what is kept: seconds for 10 minutes, minutes, quarters of an hour. */
  from: v.optional(time),
  to: v.optional(time),
};

export const historyMethods = {
  /**
   * Rows, most bytes first, then most flows; and the chart. `bucket`: no finer than what is kept of that time, no more than 2,000 points: the
   * answer says which it is. Without: second for 10m, minute for 1h, quarter for 24h, hour for 7d, day for 30d and 1y. Errors: bad_range
   * (neither or both, backwards, longer than two years), bad_zone.
   */
  "history.query": {
    params: v.strictObject({
      by: historyBySchema,
      ...span,
      /** IANA name of the time zone in which days begin. */
      zone: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(64)), "UTC"),
      filter: v.optional(historyFilterSchema, {}),
      bucket: v.optional(historyBucketSchema),
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(20_000)), 500),
      sparks: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(200)), 0),
    }),
    result: v.object({
      from: time,
      to: time,
      total: historyAmountsSchema,
      rows: v.array(historyRowSchema),
      /** Rows beyond `limit`. */
      more: count,
      series: historySeriesSchema,
    }),
  },
  /**
   * The newest of the range, oldest first. `app`: only what happened to that app and to the whole computer; where that is too much, the app's
   * own stay. Errors: bad_range.
   */
  "history.events": {
    params: v.strictObject({
      ...span,
      app: v.optional(appPath),
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostEvents)), 1000),
    }),
    result: v.object({ events: v.array(historyEventSchema) }),
  },
  /** `current`: ids of those in use, the primary one first. */
  "history.networks": {
    params: nothing,
    result: v.object({ networks: v.array(historyNetworkSchema), current: v.array(key) }),
  },
  /** Those of these apps that history knows, private ones too, as they were known last. For whoever has only paths, as rules do. */
  "history.apps": {
    params: v.strictObject({ paths: v.pipe(v.array(appPath), v.maxLength(500)) }),
    result: v.object({ apps: v.array(historyAppSchema) }),
  },
  "history.settings": { params: nothing, result: historySettingsSchema },
  /** What is older than a shorter time goes at once; `recording` off keeps what there is. */
  "history.configure": {
    params: v.strictObject({
      recording: v.optional(v.boolean()),
      minutes: v.optional(minutes),
      days: v.optional(days),
    }),
    result: historySettingsSchema,
  },
  /**
   * Of a private app nothing is recorded from then on, not even sums; what it may do stays as it is. `forget`: what was recorded so far goes in
   * the same step (only where it becomes private).
   */
  "history.setPrivate": {
    params: v.strictObject({ app: appPath, private: v.boolean(), forget: v.optional(v.boolean(), false) }),
    result: historySettingsSchema,
  },
  /** Everything, of one app, of a time (`from` inclusive, `to` exclusive, rounded outwards to quarters of an hour), or both. Errors: bad_range. */
  "history.delete": {
    params: v.strictObject({ app: v.optional(appPath), from: v.optional(time), to: v.optional(time) }),
    result: done,
  },
} as const;
