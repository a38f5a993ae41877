// One valid object of each kind, for the stub helper to serve.
import type { Flow, Prompt, Rule, Status } from "../../contract/words.ts";

/** An executable's path that tries to colour the terminal, to turn its text around and to start a line of its own. */
export const hostilePath = "/tmp/\u001b[31mevil\u202Egnp\u009b2J\nrules: all allowed";

export const status: Status = {
  helper: "running",
  version: "0.1.0",
  kernel: "6.18.0",
  mode: "ask",
  override: null,
  profile: null,
  automatic: true,
  trial: null,
  level: "open",
  guarded: ["picket-0000aaaa/run-1"],
  degraded: [],
  prompts: 1,
  pid: 4242,
  counters: { held: 3, refused: 0 },
};

const endpoint = { host: null, address: "2001:db8:1::1", port: 443, protocol: "tcp" } as const;

export const prompt: Prompt = {
  id: "p1",
  app: { name: hostilePath, path: hostilePath, verified: false, icon: null, via: null },
  direction: "outbound",
  endpoint,
  endpoints: [endpoint],
  domain: null,
  attempts: 4,
  state: "held",
  opened: "2026-11-23T09:30:00.000Z",
  process: { pid: 77, uid: 1000, command: "evil" },
};

export const rule: Rule = {
  id: "r1",
  app: "/usr/bin/curl",
  via: null,
  user: null,
  host: null,
  domain: null,
  portTo: null,
  profile: null,
  action: "block",
  address: "198.51.100.0/24",
  zone: null,
  port: 443,
  protocol: "tcp",
  direction: "outbound",
  lifetime: "forever",
  expires: null,
  enabled: true,
  origin: "person",
  note: "",
  created: "2026-11-23T09:30:00.000Z",
};

export const flow: Flow = {
  id: "f1",
  time: "2026-11-23T09:30:00.000Z",
  app: { name: "Curl", path: "/usr/bin/curl", verified: true, icon: "curl", via: null },
  direction: "outbound",
  endpoint: { host: "example.org", address: "198.51.100.1", port: 443, protocol: "tcp" },
  user: 1000,
  verdict: "held",
  rule: null,
  layer: "mode",
  reason: "Nobody has answered yet.",
  bytesIn: 0,
  bytesOut: 60,
  live: true,
};
