// Entry of the Electron app: one instance, two windows, one connection to the helper. It relays; it decides nothing.
import { join } from "node:path";
import { app, type BrowserWindow, Menu, session } from "electron";
import { defaultSocket } from "../client/client.ts";
import { declareScheme, serveAssets } from "./assets.ts";
import { hardenContents, hardenSession } from "./hardening.ts";
import { HelperLink } from "./link.ts";
import { makeMainWindow } from "./main-window.ts";
import { Pages } from "./pages.ts";
import { PromptWindow } from "./prompt-window.ts";
import { placeTray } from "./tray.ts";

const preload = join(__dirname, "preload.cjs");
let mainWindow: BrowserWindow | undefined;
let promptWindow: PromptWindow | undefined;

const pages = new Pages(() => ({
  ...(mainWindow && { main: mainWindow }),
  ...(promptWindow && { prompt: promptWindow.window }),
}));
const link = new HelperLink(defaultSocket, (update) => {
  if (update.kind === "monitor") pages.tell("main", update);
  else pages.tellAll(update);
});

function showMain(): void {
  if (mainWindow) {
    if (mainWindow.isMinimized()) mainWindow.restore();
    mainWindow.show();
    mainWindow.focus();
    return;
  }
  const window = makeMainWindow(preload);
  mainWindow = window;
  restartWhenGone(window, "main");
  const seen = (seen: boolean) => () => pages.tell("main", { kind: "seen", seen });
  window.on("hide", seen(false));
  window.on("minimize", seen(false));
  window.on("show", seen(true));
  window.on("restore", seen(true));
  window.on("closed", () => {
    mainWindow = undefined;
    leave("main");
    // `npm start` ends with its window; the installed one stays in the tray.
    if (process.env.PICKET_FOREGROUND === "1") app.quit();
  });
}

function showPrompts(): void {
  pages.tell("prompt", { kind: "take-up" });
  promptWindow?.raise();
}

/** Nobody is at the page any more: what it watched costs the helper nothing. */
function leave(page: "main" | "prompt"): void {
  pages.forget(page);
  if (page === "main") void link.call("monitor.leave", {});
}

/** A page that died must not leave the person without questions. */
function restartWhenGone(window: BrowserWindow, page: "main" | "prompt"): void {
  window.webContents.on("render-process-gone", () => {
    leave(page);
    if (!window.isDestroyed()) window.webContents.reload();
  });
}

function start(): void {
  serveAssets(session.defaultSession, join(__dirname, "renderer"));
  hardenSession(session.defaultSession);
  pages.serve(link, (page, request) => {
    if (request.do === "open-prompt") showPrompts();
    else if (page !== "prompt") return;
    else if (request.do === "close-prompt") promptWindow?.close();
    else promptWindow?.fit(request.visible, request.height);
  });
  promptWindow = new PromptWindow(preload, {
    putAside: () => pages.tell("prompt", { kind: "put-aside" }),
    shown: () => pages.tell("prompt", { kind: "shown" }),
  });
  restartWhenGone(promptWindow.window, "prompt");
  showMain();
  placeTray({ open: showMain, questions: showPrompts });
  void link.run();
}

declareScheme();
Menu.setApplicationMenu(null);
hardenContents(app);
if (app.requestSingleInstanceLock()) {
  app.on("second-instance", showMain);
  // Closing the main window leaves the prompt on watch; the tray, or a second start, brings it back. `npm start`, which sets
  // PICKET_FOREGROUND, ends with its window.
  app.on("window-all-closed", () => {});
  app.on("before-quit", () => {
    promptWindow?.leave();
    link.end();
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => app.quit());
  void app.whenReady().then(start);
} else {
  app.quit();
}
