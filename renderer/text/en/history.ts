// Who talked to whom and how much, and when.
import type { HistoryBucket, HistoryRange } from "../../../contract/history.ts";
import { count } from "./amounts.ts";

type Dimension = "app" | "domain" | "host" | "country" | "network";

export const history = {
  title: "History",
  range: "Time",
  ranges: {
    "10m": "10 min",
    "1h": "1 h",
    "24h": "24 h",
    "7d": "7 days",
    "30d": "30 days",
    "1y": "1 year",
  } satisfies Record<HistoryRange, string>,
  rangesSaid: {
    "10m": "the last 10 minutes",
    "1h": "the last hour",
    "24h": "the last 24 hours",
    "7d": "the last 7 days",
    "30d": "the last 30 days",
    "1y": "the last year",
  } satisfies Record<HistoryRange, string>,
  measure: "What the chart shows",
  measures: { rate: "Speed", total: "Amount" },
  by: "Traffic by",
  dimensions: {
    app: "Apps",
    domain: "Domains",
    host: "Hosts",
    country: "Countries",
    network: "Networks",
  } satisfies Record<Dimension, string>,
  dimension: {
    app: "App",
    domain: "Domain",
    host: "Host",
    country: "Country",
    network: "Network",
  } satisfies Record<Dimension, string>,
  kinds: { ethernet: "Cable", wifi: "Wi-Fi", mobile: "Mobile", vpn: "VPN", local: "This computer", other: "Other" },
  metered: "Metered",
  meteredWhy: "What goes through it may cost money, or is limited.",
  private: "Private",
  privateWhy: "Only sums of this app are kept, not where it connected to.",
  unknown: {
    app: "Unknown app",
    domain: "Not remembered",
    host: "Not remembered",
    country: "Country unknown",
    network: "Unknown network",
  } satisfies Record<Dimension, string>,

  everything: "Everything",
  trail: "What is shown",
  wholeTime: (time: string) => `${time}: show the whole time again`,

  received: "Received",
  sent: "Sent",
  connections: "Connections",
  blocked: "Blocked",
  columns: { share: "Share", received: "Received", sent: "Sent", connections: "Connections", blocked: "Blocked" },
  share: (percent: string) => `${percent} of the traffic`,
  tableLabel: (dimension: string, time: string) => `${dimension}, ${time}`,
  open: (what: string) => `Show only ${what}`,
  more: (n: number) => `and ${count(n, "more", "more")} with less traffic`,

  chart: {
    label: "Choose a time",
    hint: "Drag over the chart to see what happened then.",
    keys: "Arrow keys walk through it, with Shift they choose a time, Escape takes it back.",
    summary: (time: string, came: string, went: string, blocked: string) =>
      `In ${time}: ${came} received, ${went} sent, ${blocked} blocked.`,
    busiest: (when: string, amount: string) => `Busiest: ${when}, ${amount}.`,
    at: (when: string, came: string, went: string, blocked: number) =>
      `${when}: ${came} received, ${went} sent${blocked > 0 ? `, ${blocked.toLocaleString("en")} blocked` : ""}`,
    rate: (bytes: string) => `${bytes}/s`,
    buckets: {
      second: "each second",
      minute: "each minute",
      quarter: "each quarter of an hour",
      hour: "each hour",
      day: "each day",
    } satisfies Record<HistoryBucket, string>,
    amountIn: (bucket: string) => `Amount in ${bucket}`,
    speedIn: (bucket: string) => `Average speed in ${bucket}`,
  },

  events: {
    title: (n: number) => count(n, "thing happened", "things happened"),
    appNew: (app: string) => `${app} was seen for the first time`,
    appChanged: (app: string) => `The program of ${app} is another one`,
    profile: (name: string) => `Profile: ${name}`,
    noProfile: "No profile any more",
    network: (name: string) => `Network: ${name}`,
    noNetwork: "No network any more",
    modes: {
      ask: "Picket began to ask about new connections",
      learn: "Picket began to learn",
      allow: "Picket began to allow new connections",
      block: "Picket began to block new connections",
      lockdown: "Lockdown began",
      pause: "Picket was paused",
    } as Readonly<Record<string, string>>,
    mode: "What Picket does was changed",
    helperStarted: "Picket’s helper started",
    helperBack: (last: string) => `Picket’s helper started; it had run last at ${last}`,
    sleep: "The computer slept",
    sleepUntil: (until: string) => `The computer slept until ${until}`,
    recordingOn: "History was switched on",
    recordingOff: "History was switched off",
  },

  off: "History is switched off: what happens now is not remembered.",
  none: "Nothing remembered yet",
  noneHint: "As soon as a guarded program uses the network, Picket remembers how much, with no window open.",
  noneThen: "Nothing then",
  noneThenHint: "No guarded program used the network in that time.",
  asking: "Reading what is remembered…",
};
