// The list of connections.
import { count } from "./amounts.ts";

export const connections = {
  title: "Connections",
  search: "Search connections",
  label: "Connections, newest first",
  columns: {
    verdict: "Verdict",
    app: "App",
    destination: "Other side",
    why: "Why",
    traffic: "Traffic",
    time: "Began",
  },
  live: "live",
  from: "from",
  received: (bytes: string) => `${bytes} received`,
  sent: (bytes: string) => `${bytes} sent`,
  none: "No connections yet",
  noneHint: "As soon as a guarded program uses the network, it appears here.",
  noMatch: "Nothing matches your search",
  newer: (n: number) => `${count(n, "newer connection", "newer connections")} above`,
  total: (n: number) => count(n, "connection", "connections"),
};
