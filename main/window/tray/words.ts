// What the tray says. Its menu is drawn by the desktop, in the main process, where the pages' catalogue does not reach.

import type { Language } from "../../../contract/language.ts";
import type { Duration } from "../../../contract/lifetime.ts";
import type { Mode } from "../../../contract/words.ts";

const english = {
  away: "Picket’s helper is not answering",
  connecting: "Looking for the helper…",
  limits: "Working with limits",
  lockdown: "Lockdown: nothing gets out or in",
  paused: (time: string | null) => (time === null ? "Paused: everything gets through" : `Paused until ${time}`),
  now: {
    ask: "On guard: asks first",
    learn: "Learning: lets through and remembers",
    allow: "Lets through what is new",
    block: "Blocks what is new",
  } satisfies Record<Mode, string>,
  waiting: (n: number) => (n === 1 ? "1 question waits" : `${n.toLocaleString("en")} questions wait`),
  questions: "Show waiting questions",
  modes: "New connections",
  mode: { ask: "Ask me", learn: "Learn", allow: "Let through", block: "Block" } satisfies Record<Mode, string>,
  pause: "Pause",
  lengths: { "10m": "For 10 minutes", "1h": "For 1 hour", "8h": "For 8 hours" } satisfies Partial<
    Record<Duration, string>
  >,
  endPause: "End the pause",
  lock: "Lockdown",
  open: { monitor: "Monitor", history: "History", inbox: "Inbox", settings: "Settings" },
  inbox: (n: number) => (n === 0 ? "Inbox" : `Inbox (${n.toLocaleString("en")})`),
  quit: "Quit this window (the guard goes on)",
};

export type TrayWords = typeof english;

const german: TrayWords = {
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
};

export const trayWords: Record<Language, TrayWords> = { en: english, de: german };
