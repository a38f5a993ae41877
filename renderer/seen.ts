// Whether anybody can see the page. What the window says and the page's own word both count: some desktops and tests withhold one of them.
import { create } from "zustand";
import type { Update } from "../contract/bridge.ts";

let windowSeen = true;

const now = (): boolean => windowSeen && !document.hidden;

export const useSeen = create<{ seen: boolean }>()(() => ({ seen: now() }));

const settle = (): void => {
  if (useSeen.getState().seen !== now()) useSeen.setState({ seen: now() });
};

export function takeSeen(update: Update): void {
  if (update.kind !== "seen") return;
  windowSeen = update.seen;
  settle();
}

document.addEventListener("visibilitychange", settle);
