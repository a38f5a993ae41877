// The people, apps and places of the window's tests and screenshots. Every value is one the contract allows.
import type { App, Endpoint, Flow, Prompt, Rule, Status } from "../../contract/words.ts";

// Icons by names that GNOME's theme draws, so that pictures have them without these programs.
export const firefox: App = {
  name: "Firefox",
  path: "/usr/lib/firefox-esr/firefox-esr",
  verified: true,
  icon: "web-browser",
  via: null,
};
export const thunderbird: App = {
  name: "Thunderbird",
  path: "/usr/bin/thunderbird",
  verified: true,
  icon: "mail-send-receive",
  via: null,
};
export const nextcloud: App = {
  name: "Nextcloud",
  path: "/usr/bin/nextcloud",
  verified: true,
  icon: "folder-remote",
  via: null,
};
export const gimp: App = {
  name: "GIMP",
  path: "/usr/bin/gimp-2.10",
  verified: true,
  icon: "applications-graphics",
  via: null,
};
export const curl: App = { name: "curl", path: "/usr/bin/curl", verified: true, icon: null, via: null };
export const updater: App = {
  name: "/home/alice/.local/share/tool/updater",
  path: "/home/alice/.local/share/tool/updater",
  verified: false,
  icon: null,
  via: null,
};
/** A server: others come to it. */
export const python: App = {
  name: "/home/alice/site/serve.py (python3.11)",
  path: "/usr/bin/python3.11//home/alice/site/serve.py",
  verified: false,
  icon: null,
  via: null,
};
export const chronyd: App = {
  name: "chronyd",
  path: "/usr/sbin/chronyd",
  verified: true,
  icon: null,
  via: null,
};

/** `minutes` before the scenario's present. */
export function ago(minutes: number, now = Date.now()): string {
  return new Date(now - minutes * 60_000).toISOString();
}

export function anEndpoint(address: string, port = 443, change: Partial<Endpoint> = {}): Endpoint {
  return { host: null, address, port, protocol: "tcp", ...change };
}

export function aStatus(change: Partial<Status> = {}): Status {
  return {
    helper: "running",
    version: "0.1.0",
    kernel: "6.12.0",
    mode: "ask",
    override: null,
    profile: null,
    automatic: true,
    trial: null,
    level: "open",
    guarded: ["user.slice"],
    degraded: [],
    prompts: 0,
    pid: 812,
    counters: {},
    ...change,
  };
}

export function aPrompt(id: string, app: App, endpoint: Endpoint, change: Partial<Prompt> = {}): Prompt {
  return {
    id,
    app,
    direction: "outbound",
    endpoint,
    endpoints: [endpoint],
    domain: null,
    attempts: 1,
    state: "held",
    opened: ago(1),
    process: { pid: 4121, uid: 1000, command: app.path },
    ...change,
  };
}

/** Everything at its longest: a deep path, a long file name, a long command, root, many attempts and 40 destinations. */
export function aCrowdedPrompt(id: string): Prompt {
  const path = `/home/alice/${`${"d".repeat(200)}/`.repeat(6)}deepcurl-${"x".repeat(241)}`;
  const endpoints = Array.from({ length: 40 }, (_, index) => {
    return anEndpoint(`2001:db8:1234:5678:9abc:def0:1234:${(0xa000 + index).toString(16)}`, 50_000 + index);
  });
  return aPrompt(id, { name: path, path, verified: false, icon: null, via: null }, endpoints[0] as Endpoint, {
    endpoints,
    attempts: 1234,
    process: { pid: 4_194_303, uid: 0, command: `${path} -o ${"a".repeat(400)}` },
  });
}

export function aRule(id: string, change: Partial<Rule> = {}): Rule {
  return {
    id,
    app: firefox.path,
    via: null,
    user: null,
    host: null,
    domain: null,
    portTo: null,
    profile: null,
    action: "allow",
    address: "192.0.2.80",
    zone: null,
    port: 443,
    protocol: "tcp",
    direction: "outbound",
    lifetime: "forever",
    expires: null,
    enabled: true,
    origin: "person",
    note: "",
    created: ago(60),
    ...change,
  };
}

export function aFlow(id: string, app: App, endpoint: Endpoint, change: Partial<Flow> = {}): Flow {
  return {
    id,
    time: ago(1),
    app,
    direction: "outbound",
    endpoint,
    user: 1000,
    verdict: "allow",
    rule: null,
    layer: "rule",
    reason: "A rule allows it.",
    bytesIn: 0,
    bytesOut: 0,
    live: false,
    ...change,
  };
}

export const loopbackRule = aRule("factory:loopback", {
  app: null,
  address: null,
  zone: "loopback",
  port: null,
  protocol: null,
  origin: "factory",
  note: "Programs on this computer may talk to one another.",
  created: "2026-01-01T00:00:00.000Z",
});
