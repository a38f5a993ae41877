// The card that asks.
import type { Lifetime, RuleLifetime } from "../../../contract/lifetime.ts";
import type { Changed, Direction } from "../../../contract/words.ts";
import { count, durationText } from "./amounts.ts";

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
  holds: (lifetime: RuleLifetime): string => {
    if (lifetime === "forever") return "from now on";
    if (lifetime === "quit") return "until it quits";
    return lifetime === "restart" ? "until this computer restarts" : `for ${durationText(lifetime)}`;
  },
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
};
