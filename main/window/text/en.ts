// English, whose shape every other language has to have.
import type { Duration } from "../../../contract/lifetime.ts";
import type { Mode } from "../../../contract/words.ts";

export const en = {
  product: "Picket",
  promptWindow: "Picket asks",
  shortcut: "Show Picket’s waiting question",
  tray: {
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
  },
};
