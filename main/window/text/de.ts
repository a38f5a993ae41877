// German. As in renderer/text/de: »du«, and no word for word translation.
import type { ShellText } from "./shell-text.ts";

export const de: ShellText = {
  product: "Picket",
  promptWindow: "Picket fragt",
  shortcut: "Wartende Frage von Picket zeigen",
  tray: {
    away: "Pickets Hilfsdienst antwortet nicht",
    connecting: "Hilfsdienst wird gesucht…",
    limits: "mit Einschränkungen",
    lockdown: "Komplettsperre: nichts geht hinaus oder herein",
    paused: (time) => (time === null ? "Angehalten: alles darf durch" : `Angehalten bis ${time}`),
    now: {
      ask: "Wacht: fragt zuerst",
      learn: "Lernt: lässt durch und merkt es sich",
      allow: "Lässt Neues durch",
      block: "Blockiert Neues",
    },
    waiting: (n) => (n === 1 ? "1 Frage wartet" : `${n.toLocaleString("de")} Fragen warten`),
    questions: "Wartende Fragen zeigen",
    modes: "Neue Verbindungen",
    mode: { ask: "Mich fragen", learn: "Lernen", allow: "Durchlassen", block: "Blockieren" },
    pause: "Pause",
    lengths: { "10m": "Für 10 Minuten", "1h": "Für 1 Stunde", "8h": "Für 8 Stunden" },
    endPause: "Pause beenden",
    lock: "Komplettsperre",
    open: { monitor: "Monitor", history: "Verlauf", inbox: "Eingang", settings: "Einstellungen" },
    inbox: (n) => (n === 0 ? "Eingang" : `Eingang (${n.toLocaleString("de")})`),
    quit: "Dieses Fenster beenden (der Schutz geht weiter)",
  },
};
