// The page's view of the monitor: asks the helper for what is on the screen, keeps what it is told, and asks again when something is missing.
// While nobody can see the page nothing is asked for.
import { create } from "zustand";
import type { Update } from "../contract/bridge.ts";
import type { ErrorCode } from "../contract/errors.ts";
import { applyUpdate, type Shown, type View } from "../contract/monitor.ts";
import { bridge } from "./bridge.ts";
import { useKnown } from "./store.ts";

export type Wanted = Omit<View, "number">;

export const useMonitor = create<{ shown: Shown | null; error: ErrorCode | null }>()(() => ({
  shown: null,
  error: null,
}));

let wanted: Wanted | null = null;
/** What the window says; the page's own word, which some desktops and tests withhold, counts as well. */
let seen = true;
let number = 0;
/** One request at a time: while somebody scrolls, what was asked for meanwhile is past already. */
let asking = false;
let stale = false;

/** Shows this from now on; null: nothing. */
export function look(view: Wanted | null): void {
  wanted = view;
  void ask();
}

async function ask(): Promise<void> {
  stale = true;
  if (asking) return;
  asking = true;
  try {
    while (stale) {
      stale = false;
      await askOnce();
    }
  } finally {
    asking = false;
  }
}

async function askOnce(): Promise<void> {
  if (useKnown.getState().link.state !== "up") return;
  if (wanted === null || !seen || document.hidden) {
    await bridge.call("monitor.leave", {});
    return;
  }
  number++;
  const outcome = await bridge.call("monitor.watch", { ...wanted, number });
  useMonitor.setState({ error: outcome.ok ? null : outcome.code });
}

export function takeMonitor(update: Update): void {
  if (update.kind === "seen") {
    seen = update.seen;
    void ask();
    return;
  }
  // Of a page before this one: it counted its own views.
  if (update.kind !== "monitor" || update.update.view > number) return;
  const { shown } = useMonitor.getState();
  const next = applyUpdate(shown, update.update);
  if (next === null) void ask();
  else if (next !== shown) useMonitor.setState({ shown: next });
}

document.addEventListener("visibilitychange", () => void ask());
useKnown.subscribe((known, before) => {
  // Another connection has no view yet.
  if (known.link.state === "up" && before.link.state !== "up") void ask();
});
