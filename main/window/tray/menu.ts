// What the tray shows: its state, its line of status and its menu, made of what the helper said. Pure.
import type { Link, Wish } from "../../../contract/bridge.ts";
import type { Duration } from "../../../contract/lifetime.ts";
import { type Mode, modeSchema, type Status } from "../../../contract/words.ts";
import type { TrayWords } from "../text/shell-text.ts";

export type TrayFacts = {
  link: Link["state"];
  status: Pick<Status, "mode" | "override" | "degraded"> | null;
  /** Questions that hold somebody up, and those that nobody waits for any more. */
  held: number;
  inbox: number;
};

/** What the icon tells, the most important first. */
export type TrayState = "away" | "lockdown" | "paused" | "waiting" | "learning" | "allowing" | "blocking" | "asking";

export type TrayAct =
  | { do: "mode"; mode: Mode }
  | { do: "pause"; for: Duration | null }
  | { do: "lockdown"; on: boolean }
  | { do: "open"; view: "monitor" | "history" | "inbox" | "settings" }
  | { do: "questions" }
  | { do: "quit" };

/** What is asked of the helper. */
export type StandingAct = Extract<TrayAct, { do: "mode" | "pause" | "lockdown" }>;

export type TrayItem =
  | { kind: "line" }
  | { kind: "text"; label: string }
  | { kind: "act"; label: string; act: TrayAct; off?: boolean; mark?: "radio" | "check"; on?: boolean }
  | { kind: "group"; label: string; off?: boolean; items: TrayItem[] };

/**
 * Whether it lets no more through than what there is. Only that is carried out: any program on the session's bus can press an entry of the
 * menu, and may block by itself, but not let through.
 */
export function narrows(act: StandingAct): boolean {
  if (act.do === "mode") return act.mode === "block";
  return act.do === "pause" ? act.for === null : act.on;
}

export function wishOf(act: StandingAct): Wish {
  if (act.do === "mode") return { method: "mode.set", params: { mode: act.mode } };
  if (act.do === "pause") return { method: "pause", params: { for: act.for } };
  return { method: "lockdown", params: { on: act.on } };
}

export function trayState({ link, status, held }: TrayFacts): TrayState {
  if (link !== "up" || status === null) return "away";
  if (status.override !== null) return status.override.kind === "lockdown" ? "lockdown" : "paused";
  if (held > 0) return "waiting";
  return ({ ask: "asking", learn: "learning", allow: "allowing", block: "blocking" } as const)[status.mode];
}

/** `clock`: a time of day, as the person reads it. */
export function statusLine(facts: TrayFacts, words: TrayWords, clock: (iso: string) => string): string {
  const { link, status } = facts;
  if (link === "connecting") return words.connecting;
  if (link === "away" || status === null) return words.away;
  const { override, mode, degraded } = status;
  if (override?.kind === "lockdown") return words.lockdown;
  if (override?.kind === "pause") return words.paused(override.ends && clock(override.ends));
  return degraded.length > 0 ? `${words.now[mode]} · ${words.limits}` : words.now[mode];
}

export function trayMenu(facts: TrayFacts, words: TrayWords, clock: (iso: string) => string): TrayItem[] {
  const { link, status, held, inbox } = facts;
  // Without a helper nothing would change.
  const off = link !== "up" || status === null;
  const paused = status?.override?.kind === "pause";
  const open = (view: "monitor" | "history" | "settings"): TrayItem => {
    return { kind: "act", label: words.open[view], act: { do: "open", view } };
  };
  return [
    { kind: "text", label: statusLine(facts, words, clock) },
    ...(held > 0 ? [{ kind: "text", label: words.waiting(held) } as const] : []),
    { kind: "act", label: words.questions, act: { do: "questions" }, off: held === 0 },
    { kind: "line" },
    {
      kind: "group",
      label: words.modes,
      off,
      items: modeSchema.options.map((mode) => ({
        ...standing(words.mode[mode], { do: "mode", mode }),
        mark: "radio",
        on: status?.mode === mode,
        off,
      })),
    },
    {
      kind: "group",
      label: words.pause,
      off,
      items: [
        ...(Object.entries(words.lengths) as [Duration, string][]).map(([length, label]): TrayItem => {
          return { ...standing(label, { do: "pause", for: length }), off };
        }),
        { ...standing(words.endPause, { do: "pause", for: null }), off: off || !paused },
      ],
    },
    {
      ...standing(words.lock, { do: "lockdown", on: status?.override?.kind !== "lockdown" }),
      mark: "check",
      on: status?.override?.kind === "lockdown",
      off,
    },
    { kind: "line" },
    open("monitor"),
    { kind: "act", label: words.inbox(inbox), act: { do: "open", view: "inbox" } },
    open("history"),
    open("settings"),
    { kind: "line" },
    { kind: "act", label: words.quit, act: { do: "quit" } },
  ];
}

/** What the window asks about first says so, as entries of menus do. */
function standing(label: string, act: StandingAct): Extract<TrayItem, { kind: "act" }> {
  return { kind: "act", label: narrows(act) ? label : `${label}…`, act };
}
