// Changes of what stands around the rules: mode, pause, lockdown, profile. One at a time; what went wrong is kept until the next.
import { create } from "zustand";
import type { Update, WindowMethod } from "../../contract/bridge.ts";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Params } from "../../contract/methods.ts";
import { bridge } from "../bridge.ts";

export type Changing = Extract<WindowMethod, "mode.set" | "pause" | "lockdown" | "profile.set" | "confirm">;

/** `open`: whether the control's panel is. `busy`: the helper has not answered yet. */
export const useStanding = create<{ open: boolean; busy: boolean; error: ErrorCode | null }>()(() => ({
  open: false,
  busy: false,
  error: null,
}));

/** Resolves to whether it was done. What becomes of it comes as the helper's status. A refusal opens the panel, which says so. */
export async function change<M extends Changing>(method: M, params: Params<M>): Promise<boolean> {
  if (useStanding.getState().busy) return false;
  useStanding.setState({ busy: true, error: null });
  const outcome = await bridge.call(method, params);
  if (outcome.ok) useStanding.setState({ busy: false });
  else useStanding.setState({ busy: false, error: outcome.code, open: true });
  return outcome.ok;
}

/** What the tray could not do is told here. */
export function takeRefused(update: Update): void {
  if (update.kind === "refused") useStanding.setState({ error: update.code, open: true });
}
