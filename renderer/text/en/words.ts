// The words of flows and rules, and what is said of a program.
import type {
  Action,
  Bypass,
  Direction,
  Layer,
  NameSource,
  Origin,
  Packaging,
  Protocol,
  Verdict,
} from "../../../contract/words.ts";
import { count } from "./amounts.ts";

export const words = {
  unanswered: "Gave up",
  live: "Live",
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
  unverified: "Unverified",
  unverifiedWhy: "Picket cannot vouch for this program’s name, so it shows where the program is.",
  asRoot: "As root",
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
  inCountry: (place: string, country: string) => `${place}, ${country}`,
  /** Look-ups past this computer's name server. */
  bypass: {
    doh: {
      word: "Encrypted look-up",
      why: "It looks names up by itself, encrypted (DNS over HTTPS). Picket cannot see the answers: what it connects to next may show as bare addresses.",
    },
    dot: {
      word: "Encrypted look-up",
      why: "It looks names up by itself, encrypted (DNS over TLS). Picket cannot see the answers: what it connects to next may show as bare addresses.",
    },
    doq: {
      word: "Encrypted look-up",
      why: "It looks names up by itself, encrypted (DNS over QUIC). Picket cannot see the answers: what it connects to next may show as bare addresses.",
    },
    dns: {
      word: "Look-up elsewhere",
      why: "It asks another name server than this computer’s. Nobody vouches for its answers, so no rule can allow by them.",
    },
  } satisfies Record<Bypass, { word: string; why: string }>,
  /** Encrypted ClientHello. */
  ech: {
    word: "Host hidden",
    why: (name: string) =>
      `It encrypts which host it means (Encrypted ClientHello) and only says ${name}, which stands for many. Which one it is, nobody can tell.`,
  },
  details: {
    title: "Details",
    program: "Program",
    script: "Script",
    file: "Runs from",
    via: "Started by",
    tree: "Processes",
    treeGone: (pid: number) => `Process ${pid}; it is gone by now`,
    process: (pid: number) => `process ${pid}`,
    command: "Command",
    user: "User",
    userLine: (name: string | null, uid: number) => (name === null ? `user ${uid}` : `${name} (user ${uid})`),
    package: "Package",
    packageLine: (name: string, version: string) => `${name} ${version}`,
    packaging: {
      flatpak: (id: string) => `Flatpak ${id}`,
      snap: (id: string) => `Snap ${id}`,
      appimage: (id: string) => `AppImage ${id}`,
      unit: (id: string) => `service ${id}`,
      scope: (id: string) => `${id}`,
    } satisfies Record<Packaging["kind"], (id: string) => string>,
    unproven: "as it says itself",
    noPackage: "none that this system knows",
    content: "Fingerprint",
    name: "Name",
    sources: {
      query: "the program looked it up",
      resolver: "this computer looked it up",
      sni: "the program says so itself",
      quic: "the program says so itself",
    } satisfies Record<NameSource, string>,
    trusted: "the answer came from your name server",
    untrusted: "nobody vouches for it, so no rule can allow it",
    nameLine: (source: string, trust: string) => `${source}; ${trust}`,
    firstSeen: "First seen",
    firstSeenUnknown: "before Picket kept such things",
    today: "Today",
    todayNothing: "nothing before this",
    todayLine: (allowed: number, blocked: number, destinations: number) =>
      `${count(allowed, "connection", "connections")} allowed, ${blocked} blocked, ${count(destinations, "destination", "destinations")}`,
    todayBytes: (received: string, sent: string) => `${received} received, ${sent} sent`,
    reason: "Why it is asked",
    loading: "Looking…",
    endpoints: {
      outbound: (n: number) => (n === 1 ? "Destination" : `All ${n.toLocaleString("en")} destinations`),
      inbound: (n: number) => (n === 1 ? "Caller" : `All ${n.toLocaleString("en")} callers`),
    } satisfies Record<Direction, (n: number) => string>,
  },
};
