// Name, Kopfzeile, Hinweise und was mehrere Ansichten gleich sagen.
import type { Part } from "../catalogue.ts";
import type { shell as english } from "../en/shell.ts";
import { count } from "./amounts.ts";

export const shell: Part<typeof english> = {
  product: "Picket",

  views: { monitor: "Monitor", rules: "Regeln", inbox: "Eingang", history: "Verlauf", label: "Ansichten" },

  status: {
    connecting: "Hilfsdienst wird gesucht…",
    up: "Auf der Hut",
    upNothing: "Läuft, überwacht aber noch nichts",
    degraded: "Arbeitet mit Einschränkungen",
    away: "Nicht verbunden",
    guarded: (n) =>
      n === 0 ? "Keine Programmgruppe überwacht" : `${count(n, "Programmgruppe", "Programmgruppen")} überwacht`,
    version: (version, kernel) => `Picket ${version} auf Kernel ${kernel}`,
    level: {
      open: "Offen: Jedes deiner Programme darf antworten",
      protected: "Geschützt: Nur dieses Fenster darf antworten",
    },
    mode: {
      ask: "Fragt bei neuen Verbindungen",
      learn: "Erlaubt neue Verbindungen und merkt sie sich",
      allow: "Erlaubt neue Verbindungen",
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
