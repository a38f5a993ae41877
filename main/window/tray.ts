// The icon in the desktop's tray: the way back to the window, and the way out.
import { join } from "node:path";
import { app, Menu, nativeImage, Tray } from "electron";
import { shellText } from "./text/shell-text.ts";

// A tray that nothing refers to is collected as garbage and vanishes.
let tray: Tray | undefined;

export function placeTray(act: { open: () => void; questions: () => void }): void {
  const words = shellText();
  const icon = nativeImage.createFromPath(join(__dirname, "renderer", "tray.png"));
  tray?.destroy();
  tray = new Tray(icon);
  tray.setToolTip(words.product);
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: words.open, click: act.open },
      { label: words.questions, click: act.questions },
      { type: "separator" },
      { label: words.quit, click: () => app.quit() },
    ]),
  );
  tray.on("click", act.open);
}
