// Changes of what stands around the rules: mode, pause, lockdown, profile. What went wrong is kept until the next.
import { create } from "zustand";
import type { Update, WindowMethod } from "../../contract/bridge.ts";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Params } from "../../contract/methods.ts";
import { bridge } from "../bridge.ts";

export type Changing = Extract<WindowMethod, "mode.set" | "pause" | "lockdown" | "profile.set" | "confirm">;

/** What the helper has not answered yet: it may wait for somebody's password. */
const underWay = new Set<string>();

/** `open`: whether the control's panel is. `busy`: the helper has not answered everything yet. */
export const useStanding = create<{ open: boolean; busy: boolean; error: ErrorCode | null }>()(() => ({
  open: false,
  busy: false,
  error: null,
}));

/**
 * Resolves to whether it was done. What becomes of it comes as the helper's status. A refusal opens the panel, which says so. The same is
 * not asked for twice, but nothing waits for another's password: lockdown least of all.
 */
export async function change<M extends Changing>(method: M, params: Params<M>): Promise<boolean> {
  const asked = JSON.stringify([method, params]);
  if (underWay.has(asked)) return false;
  underWay.add(asked);
  useStanding.setState({ busy: true, error: null });
  const outcome = await bridge.call(method, params);
  underWay.delete(asked);
  useStanding.setState({ busy: underWay.size > 0, ...(!outcome.ok && { error: outcome.code, open: true }) });
  return outcome.ok;
}

/** What the tray could not do is told here. */
export function takeRefused(update: Update): void {
  if (update.kind === "refused") useStanding.setState({ error: update.code, open: true });
}
