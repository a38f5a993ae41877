// The card that asks.
import type { Lifetime, RuleLifetime } from "../../../contract/lifetime.ts";
import type { Changed, Direction } from "../../../contract/words.ts";
import { count, durationText } from "./amounts.ts";

function untilWhen(lifetime: RuleLifetime): string {
  if (lifetime === "forever") return "from now on";
  if (lifetime === "quit") return "until it quits";
  return lifetime === "restart" ? "until this computer restarts" : `for ${durationText(lifetime)}`;
}

export const prompt = {
  /** Of its window. */
  title: "Picket asks",
  window: "Question about a connection",
  queue: (n: number) => `1 of ${n}`,
  queueLabel: (n: number) => `First of ${count(n, "app", "apps")} with open questions`,
  /** What stands in braces is put in. `over`: the attempt is dead. */
  headline: {
    outbound: {
      held: { alone: "{app} wants to reach {place}", via: "{app} via {via} wants to reach {place}" },
      over: { alone: "{app} wanted to reach {place}", via: "{app} via {via} wanted to reach {place}" },
    },
    inbound: {
      held: { alone: "{place} wants to reach {app}", via: "{place} wants to reach {app}, started by {via}" },
      over: { alone: "{place} wanted to reach {app}", via: "{place} wanted to reach {app}, started by {via}" },
    },
  } satisfies Record<Direction, Record<"held" | "over", Record<"alone" | "via", string>>>,
  /** The same without any mark-up, for a notification. */
  notice: {
    title: (app: string) => `${app} asks`,
    body: {
      outbound: (app: string, place: string) => `${app} wants to reach ${place}.`,
      inbound: (app: string, place: string) => `${place} wants to reach ${app}.`,
    } satisfies Record<Direction, (app: string, place: string) => string>,
    more: (sentence: string, n: number) => `${sentence} ${count(n, "more question waits", "more questions wait")}.`,
    show: "Show the question",
    later: "Later",
  },
  onIts: (port: string) => `on its ${port}`,
  /** Follows an address. */
  andMore: (n: number) => `and ${n.toLocaleString("en")} more`,
  /** Further questions of the same app. */
  siblings: (n: number) => `${count(n, "more question", "more questions")} of this app after this one`,
  more: (n: number) => count(n, "more attempt", "more attempts"),
  changed: {
    content: {
      title: "This program has changed since you allowed it",
      body: "Its file has other content now, and no package of this system answers for it. If you did not update it yourself, be careful.",
    },
    version: {
      title: "This is a new version of a program you allowed",
      body: "It runs from another folder, with other content. If you did not install it yourself, be careful.",
    },
    again: "If you allow it for longer than once, all you have allowed it before holds again.",
    since: (time: string) => `Last known as it was: ${time}.`,
  } satisfies Record<Changed["kind"], { title: string; body: string }> & Record<string, unknown>,
  port: (port: number) => `port ${port}`,
  scope: { outbound: "Where", inbound: "Who" } satisfies Record<Direction, string>,
  lifetime: "How long",
  scopes: {
    outbound: {
      endpoint: (place: string) => `Only ${place}`,
      endpoints: (n: number) => `These ${n} destinations`,
      any: (app: string) => `Everything ${app} connects to`,
    },
    inbound: {
      endpoint: (place: string) => `Only ${place}`,
      endpoints: (n: number) => `These ${n} callers`,
      any: (app: string) => `Everybody who calls ${app}`,
    },
  } satisfies Record<
    Direction,
    { endpoint: (place: string) => string; endpoints: (n: number) => string; any: (app: string) => string }
  >,
  /** Only where the destination has a name. */
  namedScopes: {
    host: (name: string) => `Only ${name}, every port`,
    domain: (name: string) => `Any host of ${name}`,
  },
  lifetimes: {
    once: "This time",
    quit: "Until it quits",
    "1h": "1 hour",
    restart: "Until restart",
    forever: "For good",
  } satisfies Partial<Record<Lifetime, string>>,
  /** How long a rule will hold, at the end of a sentence. */
  holds: untilWhen,
  allow: "Allow",
  block: "Block",
  later: "Later",
  laterWhy: "Decide later: the connection keeps waiting, the question stays in the inbox",
  snooze: {
    open: "Snooze",
    label: (app: string) => `Ask nothing about ${app} for a while`,
    /** Minutes, and what they are called. */
    lengths: { "15": "15 minutes", "60": "1 hour", "240": "4 hours", "1440": "1 day" },
    why: "Its connections keep waiting, its questions stay in the inbox.",
  },
  undo: {
    action: "Undo",
    key: "Ctrl Z",
    undone: "Taken back. It is asked about again.",
    allow: {
      outbound: (app: string, place: string, holds: string) => `${app} may reach ${place} ${holds}.`,
      inbound: (app: string, place: string, holds: string) => `${place} may reach ${app} ${holds}.`,
    },
    block: {
      outbound: (app: string, place: string, holds: string) => `${app} is refused at ${place} ${holds}.`,
      inbound: (app: string, place: string, holds: string) => `${place} hears nothing from ${app} ${holds}.`,
    },
    anyPlace: { outbound: "any destination", inbound: "anybody" } satisfies Record<Direction, string>,
    anyHost: (domain: string) => `any host of ${domain}`,
  },
  back: {
    title: {
      locked: "While the screen was locked",
      fullscreen: "While a window filled the screen",
      doNotDisturb: "While you were not to be disturbed",
    },
    apps: (apps: number, questions: number) =>
      `${count(apps, "app", "apps")} asked ${count(questions, "question", "questions")}.`,
    waiting: (n: number) => (n === 0 ? "None of them waits any more." : `${count(n, "still waits", "still wait")}.`),
    show: "Show what waits",
    inbox: "Open the inbox",
    later: "Later",
  },
  hide: "Hide all questions; they stay open",
  keys: { allow: "Alt A", block: "Alt B", later: "Esc", snooze: "Alt S", details: "Alt D" },
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
  /**
   * What an answer will do: before a button is touched (`about`), and what each button will do. `rule` and `once` are the sentences, how far it
   * reaches (below) is put in.
   */
  preview: {
    rule: {
      about: (what: string, lifetime: RuleLifetime) =>
        lifetime === "forever" ? `Always, for ${what}.` : `For ${what}, ${untilWhen(lifetime)}.`,
      allow: (what: string, lifetime: RuleLifetime) =>
        lifetime === "forever" ? `Always allow ${what}.` : `Allow ${what}, ${untilWhen(lifetime)}.`,
      block: (what: string, lifetime: RuleLifetime) =>
        lifetime === "forever" ? `Always block ${what}.` : `Block ${what}, ${untilWhen(lifetime)}.`,
    },
    once: {
      about: (what: string) => `Just once, for ${what}. Next time you are asked again.`,
      allow: (what: string) => `Just once, allow ${what}. Next time you are asked again.`,
      block: (what: string) => `Just once, block ${what}. Next time you are asked again.`,
    },
    outbound: {
      about: {
        endpoint: (app: string, to: string) => `${app} and ${to}`,
        host: (app: string, to: string) => `${app} and every port of ${to}`,
        domain: (app: string, to: string) => `${app} and any host of ${to}`,
        any: (app: string) => `everything ${app} connects to`,
      },
      allow: {
        endpoint: (app: string, to: string) => `${app} to reach ${to}`,
        host: (app: string, to: string) => `${app} to reach every port of ${to}`,
        domain: (app: string, to: string) => `${app} to reach any host of ${to}`,
        any: (app: string) => `${app} to reach any destination`,
      },
      block: {
        endpoint: (app: string, to: string) => `${app} from reaching ${to}`,
        host: (app: string, to: string) => `${app} from reaching any port of ${to}`,
        domain: (app: string, to: string) => `${app} from reaching any host of ${to}`,
        any: (app: string) => `${app} from reaching any destination`,
      },
      /** All that an answer for once is about. */
      waiting: {
        endpoint: (app: string, to: string) => `what ${app} is waiting for at ${to}`,
        host: (app: string, to: string) => `what ${app} is waiting for at ${to}, on every port`,
        domain: (app: string, to: string) => `what ${app} is waiting for at any host of ${to}`,
        any: (app: string) => `everything ${app} is waiting for right now`,
      },
      /** A sentence that follows where something else goes before the rule. */
      before: {
        domain: { about: "Blocklists still apply if you allow.", allow: "Blocklists still apply.", block: "" },
        any: {
          about: "Blocklists and narrower rules still come first.",
          allow: "Blocklists and narrower rules still come first.",
          block: "Narrower rules still come first.",
        },
      },
    },
    // `app` with its port where the answer is for one.
    inbound: {
      about: {
        endpoint: (app: string, from: string) => `${from} and ${app}`,
        any: (app: string) => `everybody who calls ${app}`,
      },
      allow: {
        endpoint: (app: string, from: string) => `${from} to reach ${app}`,
        any: (app: string) => `anybody to reach ${app}`,
      },
      block: {
        endpoint: (app: string, from: string) => `${from} from reaching ${app}`,
        any: (app: string) => `anybody from reaching ${app}`,
      },
      waiting: {
        endpoint: (app: string, from: string) => `the waiting connection from ${from} to ${app}`,
        any: (app: string) => `everybody who is waiting for ${app} right now`,
      },
      before: {
        any: {
          about: "Narrower rules still come first.",
          allow: "Narrower rules still come first.",
          block: "Narrower rules still come first.",
        },
      },
    },
  },
  many: {
    outbound: (n: number) => `these ${n} destinations`,
    inbound: (n: number) => `these ${n} callers`,
  } satisfies Record<Direction, (n: number) => string>,
};
