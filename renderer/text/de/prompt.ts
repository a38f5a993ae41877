// Die Karte, die fragt.
import type { RuleLifetime } from "../../../contract/lifetime.ts";
import type { Part } from "../catalogue.ts";
import type { prompt as english } from "../en/prompt.ts";
import { count, durationText, number } from "./amounts.ts";

function untilWhen(lifetime: RuleLifetime): string {
  if (lifetime === "forever") return "ab jetzt";
  if (lifetime === "quit") return "bis zum Beenden der App";
  return lifetime === "restart" ? "bis zum Neustart des Computers" : `für ${durationText(lifetime)}`;
}

/** What is for good says so at its beginning. */
function end(lifetime: RuleLifetime): string {
  return lifetime === "forever" ? "" : `, ${untilWhen(lifetime)}`;
}

export const prompt: Part<typeof english> = {
  title: "Picket fragt",
  window: "Frage zu einer Verbindung",
  queue: (n) => `1 von ${number(n)}`,
  queueLabel: (n) => (n === 1 ? "Eine App mit offenen Fragen" : `Erste von ${number(n)} Apps mit offenen Fragen`),
  headline: {
    outbound: {
      held: { alone: "{app} möchte {place} erreichen", via: "{app}, gestartet von {via}, möchte {place} erreichen" },
      over: { alone: "{app} wollte {place} erreichen", via: "{app}, gestartet von {via}, wollte {place} erreichen" },
    },
    inbound: {
      held: { alone: "{place} möchte {app} erreichen", via: "{place} möchte {app} erreichen, gestartet von {via}" },
      over: { alone: "{place} wollte {app} erreichen", via: "{place} wollte {app} erreichen, gestartet von {via}" },
    },
  },
  notice: {
    title: (app) => `${app} fragt`,
    body: {
      outbound: (app, place) => `${app} möchte ${place} erreichen.`,
      inbound: (app, place) => `${place} möchte ${app} erreichen.`,
    },
    more: (sentence, n) => `${sentence} ${count(n, "weitere Frage wartet", "weitere Fragen warten")}.`,
    show: "Frage zeigen",
    later: "Später",
  },
  onIts: (port) => `am eigenen ${port}`,
  andMore: (n) => `und ${number(n)} weitere`,
  siblings: (n) => `danach ${count(n, "weitere Frage", "weitere Fragen")} dieser App`,
  more: (n) => count(n, "weiterer Versuch", "weitere Versuche"),
  changed: {
    content: {
      title: "Dieses Programm hat sich geändert, seit du es erlaubt hast",
      body: "Seine Datei hat jetzt einen anderen Inhalt, und kein Paket dieses Systems steht dafür ein. Wenn du es nicht selbst aktualisiert hast, sei vorsichtig.",
    },
    version: {
      title: "Das ist eine neue Version eines Programms, das du erlaubt hast",
      body: "Es läuft aus einem anderen Ordner und hat einen anderen Inhalt. Wenn du es nicht selbst installiert hast, sei vorsichtig.",
    },
    again: "Wenn du es länger als einmal erlaubst, gilt alles wieder, was du ihm früher erlaubt hast.",
    since: (time) => `Zuletzt unverändert gesehen: ${time}.`,
  },
  port: (port) => `Port ${port}`,
  scope: { outbound: "Wohin", inbound: "Wer" },
  lifetime: "Wie lange",
  scopes: {
    outbound: {
      endpoint: (place) => `Nur ${place}`,
      endpoints: (n) => `Diese ${number(n)} Ziele`,
      any: (app) => `Alles, womit ${app} sich verbindet`,
    },
    inbound: {
      endpoint: (place) => `Nur ${place}`,
      endpoints: (n) => `Diese ${number(n)} Gegenstellen`,
      any: (app) => `Alle, die ${app} erreichen wollen`,
    },
  },
  namedScopes: {
    host: (name) => `Nur ${name}, jeder Port`,
    domain: (name) => `Jeder Host von ${name}`,
  },
  lifetimes: {
    once: "Dieses Mal",
    quit: "Bis sie endet",
    "1h": "1 Stunde",
    restart: "Bis Neustart",
    forever: "Für immer",
  },
  holds: untilWhen,
  allow: "Erlauben",
  block: "Blockieren",
  later: "Später",
  laterWhy: "Später entscheiden: Die Verbindung wartet weiter, die Frage bleibt im Eingang",
  snooze: {
    open: "Zurückstellen",
    label: (app) => `Eine Weile nicht nach ${app} fragen`,
    lengths: { "15": "15 Minuten", "60": "1 Stunde", "240": "4 Stunden", "1440": "1 Tag" },
    why: "Verbindungen der App warten weiter, ihre Fragen bleiben im Eingang.",
  },
  undo: {
    action: "Rückgängig",
    key: "Strg Z",
    undone: "Zurückgenommen. Es wird wieder gefragt.",
    allow: {
      outbound: (app, place, holds) => `${app} darf ${joined(place, holds)} erreichen.`,
      inbound: (app, place, holds) => `${app} ist für ${joined(place, holds)} erreichbar.`,
    },
    block: {
      outbound: (app, place, holds) => `Zugriff von ${app} auf ${joined(place, holds)} blockiert.`,
      inbound: (app, place, holds) => `Zugriff auf ${app} für ${joined(place, holds)} blockiert.`,
    },
    anyPlace: { outbound: "jedes Ziel", inbound: "jedermann" },
    anyHost: (domain) => `jeden Host von ${domain}`,
  },
  back: {
    title: {
      locked: "Während der Bildschirm gesperrt war",
      fullscreen: "Während ein Fenster den Bildschirm füllte",
      doNotDisturb: "Während du nicht gestört werden wolltest",
    },
    apps: (apps, questions) => `${count(apps, "App hatte", "Apps hatten")} ${count(questions, "Frage", "Fragen")}.`,
    waiting: (n) => (n === 0 ? "Keine davon wartet noch." : `${count(n, "wartet", "warten")} noch.`),
    show: "Zeigen, was wartet",
    inbox: "Eingang öffnen",
    later: "Später",
  },
  hide: "Alle Fragen ausblenden; sie bleiben offen",
  keys: { allow: "Alt A", block: "Alt B", later: "Esc", snooze: "Alt S", details: "Alt D" },
  sending: "Deine Antwort wird gespeichert…",
  over: {
    title: "Der Versuch ist vorbei",
    body: {
      outbound:
        "Die App hat aufgegeben, bevor es eine Antwort gab. Die Frage liegt jetzt im Eingang; eine Antwort gilt für das nächste Mal.",
      inbound:
        "Die Gegenstelle hat aufgegeben, bevor es eine Antwort gab. Die Frage liegt jetzt im Eingang; eine Antwort gilt für das nächste Mal.",
    },
    unidentified: "Niemand weiß mehr, welches Programm es war. Es gibt nichts mehr zu beantworten.",
    next: "Nächste Frage",
    close: "Im Eingang lassen",
  },
  offline:
    "Der Hilfsdienst antwortet nicht. Du kannst antworten, wenn er wieder da ist; die Verbindung wartet so lange.",
  preview: {
    rule: {
      about: (what, lifetime) =>
        lifetime === "forever" ? `Immer, für ${what}.` : `Für ${what}, ${untilWhen(lifetime)}.`,
      allow: (what, lifetime) => `${lifetime === "forever" ? "Immer erlauben" : "Erlauben"}: ${what}${end(lifetime)}.`,
      block: (what, lifetime) =>
        `${lifetime === "forever" ? "Immer blockieren" : "Blockieren"}: ${what}${end(lifetime)}.`,
    },
    once: {
      about: (what) => `Nur dieses Mal, für ${what}. Beim nächsten Mal wirst du wieder gefragt.`,
      allow: (what) => `Nur dieses Mal erlauben: ${what}. Beim nächsten Mal wirst du wieder gefragt.`,
      block: (what) => `Nur dieses Mal blockieren: ${what}. Beim nächsten Mal wirst du wieder gefragt.`,
    },
    outbound: {
      about: {
        endpoint: (app, to) => `${app} und ${to}`,
        host: (app, to) => `${app} und jeden Port von ${to}`,
        domain: (app, to) => `${app} und jeden Host von ${to}`,
        any: (app) => `alles, womit ${app} sich verbindet`,
      },
      allow: {
        endpoint: (app, to) => `${app} darf ${to} erreichen`,
        host: (app, to) => `${app} darf jeden Port von ${to} erreichen`,
        domain: (app, to) => `${app} darf jeden Host von ${to} erreichen`,
        any: (app) => `${app} darf jedes Ziel erreichen`,
      },
      block: {
        endpoint: (app, to) => `${app} darf ${to} nicht erreichen`,
        host: (app, to) => `${app} darf keinen Port von ${to} erreichen`,
        domain: (app, to) => `${app} darf keinen Host von ${to} erreichen`,
        any: (app) => `${app} darf kein Ziel erreichen`,
      },
      waiting: {
        endpoint: (app, to) => `alles, worauf ${app} bei ${to} wartet`,
        host: (app, to) => `alles, worauf ${app} bei ${to} wartet, an jedem Port`,
        domain: (app, to) => `alles, worauf ${app} bei Hosts von ${to} wartet`,
        any: (app) => `alles, worauf ${app} gerade wartet`,
      },
      before: {
        domain: {
          about: "Sperrlisten gelten weiter, wenn du erlaubst.",
          allow: "Sperrlisten gelten weiter.",
          block: "",
        },
        any: {
          about: "Sperrlisten und engere Regeln gehen weiter vor.",
          allow: "Sperrlisten und engere Regeln gehen weiter vor.",
          block: "Engere Regeln gehen weiter vor.",
        },
      },
    },
    inbound: {
      about: {
        endpoint: (app, from) => `${from} und ${app}`,
        any: (app) => `alle, die ${app} erreichen wollen`,
      },
      allow: {
        endpoint: (app, from) => `${app} ist für ${from} erreichbar`,
        any: (app) => `${app} ist für alle erreichbar`,
      },
      block: {
        endpoint: (app, from) => `${app} ist für ${from} nicht erreichbar`,
        any: (app) => `${app} ist für niemanden erreichbar`,
      },
      waiting: {
        endpoint: (app, from) => `die wartende Verbindung von ${from} zu ${app}`,
        any: (app) => `alle, die gerade auf ${app} warten`,
      },
      before: {
        any: {
          about: "Engere Regeln gehen weiter vor.",
          allow: "Engere Regeln gehen weiter vor.",
          block: "Engere Regeln gehen weiter vor.",
        },
      },
    },
  },
  many: {
    outbound: (n) => `diese ${number(n)} Ziele`,
    inbound: (n) => `diese ${number(n)} Gegenstellen`,
  },
};

/** A length of time is left out where an answer was for this time only. */
function joined(place: string, holds: string): string {
  return holds === "" ? place : `${place} ${holds}`;
}
