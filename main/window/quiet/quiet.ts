// When nothing may be raised. Pure: what the desktop says comes in as facts.
import type { QuietReason } from "../../../contract/bridge.ts";

export interface Facts {
  /** The screen is locked: whoever sees it may be anybody. */
  readonly locked: boolean;
  /** The window in use fills the screen: a film, a talk, a game. */
  readonly fullscreen: boolean;
  /** The person switched notifications off. */
  readonly doNotDisturb: boolean;
}

export const nothingSaid: Facts = { locked: false, fullscreen: false, doNotDisturb: false };

/** Null: questions may be raised. What hides most comes first. */
export function quietReason({ locked, fullscreen, doNotDisturb }: Facts): QuietReason | null {
  if (locked) return "locked";
  if (fullscreen) return "fullscreen";
  return doNotDisturb ? "doNotDisturb" : null;
}
