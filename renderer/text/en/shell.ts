// Name, header, notices and what several views say alike.
import type { Locked, Mode } from "../../../contract/words.ts";
import { count } from "./amounts.ts";

const lockedWords: Record<Locked, string> = {
  rules: "rules",
  answers: "answers that last",
  mode: "how new connections are treated",
  profiles: "profiles",
  blocklists: "blocklists",
  history: "history settings",
};

export const shell = {
  product: "Picket",

  views: {
    monitor: "Monitor",
    rules: "Rules",
    inbox: "Inbox",
    history: "History",
    blocklists: "Blocklists",
    profiles: "Profiles",
    learning: "Learning",
    settings: "Settings",
    label: "Views",
  },

  status: {
    connecting: "Looking for the helper…",
    up: "On guard",
    upNothing: "Running, but guarding nothing yet",
    paused: "Off guard for now",
    lockdown: "Nothing gets through",
    degraded: "Working with limits",
    away: "Not connected",
    guarded: (n: number) =>
      n === 0 ? "No group of programs guarded" : `${count(n, "group", "groups")} of programs guarded`,
    version: (version: string, kernel: string) => `Picket ${version} on kernel ${kernel}`,
    locked: (parts: readonly Locked[]) =>
      `Locked by an administrator: ${parts.map((part) => lockedWords[part]).join(", ")}`,
    level: { open: "Open: any program of yours may answer", protected: "Protected: only this window may answer" },
    mode: {
      ask: "Asks about new connections",
      learn: "Allows and remembers new connections",
      allow: "Only rules and blocklists block",
      block: "Blocks new connections",
    } satisfies Record<Mode, string>,
    override: { lockdown: "Lockdown: everything is blocked", pause: "Paused: everything is allowed" },
  },

  standing: {
    lockdown: "Lockdown",
    paused: "Paused",
    pausedUntil: (time: string) => `Paused until ${time}`,
    trial: (time: string) => `On trial until ${time}`,
    mode: {
      ask: "Asks about new connections",
      learn: "Learning",
      allow: "Allows what is new",
      block: "Blocks what is new",
    } satisfies Record<Mode, string>,
    profile: (name: string) => `Profile ${name}`,
  },

  away: {
    title: "Picket’s helper is not answering",
    body: "Connections with a rule go on as before; new ones wait. What you see here may be out of date. Trying again…",
  },
  degraded: { title: (n: number) => count(n, "thing does not work as it should", "things do not work as they should") },
  waiting: {
    title: (n: number) => `${count(n, "app waits", "apps wait")} for your answer`,
    show: "Show the question",
  },

  clearSearch: "Clear search",
};
