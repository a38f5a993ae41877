// Name, Kopfzeile, Hinweise und was mehrere Ansichten gleich sagen.
import type { Locked } from "../../../contract/words.ts";
import type { Part } from "../catalogue.ts";
import type { shell as english } from "../en/shell.ts";
import { count } from "./amounts.ts";

const lockedWords: Record<Locked, string> = {
  rules: "Regeln",
  answers: "Antworten, die bleiben",
  mode: "was mit neuen Verbindungen geschieht",
  profiles: "Profile",
  blocklists: "Sperrlisten",
  history: "Einstellungen des Verlaufs",
};

export const shell: Part<typeof english> = {
  product: "Picket",

  views: {
    monitor: "Monitor",
    rules: "Regeln",
    inbox: "Eingang",
    history: "Verlauf",
    blocklists: "Sperrlisten",
    profiles: "Profile",
    learning: "Lernen",
    settings: "Einstellungen",
    label: "Ansichten",
  },

  status: {
    connecting: "Hilfsdienst wird gesucht…",
    up: "Auf der Hut",
    upNothing: "Läuft, überwacht aber noch nichts",
    paused: "Zurzeit nicht auf der Hut",
    lockdown: "Nichts kommt durch",
    degraded: "Arbeitet mit Einschränkungen",
    away: "Nicht verbunden",
    guarded: (n) =>
      n === 0 ? "Keine Programmgruppe überwacht" : `${count(n, "Programmgruppe", "Programmgruppen")} überwacht`,
    version: (version, kernel) => `Picket ${version} auf Kernel ${kernel}`,
    locked: (parts) => `Vom Verwalter gesperrt: ${parts.map((part) => lockedWords[part]).join(", ")}`,
    level: {
      open: "Offen: Jedes deiner Programme darf antworten",
      protected: "Geschützt: Nur dieses Fenster darf antworten",
    },
    mode: {
      ask: "Fragt bei neuen Verbindungen",
      learn: "Erlaubt neue Verbindungen und merkt sie sich",
      allow: "Nur Regeln und Sperrlisten blockieren",
      block: "Blockiert neue Verbindungen",
    },
    override: { lockdown: "Komplettsperre: Alles ist blockiert", pause: "Angehalten: Alles ist erlaubt" },
  },

  standing: {
    lockdown: "Komplettsperre",
    paused: "Angehalten",
    pausedUntil: (time) => `Angehalten bis ${time}`,
    trial: (time) => `Auf Probe bis ${time}`,
    mode: {
      ask: "Fragt bei neuen Verbindungen",
      learn: "Lernt",
      allow: "Erlaubt, was neu ist",
      block: "Blockiert, was neu ist",
    },
    profile: (name) => `Profil ${name}`,
  },

  away: {
    title: "Pickets Hilfsdienst antwortet nicht",
    body: "Verbindungen mit Regel laufen weiter, neue warten. Was du hier siehst, kann veraltet sein. Picket versucht es weiter…",
  },
  degraded: { title: (n) => `${count(n, "Sache funktioniert", "Sachen funktionieren")} nicht wie gewohnt` },
  waiting: {
    title: (n) => `${count(n, "App wartet", "Apps warten")} auf deine Antwort`,
    show: "Frage zeigen",
  },

  clearSearch: "Suche leeren",
};
