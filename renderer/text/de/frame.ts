// Die Schaltfläche im Kopf des Fensters: was mit neuen Verbindungen geschieht, Pause, Komplettsperre, Profil.
import type { Catalogue } from "../catalogue.ts";

export const frame: Catalogue["frame"] = {
  open: (now) => `${now}. Ändern, was mit neuen Verbindungen geschieht`,
  now: { ask: "Fragt zuerst", learn: "Lernt", allow: "Lässt Neues durch", block: "Blockiert Neues" },
  title: "Neue Verbindungen",
  modes: {
    ask: { name: "Mich fragen", what: "Die App wartet, bis du antwortest." },
    learn: {
      name: "Lernen",
      what: "Neues darf durch und wird notiert, damit du später Regeln daraus machen kannst.",
    },
    allow: { name: "Durchlassen", what: "Nur was eine Regel oder Sperrliste blockiert, wird aufgehalten." },
    block: { name: "Blockieren", what: "Nur was eine Regel erlaubt, darf durch. Gefragt wird nicht." },
  },
  pause: {
    title: "Pause",
    what: "Eine Weile darf alles durch, auch was deine Regeln und Sperrlisten aufhalten. Danach ist Picket von selbst wieder da.",
    lengths: { "10m": "10 Minuten", "1h": "1 Stunde", "8h": "8 Stunden" },
    until: (time) => `Bis ${time} darf alles durch.`,
    now: "Alles darf durch.",
    end: "Pause beenden",
  },
  wish: {
    mode: "Ändern, was mit neuen Verbindungen geschieht?",
    pause: "Picket anhalten?",
    lockdown: "Komplettsperre beenden?",
    normal: "Für Verbindungen gelten wieder deine Regeln.",
    why: "Du wirst gefragt, weil auch andere Programme auf das Symbol in der Leiste drücken können. Noch ist nichts geändert.",
    yes: { "mode.set": "Ändern", pause: "Anhalten" },
    no: "So lassen",
  },
  lockdown: {
    title: "Komplettsperre",
    what: "Nichts geht hinaus oder herein, bis du sie ausschaltest.",
    end: "Sperre beenden",
    first: "Die Komplettsperre geht vor: eine Pause lässt so lange nichts durch.",
  },
  profile: {
    title: "Aktives Profil",
    automatic: (name) => (name === null ? "Vom Netz bestimmt" : `Vom Netz bestimmt (${name})`),
    none: "Kein Profil",
  },
  held: {
    short: (n) => `${n.toLocaleString("de")} ${n === 1 ? "wartet" : "warten"}`,
    what: (short) => `${short}: zeigen, was wartet`,
  },
  busy: "Der Hilfsdienst hat noch nicht geantwortet. Vielleicht möchte er erst dein Passwort.",
  trial: {
    title: (time) => `Auf Probe bis ${time}`,
    what: "Diese Änderung könnte die Verbindung trennen, über die du arbeitest. Darum nimmt sie sich zurück, wenn du sie nicht behältst.",
    keep: "Behalten",
  },
  degraded: {
    resolvers: "Bei Fragen fehlen vielleicht Namen.",
    packetSockets: "Ein Programm kann an Picket vorbei senden.",
    unsearched: "Vielleicht kann ein Programm an Picket vorbei senden.",
    outsideSockets: "Ein Programm kann auf einem Weg senden, den Picket nicht sieht.",
    windowGroup: "Wer hier mehr erlaubt, braucht ein Passwort.",
    blocklists: "Eine Sperrliste blockiert nicht, was sie soll.",
    guardWaits: "Manche Programme werden erst überwacht, wenn sie laufen.",
    guardFailed: "Manche Programme werden nicht überwacht.",
    guardUnknown: "Manche Programme werden nicht überwacht: Die Konfiguration nennt etwas, das es nicht gibt.",
    guardUnwatched: "Neue Programme werden vielleicht einen Moment zu spät überwacht.",
    ringFull: "Bei manchen Verbindungen dauert es länger, bis gefragt wird.",
    logFull: "Manche Verbindungen fehlen in der Liste.",
    overBudget: "Eine App hat mehr gesendet, als sich aufheben ließ, während sie wartete.",
    noStorage: "Manche Verbindungen wurden abgewiesen, weil kein Platz war.",
    unparsed: "Etwas war nicht zu lesen und wurde darum abgewiesen.",
    overShare: "Eine App fragt so viel, dass ihre Fragen länger dauern.",
    inboundLimited: "Zu viele riefen zugleich von außen an; manche wurden abgewiesen.",
  },
};
