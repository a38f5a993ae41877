// The icon in the desktop's tray: the way back to the window, and the way out.
import { join } from "node:path";
import { app, Menu, nativeImage, Tray } from "electron";

// A tray that nothing refers to is collected as garbage and vanishes.
let tray: Tray | undefined;

export function placeTray(act: { open: () => void; questions: () => void }): void {
  const icon = nativeImage.createFromPath(join(__dirname, "renderer", "tray.png"));
  tray = new Tray(icon);
  tray.setToolTip("Picket");
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: "Open Picket", click: act.open },
      { label: "Show waiting questions", click: act.questions },
      { type: "separator" },
      { label: "Quit", click: () => app.quit() },
    ]),
  );
  tray.on("click", act.open);
}
