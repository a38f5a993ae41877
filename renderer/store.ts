// What the page knows of the helper: a snapshot, then events. Views read it; only `take` writes it.
import { create } from "zustand";
import type { Blocklist } from "../contract/blocklists.ts";
import type { Attention, Link, Update } from "../contract/bridge.ts";
import { merge } from "../contract/merge.ts";
import type { Prompt, Rule, Status } from "../contract/words.ts";

export type Known = {
  link: Link;
  /** What the person does not want to be asked just now. */
  attention: Attention;
  status: Status | null;
  prompts: ReadonlyMap<string, Prompt>;
  rules: ReadonlyMap<string, Rule>;
  blocklists: ReadonlyMap<string, Blocklist>;
};

export const useKnown = create<Known>()(() => ({
  link: { state: "connecting" },
  attention: { quiet: null, snoozed: [] },
  status: null,
  prompts: new Map(),
  rules: new Map(),
  blocklists: new Map(),
}));

export function take(update: Update): void {
  if (update.kind === "link") useKnown.setState({ link: update.link });
  if (update.kind === "attention") useKnown.setState({ attention: update.attention });
  if (update.kind !== "event") return;
  const known = useKnown.getState();
  switch (update.topic) {
    case "status":
      useKnown.setState({ status: update.data });
      return;
    case "prompts":
      useKnown.setState({ prompts: merge(known.prompts, update.data) });
      return;
    case "rules":
      useKnown.setState({ rules: merge(known.rules, update.data) });
      return;
    case "blocklists":
      useKnown.setState({ blocklists: merge(known.blocklists, update.data) });
      return;
  }
}

/** Answered a moment before the helper's event says so: the card must not stay answerable meanwhile. */
export function settle(ids: readonly string[]): void {
  useKnown.setState((known) => ({ prompts: merge(known.prompts, { full: false, changed: [], removed: ids }) }));
}

/** Oldest first, so that nothing moves under a pointer when one arrives. */
export function inOrder(prompts: ReadonlyMap<string, Prompt>, state: Prompt["state"]): Prompt[] {
  return [...prompts.values()]
    .filter((prompt) => prompt.state === state)
    .sort((a, b) => compare(a.opened, b.opened) || compare(a.id, b.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
