// The window with connections, rules and the inbox.
import { BrowserWindow, nativeTheme } from "electron";
import { origin } from "./assets.ts";
import { safePreferences } from "./hardening.ts";
import { shellText } from "./text/shell-text.ts";
import { sizeByKeys, type TextSize } from "./text-size.ts";

/** The colour behind a page that has not painted yet; the same as --ground in renderer/style/tokens.css. */
export function ground(): string {
  return nativeTheme.shouldUseDarkColors ? "#151817" : "#f5f4f0";
}

/**
 * Milliseconds after its page has loaded: on a busy computer Chromium forgets in one start of a hundred to say that a hidden window has
 * painted, on Wayland it may not say so before the window is shown, and the person would be left without one.
 */
const overdue = 1000;

export function makeMainWindow(preload: string, textSize: TextSize): BrowserWindow {
  const window = new BrowserWindow({
    title: shellText().product,
    width: 1180,
    height: 760,
    minWidth: 760,
    minHeight: 480,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: ground(),
    webPreferences: safePreferences(preload),
  });
  sizeByKeys(window.webContents, textSize, () => window.webContents.setZoomFactor(textSize.get()));
  let shown = false;
  const show = () => {
    if (!shown && !window.isDestroyed()) window.show();
    shown = true;
  };
  window.once("ready-to-show", show);
  window.webContents.once("did-finish-load", () => setTimeout(show, overdue));
  void window.loadURL(`${origin}/window.html`);
  return window;
}
