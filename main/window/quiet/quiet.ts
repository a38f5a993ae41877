// When nothing may be raised. Pure: what the desktop says comes in as facts.
import type { QuietReason } from "../../../contract/bridge.ts";
import { firstPreferences, type Preferences } from "../../../contract/preferences.ts";

export interface Facts {
  /** The screen is locked: whoever sees it may be anybody. */
  readonly locked: boolean;
  /** The window in use fills the screen: a film, a talk, a game. */
  readonly fullscreen: boolean;
  /** The person switched notifications off. */
  readonly doNotDisturb: boolean;
}

export const nothingSaid: Facts = { locked: false, fullscreen: false, doNotDisturb: false };

/** What of it the person wants to be left in peace for. */
export type QuietWishes = Pick<Preferences, "quietFullscreen" | "quietDoNotDisturb">;

/**
 * Null: questions may be raised. What hides most comes first; a locked screen is quiet whatever the wishes are, as whoever sees it may be
 * anybody.
 */
export function quietReason(
  { locked, fullscreen, doNotDisturb }: Facts,
  { quietFullscreen, quietDoNotDisturb }: QuietWishes = firstPreferences,
): QuietReason | null {
  if (locked) return "locked";
  if (fullscreen && quietFullscreen) return "fullscreen";
  return doNotDisturb && quietDoNotDisturb ? "doNotDisturb" : null;
}
