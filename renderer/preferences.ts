// The shell as the page knows it, and what the person wants of it: told by the main process, kept there.
import { create } from "zustand";
import type { Shell, Update } from "../contract/bridge.ts";
import { firstPreferences, type PreferencesChange } from "../contract/preferences.ts";
import { bridge } from "./bridge.ts";

/** `known`: the main process has told it. */
export const useShell = create<Shell & { known: boolean }>()(() => ({
  known: false,
  preferences: firstPreferences,
  tray: true,
  startsWithSession: false,
  foreground: false,
  version: "",
  user: "",
}));

export function takeShell(update: Update): void {
  if (update.kind !== "shell") return;
  useShell.setState({ ...update.shell, known: true });
  // Light and dark are Chromium's own; more contrast is ours (style/tokens.css).
  document.documentElement.dataset.contrast = update.shell.preferences.contrast;
}

export function prefer(change: PreferencesChange): void {
  void bridge.shell({ do: "prefer", change });
}
