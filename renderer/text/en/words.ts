// The words of flows and rules, and what is said of a program.
import type { Action, Direction, Layer, Origin, Protocol, Verdict } from "../../../contract/words.ts";

export const words = {
  unanswered: "Gave up",
  live: "live",
  verdict: { allow: "Allowed", block: "Blocked", held: "Waiting" } satisfies Record<Verdict, string>,
  action: { allow: "Allow", block: "Block", ask: "Ask" } satisfies Record<Action, string>,
  layer: {
    lockdown: "Lockdown",
    rule: "Your rule",
    blocklist: "Blocklist",
    factory: "Built-in rule",
    mode: "No rule",
    answer: "Your answer",
  } satisfies Record<Layer, string>,
  origin: {
    person: "Made by you",
    import: "Imported",
    subscription: "Blocklist",
    factory: "Built in",
  } satisfies Record<Origin, string>,
  protocol: { tcp: "TCP", udp: "UDP", icmp: "ICMP", other: "other protocol" } satisfies Record<Protocol, string>,
  unverified: "unverified",
  unverifiedWhy: "Picket cannot vouch for this program’s name, so it shows where the program is.",
  asRoot: "as root",
  /** A program that may be gone, replaced or in a sandbox. What it says of itself is not its name. */
  unidentified: {
    title: "A program nobody can identify",
    word: "this program",
    callsItself: (name: string) => `It calls itself “${name}”.`,
    from: (path: string) => `It was started from ${path}.`,
    states: {
      deleted: (path: string) => `It was started from ${path}, which was deleted or replaced since.`,
      changed: (path: string) => `It was started from ${path}, which has changed since.`,
      "inside a sandbox": (path: string) => `It runs in a sandbox, from what is called ${path} there.`,
    },
    otherState: (path: string, state: string) => `It was started from ${path} (${state}).`,
    nothing: "Nothing more is known about it.",
    onceOnly: "Your answer can only be for this time.",
  },
  details: {
    title: "Details",
    program: "Program",
    script: "Script",
    file: "Version that runs",
    package: "Package",
    via: "Started by",
    command: "Command",
    endpoints: {
      outbound: (n: number) => (n === 1 ? "Destination" : `All ${n.toLocaleString("en")} destinations`),
      inbound: (n: number) => (n === 1 ? "Caller" : `All ${n.toLocaleString("en")} callers`),
    } satisfies Record<Direction, (n: number) => string>,
  },
};
