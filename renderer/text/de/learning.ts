// Was gesehen wurde, während Picket lernte, als Regeln zum Annehmen oder Ablehnen.
import type { Part } from "../catalogue.ts";
import type { learning as english } from "../en/learning.ts";
import { count, number } from "./amounts.ts";

export const learning: Part<typeof english> = {
  title: "Lernen",
  label: "Was gesehen wurde, nach App",
  total: (rules, apps) => `${count(rules, "Regelvorschlag", "Regelvorschläge")} für ${count(apps, "App", "Apps")}`,
  now: {
    title: (since) => `Picket lernt seit ${since}`,
    titleUnknown: "Picket lernt",
    body: "Neues wird erlaubt und hier vermerkt. Nimm als Regel an, was du kennst; für alles andere gilt, was du für danach wählst.",
  },
  over: {
    title: "Das Lernen ist vorbei",
    body: "Das wurde gesehen, während Picket lernte. Nimm als Regel an, was du kennst. Alles andere bekommt keine Regel.",
  },
  after: "Danach",
  afters: { ask: "Mich fragen", block: "Neues blockieren", learn: "Weiter lernen" },
  afterWhy: {
    ask: "Nach allem ohne Regel wird gefragt.",
    block: "Alles ohne Regel wird blockiert, ohne Frage.",
    learn: "Alles ohne Regel wird weiter erlaubt und vermerkt.",
  },
  acceptAll: (n) => (n === 1 ? "Die Regel annehmen" : `Alle ${number(n)} Regeln annehmen`),
  acceptAllFinish: (n) =>
    n === 1 ? "Die Regel annehmen und beenden" : `Alle ${number(n)} Regeln annehmen und beenden`,
  finish: "Lernen beenden",
  finishWithout: "Ohne sie beenden",
  rejectAll: "Alle ablehnen…",
  none: "Noch nichts Neues gesehen",
  noneHint: "Benutze deine Apps wie immer. Womit sie sich verbinden, erscheint hier als Regeln zum Annehmen.",
  noneOver: "Alles ist entschieden",
  noneOverHint: "Von dem, was beim Lernen gesehen wurde, ist nichts übrig.",
  seen: (n, last) => `${number(n)}-mal gesehen, zuletzt ${last}`,
  places: { outbound: "Zielen", inbound: "Anrufern" },
  wide: (n, places) => `Gesehen mit ${number(n)} ${places}, zu viele für eine Liste`,
  accept: "Annehmen",
  reject: "Ablehnen",
  acceptLabel: (sentence) => `Annehmen: ${sentence}`,
  rejectLabel: (sentence) => `Ablehnen: ${sentence}`,
  acceptApp: (n) => (n === 1 ? "Annehmen" : `Alle ${number(n)} annehmen`),
  rejectApp: (n) => (n === 1 ? "Ablehnen" : "Alle ablehnen"),
  acceptAppLabel: (words, app) => `${words}: ${app}`,
  done: {
    accepted: (n) => `${count(n, "Regel", "Regeln")} angelegt.`,
    acceptedFinished: (n) => `${count(n, "Regel", "Regeln")} angelegt. Das Lernen ist vorbei.`,
    rejected: (n) => `${count(n, "Vorschlag", "Vorschläge")} abgelehnt.`,
    finished: "Das Lernen ist vorbei.",
    undo: "Regeln zurücknehmen",
    undone: "Die Regeln sind zurückgenommen.",
  },
  confirm: {
    title: (n) => `${count(n, "Vorschlag", "Vorschläge")} ablehnen?`,
    body: "Es entsteht keine Regel, und was gesehen wurde, wird vergessen. Das lässt sich nicht zurücknehmen.",
    yes: "Alle ablehnen",
    no: "Behalten",
  },
};
