// Every word the windows show, in one typed place. First lines carry no jargon; exact terms come second.
import type { ErrorCode } from "../contract/errors.ts";
import { type Lifetime, parseDuration, type RuleLifetime } from "../contract/lifetime.ts";
import type { Action, Direction, Layer, Mode, Origin, Protocol, RuleDirection, Verdict } from "../contract/words.ts";

const count = (n: number, one: string, many: string): string => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

const durationUnits: Record<"m" | "h" | "d", [one: string, many: string]> = {
  m: ["minute", "minutes"],
  h: ["hour", "hours"],
  d: ["day", "days"],
};

/** "1 hour" */
function durationText(lifetime: Lifetime): string {
  const length = parseDuration(lifetime);
  return length === null ? lifetime : count(length.count, ...durationUnits[length.unit]);
}

/** The largest unit that says enough: "2 days", "3 hours", "5 minutes". Rounded up: what is left is never nothing. */
function timeLeft(milliseconds: number): string {
  const minutes = Math.max(1, Math.ceil(milliseconds / 60_000));
  if (minutes < 90) return count(minutes, ...durationUnits.m);
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? count(hours, ...durationUnits.h) : count(Math.ceil(hours / 24), ...durationUnits.d);
}

export const text = {
  product: "Picket",

  views: { connections: "Connections", rules: "Rules", inbox: "Inbox", label: "Views" },

  status: {
    connecting: "Looking for the helper…",
    up: "On guard",
    upNothing: "Running, but guarding nothing yet",
    degraded: "Working with limits",
    away: "Not connected",
    guarded: (n: number) =>
      n === 0 ? "No group of programs guarded" : `${count(n, "group", "groups")} of programs guarded`,
    version: (version: string, kernel: string) => `Picket ${version} on kernel ${kernel}`,
    level: { open: "Open: any program of yours may answer", protected: "Protected: only this window may answer" },
    mode: {
      ask: "Asks about new connections",
      learn: "Allows and remembers new connections",
      allow: "Allows new connections",
      block: "Blocks new connections",
    } satisfies Record<Mode, string>,
    override: { lockdown: "Lockdown: everything is blocked", pause: "Paused: everything is allowed" },
  },

  away: {
    title: "Picket’s helper is not answering",
    body: "Connections with a rule go on as before; new ones wait. What you see here may be out of date. Trying again…",
  },
  degraded: { title: (n: number) => count(n, "thing does not work as it should", "things do not work as they should") },
  waiting: {
    title: (n: number) => `${count(n, "app waits", "apps wait")} for your answer`,
    show: "Show the question",
  },

  unanswered: "Gave up",
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
    via: "Started by",
    command: "Command",
    endpoints: {
      outbound: (n: number) => (n === 1 ? "Destination" : `All ${n.toLocaleString("en")} destinations`),
      inbound: (n: number) => (n === 1 ? "Caller" : `All ${n.toLocaleString("en")} callers`),
    } satisfies Record<Direction, (n: number) => string>,
  },

  connections: {
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
  },

  rules: {
    title: "Rules",
    search: "Search rules",
    label: "Rules",
    none: "No rules yet",
    noneHint: "When you answer a question for good, the answer becomes a rule and is listed here.",
    noMatch: "Nothing matches your search",
    total: (n: number) => count(n, "rule", "rules"),
    enabled: (sentence: string) => `In force: ${sentence}`,
    off: "Switched off",
    remove: "Delete",
    removeThis: (sentence: string) => `Delete the rule: ${sentence}`,
    factoryKept: "Built-in rules can be switched off, not deleted",
    confirm: {
      title: "Delete this rule?",
      body: "This cannot be undone. The next connection it covered will be asked about again.",
      yes: "Delete rule",
      no: "Keep rule",
    },
    anyApp: "Any app",
    anywhere: "any destination",
    anybody: "anybody",
    zone: {
      loopback: "this computer itself",
      resolvers: "the name servers of this computer",
      local: "the local network",
      internet: "the internet",
    },
    domain: (name: string) => `any host of ${name}`,
    onPorts: (from: number, to: number) => `ports ${from} to ${to}`,
    onItsPorts: (from: number, to: number) => `on its ports ${from} to ${to}`,
    via: (app: string) => `when started by ${app}`,
    user: (uid: number) => `as user ${uid}`,
    profile: (name: string) => `in profile “${name}”`,
    may: {
      outbound: { allow: "may connect to", block: "may not connect to", ask: "must ask before connecting to" },
      inbound: {
        allow: "may be reached from",
        block: "may not be reached from",
        ask: "must ask before it is reached from",
      },
      both: {
        allow: "may connect to and be reached from",
        block: "may not connect to nor be reached from",
        ask: "must ask before connecting to or being reached from",
      },
    } satisfies Record<RuleDirection, Record<Action, string>>,
    onItsPort: (port: number) => `on its port ${port}`,
    onPort: (port: number) => `port ${port}`,
    over: (protocol: string) => `over ${protocol}`,
    /** How long a temporary rule holds; `left` milliseconds where a length of time was given. */
    ends: (lifetime: RuleLifetime, left: number | null): string => {
      if (left !== null) return `for ${timeLeft(left)} more`;
      if (lifetime === "quit") return "until it quits";
      return lifetime === "restart" ? "until restart" : "";
    },
  },

  inbox: {
    title: "Inbox",
    label: "Unanswered questions, oldest first",
    waitingLabel: "Questions that wait for an answer now",
    waiting: "Waiting now",
    unanswered: "Unanswered",
    hint: "These attempts are over, the questions are not: your answer becomes a rule for next time.",
    none: "Nothing is waiting for you",
    noneHint: "Questions you did not get to are kept here until you answer them.",
    wanted: {
      outbound: (destination: string) => `wanted to connect to ${destination}`,
      inbound: (caller: string) => `had a caller: ${caller}`,
    } satisfies Record<Direction, (other: string) => string>,
    wants: {
      outbound: (destination: string) => `wants to connect to ${destination}`,
      inbound: (caller: string) => `has a caller waiting: ${caller}`,
    } satisfies Record<Direction, (other: string) => string>,
    attempts: (n: number) => count(n, "attempt", "attempts"),
    since: (time: string) => `since ${time}`,
    allow: "Always allow",
    block: "Always block",
    allowLabel: (from: string, to: string) => `Always allow ${from} to ${to}`,
    blockLabel: (from: string, to: string) => `Always block ${from} to ${to}`,
    scopeLabel: {
      outbound: (app: string) => `Which destinations your answer is for (${app})`,
      inbound: (app: string) => `Which callers your answer is for (${app})`,
    } satisfies Record<Direction, (app: string) => string>,
  },

  prompt: {
    window: "Question about a connection",
    queue: (n: number) => `1 of ${n}`,
    queueLabel: (n: number) => `First of ${count(n, "open question", "open questions")}`,
    wants: "wants to connect to",
    wanted: "wanted to connect to",
    onIts: (port: string) => `on its ${port}`,
    also: "Also part of this attempt",
    moreEndpoints: (n: number) => `${n.toLocaleString("en")} more`,
    andMore: (n: number) => `and ${n.toLocaleString("en")} more`,
    behind: (n: number) => `${n.toLocaleString("en")} further attempts wait behind this question.`,
    more: (n: number) => count(n, "more attempt", "more attempts"),
    process: { outbound: "Asked by", inbound: "Listening" } satisfies Record<Direction, string>,
    processLine: (pid: number, uid: number) => `process ${pid}, user ${uid}`,
    /** Follows the process line. */
    via: (app: string) => `, started by ${app}`,
    port: (port: number) => `port ${port}`,
    scope: { outbound: "Where", inbound: "Who" } satisfies Record<Direction, string>,
    lifetime: "How long",
    scopes: {
      outbound: { endpoint: "This destination", any: "Any destination" },
      inbound: { endpoint: "This caller", any: "Any caller" },
    } satisfies Record<Direction, Record<"endpoint" | "any", string>>,
    /** Only where the destination has a name. */
    namedScopes: { host: "This host", domain: (name: string) => `All of ${name}` },
    scopesMany: { outbound: "These destinations", inbound: "These callers" } satisfies Record<Direction, string>,
    lifetimes: {
      once: "This time",
      quit: "Until it quits",
      "1h": "1 hour",
      restart: "Until restart",
      forever: "For good",
    } satisfies Partial<Record<Lifetime, string>>,
    /** How long a rule will hold, at the end of a sentence. */
    holds: (lifetime: RuleLifetime): string => {
      if (lifetime === "forever") return "from now on";
      if (lifetime === "quit") return "until it quits";
      return lifetime === "restart" ? "until this computer restarts" : `for ${durationText(lifetime)}`;
    },
    allow: "Allow",
    block: "Block",
    later: "Later",
    laterWhy: "Decide later: the connection keeps waiting, the question stays in the inbox",
    hide: "Hide all questions; they stay open",
    keys: { allow: "Alt A", block: "Alt B", later: "Esc" },
    sending: "Saving your answer…",
    over: {
      title: "The attempt is over",
      body: {
        outbound:
          "The app gave up before there was an answer. The question moved to your inbox; an answer now counts for next time.",
        inbound:
          "The caller gave up before there was an answer. The question moved to your inbox; an answer now counts for next time.",
      } satisfies Record<Direction, string>,
      unidentified: "Nobody can tell which program it was, so there is nothing left to answer.",
      next: "Next question",
      close: "Leave it in the inbox",
    },
    offline: "The helper is not answering. You can answer when it is back; the connection keeps waiting.",
    preview: {
      outbound: {
        endpointRule: (app: string, to: string, holds: string) =>
          `Your answer becomes a rule: it holds for ${app} and ${to} ${holds}.`,
        hostRule: (app: string, to: string, holds: string) =>
          `Your answer becomes a rule: it holds for ${app} and every port of ${to} ${holds}.`,
        domainRule: (app: string, to: string, holds: string) =>
          `Your answer becomes a rule: it holds for ${app} and any host of ${to} ${holds}.`,
        hostOnce: (app: string, to: string) =>
          `Your answer is for what ${app} is waiting for at ${to}, on every port. Next time you are asked again.`,
        domainOnce: (app: string, to: string) =>
          `Your answer is for what ${app} is waiting for at any host of ${to}. Next time you are asked again.`,
        anyRule: (app: string, _: string, holds: string) =>
          `Your answer becomes a rule: it holds for everything ${app} connects to, ${holds}.`,
        endpointOnce: (app: string, to: string) =>
          `Your answer is for what ${app} is waiting for at ${to}, and nothing more. Next time you are asked again.`,
        anyOnce: (app: string) =>
          `Your answer is for everything ${app} is waiting for right now. Next time you are asked again.`,
        allow: {
          endpointRule: (app: string, to: string, holds: string) =>
            `Allow: ${app} may connect to ${to} ${holds}, without asking.`,
          hostRule: (app: string, to: string, holds: string) =>
            `Allow: ${app} may connect to every port of ${to} ${holds}, without asking.`,
          domainRule: (app: string, to: string, holds: string) =>
            `Allow: ${app} may connect to any host of ${to} ${holds}, without asking. Blocklists still apply.`,
          hostOnce: (app: string, to: string) =>
            `Allow: all that waits for ${to} goes through. Next time ${app} asks again.`,
          domainOnce: (app: string, to: string) =>
            `Allow: all that waits for a host of ${to} goes through. Next time ${app} asks again.`,
          anyRule: (app: string, _: string, holds: string) =>
            `Allow: ${app} may connect to any destination ${holds}, without asking. Narrower rules still come first.`,
          endpointOnce: (app: string, to: string) =>
            `Allow: the waiting connection to ${to} goes through. Next time ${app} asks again.`,
          anyOnce: (app: string) =>
            `Allow: everything ${app} is waiting for right now goes through. Next time it asks again.`,
        },
        block: {
          endpointRule: (app: string, to: string, holds: string) =>
            `Block: ${app} is refused at ${to} ${holds}, without asking.`,
          hostRule: (app: string, to: string, holds: string) =>
            `Block: ${app} is refused at every port of ${to} ${holds}, without asking.`,
          domainRule: (app: string, to: string, holds: string) =>
            `Block: ${app} is refused at every host of ${to} ${holds}, without asking.`,
          hostOnce: (app: string, to: string) =>
            `Block: all that waits for ${to} is refused. Next time ${app} asks again.`,
          domainOnce: (app: string, to: string) =>
            `Block: all that waits for a host of ${to} is refused. Next time ${app} asks again.`,
          anyRule: (app: string, _: string, holds: string) =>
            `Block: ${app} is refused everywhere ${holds}, without asking. Narrower rules still come first.`,
          endpointOnce: (app: string, to: string) =>
            `Block: the waiting connection to ${to} is refused. Next time ${app} asks again.`,
          anyOnce: (app: string) =>
            `Block: everything ${app} is waiting for right now is refused. Next time it asks again.`,
        },
      },
      // `app` with its port where the answer is for one.
      inbound: {
        endpointRule: (app: string, from: string, holds: string) =>
          `Your answer becomes a rule: it holds for ${from} and ${app}, ${holds}.`,
        anyRule: (app: string, _: string, holds: string) =>
          `Your answer becomes a rule: it holds for everybody who connects to ${app}, ${holds}.`,
        endpointOnce: (app: string, from: string) =>
          `Your answer is for the waiting connection from ${from} to ${app}, and nothing more. Next time you are asked again.`,
        anyOnce: (app: string) =>
          `Your answer is for everybody who is waiting for ${app} right now. Next time you are asked again.`,
        allow: {
          endpointRule: (app: string, from: string, holds: string) =>
            `Allow: ${from} may connect to ${app} ${holds}, without asking.`,
          anyRule: (app: string, _: string, holds: string) =>
            `Allow: anybody may connect to ${app} ${holds}, without asking. Narrower rules still come first.`,
          endpointOnce: (app: string, from: string) =>
            `Allow: the waiting connection from ${from} gets through to ${app}. Next time you are asked again.`,
          anyOnce: (app: string) =>
            `Allow: everybody who is waiting for ${app} right now gets through. Next time you are asked again.`,
        },
        block: {
          endpointRule: (app: string, from: string, holds: string) =>
            `Block: ${from} hears nothing from ${app} ${holds}, without asking.`,
          anyRule: (app: string, _: string, holds: string) =>
            `Block: nobody who calls hears anything from ${app} ${holds}, without asking. Narrower rules still come first.`,
          endpointOnce: (app: string, from: string) =>
            `Block: the waiting connection from ${from} to ${app} gets no reply. Next time you are asked again.`,
          anyOnce: (app: string) =>
            `Block: nobody who is waiting for ${app} right now gets a reply. Next time you are asked again.`,
        },
      },
    },
    many: {
      outbound: (n: number) => `these ${n} destinations`,
      inbound: (n: number) => `these ${n} callers`,
    } satisfies Record<Direction, (n: number) => string>,
  },

  clearSearch: "Clear search",

  /** In words for a person; the code follows in small print. */
  errors: {
    bad_message: "Picket’s window sent something the helper could not read. Nothing was changed.",
    too_large: "That is more than the helper takes at once. Nothing was changed.",
    unknown_method: "The helper does not know how to do that. It may be older than this window.",
    bad_params: "The helper refused the details of that request. Nothing was changed.",
    version_mismatch: "This window and the helper are of different versions. Restart Picket after updating it.",
    hello_first: "The window and the helper lost step. Restart Picket.",
    not_permitted: "You are not allowed to do that. Nothing was changed.",
    unknown_prompt: "That question has been answered already.",
    prompt_not_held:
      "The attempt ended just now, so there is nothing left to decide once. Choose “For good” to answer for next time.",
    interpreter_alone: "That is an interpreter. A rule needs to name the script that it runs.",
    not_running: "The app has quit already. Choose another length of time.",
    already_answered: "That question was answered meanwhile.",
    prompt_held: "Somebody still waits for the answer to that question.",
    unknown_rule: "That rule is gone already.",
    factory_rule: "Built-in rules can be switched off, not deleted.",
    bad_address: "That is not an address.",
    bad_name: "That is not a host name.",
    bad_matcher: "These parts of a rule do not go together.",
    name_unknown: "Nobody knows a name of this destination, so it can be answered by its address only.",
    nothing_to_undo: "There is nothing to take back any more.",
    unknown_profile: "There is no such profile any more.",
    unknown_proposal: "That proposal is gone already.",
    nothing_to_confirm: "There is nothing to confirm any more.",
    app_unknown: "Nobody can tell any more which program asked, so it can be answered for this time only.",
    unknown_blocklist: "That blocklist is gone already.",
    blocklist_exists: "There is a blocklist of that name already.",
    blocklist_fetched: "That blocklist is fetched from its address; it cannot be replaced by a file.",
    blocklist_not_fetched: "That blocklist came from a file. Choose the file again to renew it.",
    blocklist_too_large: "That blocklist is larger than Picket takes.",
    blocklist_unreadable: "Nothing in there reads like a blocklist.",
    blocklist_shrunk: "More than half of the list would be gone, so the old one goes on until you accept the new one.",
    unknown_flow: "That connection is not remembered any more.",
    not_listed: "No blocklist has anything of this destination.",
    nothing_aside: "No update of that blocklist waits to be accepted.",
    fetch_failed: "The blocklist could not be fetched. The last good one goes on.",
    too_many_blocklists: "There are as many blocklists as Picket takes.",
    too_many_uploads: "Too many blocklists are being handed over at once.",
    unknown_upload: "The blocklist’s text got lost on its way. Try again.",
    run_failed: "The program could not be guarded.",
    too_many_clients: "Too many windows and tools are connected to the helper.",
    internal: "The helper could not do that; its journal says why. Nothing was changed.",
    bad_rules_file: "That file of rules cannot be read.",
    duplicate_rule: "The file has another rule about exactly the same.",
    no_helper: "No helper is running.",
    socket_not_trusted: "The helper’s socket is not owned by root, so this window refuses to talk to it.",
    bad_reply: "The helper said something this window does not understand. Their versions may differ.",
  } satisfies Record<ErrorCode, string>,
  errorDetail: (code: string) => `(${code})`,
} as const;
