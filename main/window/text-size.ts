// Larger and smaller by the keys that browsers have for it, Ctrl with + - 0: everything in both windows, up to twice its size.
import type { WebContents } from "electron";
import { type Preferences, textSizes } from "../../contract/preferences.ts";

type Size = Preferences["textSize"];

/** What a key makes of a size; null: it is none of these keys. Pure. */
export function sizeAfter(key: string, size: Size): Size | null {
  const at = textSizes.indexOf(size);
  if (key === "+" || key === "=") return textSizes[at + 1] ?? size;
  if (key === "-") return textSizes[at - 1] ?? size;
  return key === "0" ? 1 : null;
}

/** Whoever keeps the size; `set` has every window drawn anew. */
export type TextSize = { get: () => Size; set: (size: Size) => void };

/** `draw`: with the size that is kept. */
export function sizeByKeys(contents: WebContents, { get, set }: TextSize, draw: () => void): void {
  // Chromium forgets it with every page.
  contents.on("did-finish-load", draw);
  contents.on("before-input-event", (event, { type, control, alt, meta, key }) => {
    if (type !== "keyDown" || !control || alt || meta) return;
    const size = sizeAfter(key, get());
    if (size === null) return;
    event.preventDefault();
    set(size);
  });
}
