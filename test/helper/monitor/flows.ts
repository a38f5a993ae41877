// Flows and views for the monitor's tests.
import type { View } from "../../../contract/monitor.ts";
import type { App, Flow } from "../../../contract/words.ts";

const noon = Date.UTC(2026, 10, 23, 12);

export function appAt(path: string): App {
  return { name: path, path, verified: false, icon: null, via: null };
}

/** `id`, a number, is also the second in which it began. */
export function aFlow(
  id: string,
  {
    app = appAt("/usr/bin/curl"),
    host = null,
    address = "192.0.2.1",
    port = 443,
  }: Partial<Flow["endpoint"] & { app: App }> = {},
  change: Partial<Flow> = {},
): Flow {
  return {
    id,
    time: new Date(noon + Number(id) * 1000).toISOString(),
    app,
    direction: "outbound",
    endpoint: { host, address, port, protocol: "tcp" },
    user: 1000,
    verdict: "allow",
    rule: null,
    layer: "mode",
    reason: "New connections are allowed.",
    bytesIn: 0,
    bytesOut: 0,
    live: true,
    ...change,
  };
}

export function aView(change: Partial<View> = {}): View {
  const filter = { words: "", verdict: null, liveOnly: false, protocol: null, direction: null };
  return { number: 1, by: "app", order: "recent", still: false, expanded: [], filter, from: 0, rows: 50, ...change };
}
