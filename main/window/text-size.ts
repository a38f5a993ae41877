// Larger and smaller by the keys that browsers have for it, Ctrl with + - 0: everything in both windows, up to twice its size. It is kept.
import type { WebContents } from "electron";
import * as v from "valibot";
import { keep, readKept } from "./kept.ts";

/** Times the usual size. */
const sizes = [0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;
type Size = (typeof sizes)[number];

const stored = (): Size => readKept("text-size", v.picklist(sizes), 1);

/** What a key makes of a size; null: it is none of these keys. Pure. */
export function sizeAfter(key: string, size: Size): Size | null {
  const at = sizes.indexOf(size);
  if (key === "+" || key === "=") return sizes[at + 1] ?? size;
  if (key === "-") return sizes[at - 1] ?? size;
  return key === "0" ? 1 : null;
}

/** `changed`: after every change, and once a page has loaded with what was kept. */
export function sizeByKeys(contents: WebContents, changed: () => unknown): void {
  const apply = (): void => {
    contents.setZoomFactor(stored());
    changed();
  };
  contents.on("did-finish-load", apply);
  contents.on("before-input-event", (event, { type, control, alt, meta, key }) => {
    if (type !== "keyDown" || !control || alt || meta) return;
    const size = sizeAfter(key, stored());
    if (size === null) return;
    event.preventDefault();
    keep("text-size", size);
    apply();
  });
}
