// Die Karte, die fragt.
import type { Part } from "../catalogue.ts";
import type { prompt as english } from "../en/prompt.ts";
import { count, durationText, number } from "./amounts.ts";

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
  holds: (lifetime) => {
    if (lifetime === "forever") return "ab jetzt";
    if (lifetime === "quit") return "bis zum Beenden der App";
    return lifetime === "restart" ? "bis zum Neustart des Computers" : `für ${durationText(lifetime)}`;
  },
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
      outbound: (app, place, holds) => `${app} darf ${joined(place, holds)} nicht erreichen.`,
      inbound: (app, place, holds) => `${app} ist für ${joined(place, holds)} nicht erreichbar.`,
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
    outbound: {
      endpointRule: (app, to, holds) => `Deine Antwort wird zur Regel: Sie gilt ${holds} für ${app} und ${to}.`,
      hostRule: (app, to, holds) =>
        `Deine Antwort wird zur Regel: Sie gilt ${holds} für ${app} und jeden Port von ${to}.`,
      domainRule: (app, to, holds) =>
        `Deine Antwort wird zur Regel: Sie gilt ${holds} für ${app} und jeden Host von ${to}.`,
      hostOnce: (app, to) =>
        `Deine Antwort gilt für das, was ${app} gerade von ${to} will, auf jedem Port. Beim nächsten Mal wirst du wieder gefragt.`,
      domainOnce: (app, to) =>
        `Deine Antwort gilt für das, was ${app} gerade von einem Host von ${to} will. Beim nächsten Mal wirst du wieder gefragt.`,
      anyRule: (app, _, holds) =>
        `Deine Antwort wird zur Regel: Sie gilt ${holds} für alles, womit ${app} sich verbindet.`,
      endpointOnce: (app, to) =>
        `Deine Antwort gilt nur für diesen Versuch: ${app}, ${to}. Beim nächsten Mal wirst du wieder gefragt.`,
      anyOnce: (app) =>
        `Deine Antwort gilt für alles, worauf ${app} gerade wartet. Beim nächsten Mal wirst du wieder gefragt.`,
      allow: {
        endpointRule: (app, to, holds) => `Erlauben: ${app} darf ${to} ${holds} ohne Nachfrage erreichen.`,
        hostRule: (app, to, holds) => `Erlauben: ${app} darf jeden Port von ${to} ${holds} ohne Nachfrage erreichen.`,
        domainRule: (app, to, holds) =>
          `Erlauben: ${app} darf jeden Host von ${to} ${holds} ohne Nachfrage erreichen. Sperrlisten gelten weiterhin.`,
        hostOnce: (app, to) =>
          `Erlauben: Alles, was auf ${to} wartet, kommt durch. Beim nächsten Mal fragt ${app} wieder.`,
        domainOnce: (app, to) =>
          `Erlauben: Alles, was auf einen Host von ${to} wartet, kommt durch. Beim nächsten Mal fragt ${app} wieder.`,
        anyRule: (app, _, holds) =>
          `Erlauben: ${app} darf jedes Ziel ${holds} ohne Nachfrage erreichen. Engere Regeln gehen weiterhin vor.`,
        endpointOnce: (app, to) =>
          `Erlauben: Was auf ${to} wartet, kommt durch. Beim nächsten Mal fragt ${app} wieder.`,
        anyOnce: (app) => `Erlauben: Alles, worauf ${app} gerade wartet, kommt durch. Beim nächsten Mal wird gefragt.`,
      },
      block: {
        endpointRule: (app, to, holds) => `Blockieren: ${app} wird ${holds} ohne Nachfrage abgewiesen. Ziel: ${to}.`,
        hostRule: (app, to, holds) =>
          `Blockieren: ${app} wird ${holds} an jedem Port von ${to} ohne Nachfrage abgewiesen.`,
        domainRule: (app, to, holds) =>
          `Blockieren: ${app} wird ${holds} an jedem Host von ${to} ohne Nachfrage abgewiesen.`,
        hostOnce: (app, to) =>
          `Blockieren: Alles, was auf ${to} wartet, wird abgewiesen. Beim nächsten Mal fragt ${app} wieder.`,
        domainOnce: (app, to) =>
          `Blockieren: Alles, was auf einen Host von ${to} wartet, wird abgewiesen. Beim nächsten Mal fragt ${app} wieder.`,
        anyRule: (app, _, holds) =>
          `Blockieren: ${app} wird ${holds} überall ohne Nachfrage abgewiesen. Engere Regeln gehen weiterhin vor.`,
        endpointOnce: (app, to) =>
          `Blockieren: Was auf ${to} wartet, wird abgewiesen. Beim nächsten Mal fragt ${app} wieder.`,
        anyOnce: (app) =>
          `Blockieren: Alles, worauf ${app} gerade wartet, wird abgewiesen. Beim nächsten Mal wird gefragt.`,
      },
    },
    inbound: {
      endpointRule: (app, from, holds) => `Deine Antwort wird zur Regel: Sie gilt ${holds} für ${from} und ${app}.`,
      anyRule: (app, _, holds) =>
        `Deine Antwort wird zur Regel: Sie gilt ${holds} für alle, die ${app} erreichen wollen.`,
      endpointOnce: (app, from) =>
        `Deine Antwort gilt nur für die wartende Verbindung: ${from} zu ${app}. Beim nächsten Mal wirst du wieder gefragt.`,
      anyOnce: (app) =>
        `Deine Antwort gilt für alle, die gerade auf ${app} warten. Beim nächsten Mal wirst du wieder gefragt.`,
      allow: {
        endpointRule: (app, from, holds) => `Erlauben: ${app} ist für ${from} ${holds} ohne Nachfrage erreichbar.`,
        anyRule: (app, _, holds) =>
          `Erlauben: ${app} ist ${holds} ohne Nachfrage für alle erreichbar. Engere Regeln gehen weiterhin vor.`,
        endpointOnce: (app, from) =>
          `Erlauben: Die wartende Verbindung kommt durch: ${from} zu ${app}. Beim nächsten Mal wirst du wieder gefragt.`,
        anyOnce: (app) =>
          `Erlauben: Alle, die gerade auf ${app} warten, kommen durch. Beim nächsten Mal wirst du wieder gefragt.`,
      },
      block: {
        endpointRule: (app, from, holds) =>
          `Blockieren: ${app} ist für ${from} ${holds} nicht erreichbar, ohne Nachfrage.`,
        anyRule: (app, _, holds) =>
          `Blockieren: ${app} ist ${holds} für niemanden erreichbar, ohne Nachfrage. Engere Regeln gehen weiterhin vor.`,
        endpointOnce: (app, from) =>
          `Blockieren: Die wartende Verbindung bekommt keine Antwort: ${from} zu ${app}. Beim nächsten Mal wirst du wieder gefragt.`,
        anyOnce: (app) =>
          `Blockieren: Niemand, der gerade auf ${app} wartet, bekommt eine Antwort. Beim nächsten Mal wirst du wieder gefragt.`,
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
