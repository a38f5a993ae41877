// Entry of the Electron app: one instance, two windows, one connection to the helper. It relays; it decides nothing.
import { join } from "node:path";
import { app, type BrowserWindow, Menu, session } from "electron";
import type { ShellRequest } from "../../contract/bridge.ts";
import type { LanguageChoice } from "../../contract/language.ts";
import { defaultSocket } from "../client/client.ts";
import { declareScheme, serveAssets } from "./assets.ts";
import { AttentionKeeper } from "./attention.ts";
import { Herald } from "./desktop/herald.ts";
import { wayOf } from "./desktop/way.ts";
import { hardenContents, hardenSession } from "./hardening.ts";
import { keepLanguageChoice, languageChoice } from "./language.ts";
import { HelperLink } from "./link.ts";
import { makeMainWindow } from "./main-window.ts";
import { type Page, Pages } from "./pages.ts";
import { PromptWindow } from "./prompt-window.ts";
import { watchQuiet } from "./quiet/watch.ts";
import { placeTray } from "./tray.ts";

const preload = join(__dirname, "preload.cjs");
let mainWindow: BrowserWindow | undefined;
let promptWindow: PromptWindow | undefined;

const pages = new Pages(
  () => ({
    ...(mainWindow && { main: mainWindow }),
    ...(promptWindow && { prompt: promptWindow.window }),
  }),
  () => [
    { kind: "attention", attention: attention.attention },
    { kind: "language", choice: languageChoice() },
  ],
);
const attention = new AttentionKeeper((now) => pages.tellAll({ kind: "attention", attention: now }));
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

const trayActs = { open: showMain, questions: showPrompts };

/** The person asked for the questions: those put aside come back, and the card may take the focus. */
function showPrompts(): void {
  promptWindow?.raise();
  pages.tell("prompt", { kind: "take-up" });
}

function showInbox(): void {
  showMain();
  pages.tellSurely("main", { kind: "view", view: "inbox" });
}

/** From now on in that language: what is made once is made anew. Questions stay open at the helper, and come back with their page. */
function speak(choice: LanguageChoice): void {
  keepLanguageChoice(choice);
  placeTray(trayActs);
  for (const [page, window] of [
    ["main", mainWindow],
    ["prompt", promptWindow?.window],
  ] as const) {
    if (!window) continue;
    leave(page);
    window.webContents.reload();
  }
}

/** What a page asks of its windows. Only the prompt's page may speak for the prompt's window. */
function serveShell(page: Page, request: ShellRequest, herald: Herald): void {
  if (request.do === "open-prompt") showPrompts();
  else if (request.do === "snooze") attention.snooze(request.app, request.minutes);
  else if (request.do === "wake") attention.wake(request.app);
  else if (request.do === "language") speak(request.choice);
  else if (page !== "prompt") return;
  else if (request.do === "open-inbox") showInbox();
  else if (request.do === "close-prompt") promptWindow?.close();
  else if (request.do === "announce") herald.announce(request);
  else {
    promptWindow?.fit(request.visible, request.height);
    if (promptWindow?.window.isVisible()) herald.withdraw();
  }
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
  const way = wayOf(app.commandLine.getSwitchValue("ozone-platform"), process.versions.electron, process.env);
  const herald = new Herald(way, process.env, {
    show: showPrompts,
    later: () => promptWindow?.close(),
  });
  pages.serve(link, (page, request) => serveShell(page, request, herald));
  promptWindow = new PromptWindow(preload, {
    putAside: () => pages.tell("prompt", { kind: "put-aside" }),
    shown: () => pages.tell("prompt", { kind: "shown" }),
    focused: () => pages.tell("prompt", { kind: "focused" }),
    mayRaise: () => !herald.announces,
  });
  const quiet = watchQuiet(process.env, (why) => attention.become(why));
  app.on("will-quit", () => {
    quiet.close();
    herald.close();
    attention.close();
  });
  restartWhenGone(promptWindow.window, "prompt");
  // At the start of a session: there when something asks, and otherwise in the tray.
  if (!process.argv.includes("--background")) showMain();
  placeTray(trayActs);
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
