// Which view the main window shows. The person chooses it there, or elsewhere by asking for the inbox.
import { create } from "zustand";
import type { Update } from "../contract/bridge.ts";

export type View = "inbox" | "monitor" | "rules" | "history" | "blocklists" | "profiles" | "learning" | "settings";

export const useView = create<{ view: View }>()(() => ({ view: "monitor" }));

export function showView(view: View): void {
  useView.setState({ view });
}

export function followView(update: Update): void {
  if (update.kind === "view") showView(update.view);
}
