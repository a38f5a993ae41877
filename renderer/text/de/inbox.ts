// Fragen, auf die niemand geantwortet hat, und die letzten Antworten.
import type { Part } from "../catalogue.ts";
import type { inbox as english } from "../en/inbox.ts";
import { count } from "./amounts.ts";

export const inbox: Part<typeof english> = {
  title: "Eingang",
  label: "Offene Fragen nach App",
  search: "Apps und Ziele suchen",
  waiting: "Wartet gerade",
  waitingHint: "Diese Apps warten auf deine Antwort.",
  unanswered: "Unbeantwortet",
  hint: "Diese Versuche sind vorbei, die Fragen nicht: Deine Antwort wird zur Regel für das nächste Mal.",
  none: "Nichts wartet auf dich",
  noneHint: "Fragen, zu denen du nicht gekommen bist, bleiben hier, bis du antwortest.",
  notFound: "Keine Frage passt dazu",
  quiet: (n) =>
    `${count(n, "Frage, die", "Fragen, die")} seit zwei Wochen nicht mehr gestellt wurde${n === 1 ? "" : "n"}`,
  questions: (n) => count(n, "offene Frage", "offene Fragen"),
  calledBy: (caller) => `Anfrage von ${caller}`,
  tried: (attempts, last) => `${count(attempts, "Versuch", "Versuche")}, zuletzt ${last}`,
  reach: (place) => `Deine Antwort gilt für ${place}, immer`,
  allow: "Erlauben",
  block: "Blockieren",
  allowAll: "Alles erlauben",
  blockAll: "Alles blockieren",
  allowLabel: (from, to) => `Immer erlauben: Zugriff von ${from} auf ${to}`,
  blockLabel: (from, to) => `Immer blockieren: Zugriff von ${from} auf ${to}`,
  // Beginnt mit dem, was auf dem Knopf steht: Wer mit dem Computer spricht, sagt, was er sieht.
  allowAllLabel: (from, to) => `Alles erlauben: Zugriff von ${from} auf ${to}`,
  blockAllLabel: (from, to) => `Alles blockieren: Zugriff von ${from} auf ${to}`,
  dismissLabel: (app, to) => `Ohne Regel weglegen: ${app}, ${to}`,
  snoozed: {
    label: "Apps, nach denen eine Weile nicht gefragt wird",
    line: (app, until) => `${app} ist bis ${until} zurückgestellt`,
    wake: "Jetzt wieder fragen",
  },
  recent: {
    title: (n) => count(n, "letzte Antwort", "letzte Antworten"),
    undo: "Rückgängig",
    undoLabel: (sentence) => `Rückgängig: ${sentence}`,
    undone: "Zurückgenommen",
    once: "Nur dieses Mal",
    line: (app, place, holds) => `${app}: ${place} ${holds}`,
    lineInbound: (app, place, holds) => `${app} für ${place} ${holds}`,
  },
};
