// The page's end of the bridge that main/window/preload.ts puts on `window`.
import type { Bridge } from "../contract/bridge.ts";

declare global {
  interface Window {
    readonly picket: Bridge;
  }
}

export const bridge: Bridge = window.picket;
