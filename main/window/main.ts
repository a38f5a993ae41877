// Entry of the Electron app: one instance, two windows, one connection to the helper. It relays; it decides nothing.

import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { app, type BrowserWindow, Menu, nativeTheme, session } from "electron";
import type { Shell, ShellRequest } from "../../contract/bridge.ts";
import { defaultSocket } from "../client/client.ts";
import { declareScheme, serveAssets } from "./assets.ts";
import { AttentionKeeper } from "./attention.ts";
import { Herald } from "./desktop/herald.ts";
import { wayOf } from "./desktop/way.ts";
import { LiveExample } from "./example/example.ts";
import { hardenContents, hardenSession } from "./hardening.ts";
import { choose } from "./language.ts";
import { HelperLink } from "./link.ts";
import { makeMainWindow } from "./main-window.ts";
import { type Page, Pages } from "./pages.ts";
import { PreferencesFile } from "./preferences.ts";
import { PromptWindow } from "./prompt-window.ts";
import { watchQuiet } from "./quiet/watch.ts";
import { saveHistory } from "./save-history.ts";
import { shellText } from "./text/shell-text.ts";
import type { TextSize } from "./text-size.ts";
import { giveBackSoon, saveMemory } from "./thrift.ts";
import { TrayHost } from "./tray/host.ts";
import { narrows, type TrayAct, wishOf } from "./tray/menu.ts";
import { TrayIcon } from "./tray/tray.ts";

const preload = join(__dirname, "preload.cjs");
let mainWindow: BrowserWindow | undefined;
let promptWindow: PromptWindow | undefined;
let tray: TrayIcon | undefined;
/** Whether somebody shows it. */
let trayShown = false;
let quitting = false;
/** `npm start`: the end of its main window is the end of it. */
const foreground = process.env.PICKET_FOREGROUND === "1";
const background = process.argv.includes("--background");
/** What the package starts with the session (build/package/tree.ts); a clone does not. */
const startsWithSession =
  app.getAppPath().startsWith("/usr/lib/picket/") && existsSync("/etc/xdg/autostart/org.picket.Picket.desktop");

const pages = new Pages(
  () => ({
    ...(mainWindow && { main: mainWindow }),
    ...(promptWindow && { prompt: promptWindow.window }),
  }),
  (page, known) => {
    const wish = page === "prompt" ? (promptWindow?.wish ?? null) : null;
    return [
      { kind: "attention", attention: attention.attention },
      { kind: "shell", shell: shell() },
      { kind: "example", example: example.example },
      ...known,
      // Last: without a question it would be met already.
      ...(wish === null ? [] : [{ kind: "take-up", nth: wish } as const]),
    ];
  },
);
const preferences = new PreferencesFile(join(app.getPath("userData"), "preferences.json"), (now, before) => {
  nativeTheme.themeSource = now.theme;
  attention.heed();
  pages.tellAll({ kind: "shell", shell: shell() });
  if (now.language !== before.language) speak();
  if (now.textSize === before.textSize) return;
  mainWindow?.webContents.setZoomFactor(now.textSize);
  promptWindow?.draw();
});
const textSize: TextSize = {
  get: () => preferences.all.textSize,
  set: (textSize) => preferences.change({ textSize }),
};
const attention = new AttentionKeeper(
  (now) => pages.tellAll({ kind: "attention", attention: now }),
  () => preferences.all,
);
const link = new HelperLink(defaultSocket, (update) => {
  tray?.take(update);
  example.take(update);
  if (update.kind === "monitor") pages.tell("main", update);
  else pages.tellAll(update);
});

const example = new LiveExample({
  link,
  socketPath: defaultSocket,
  note: "Picket’s live example. It goes by itself.",
  tell: (example) => pages.tell("main", { kind: "example", example }),
});

function shell(): Shell {
  const tray = trayShown;
  const { username } = userInfo();
  return {
    preferences: preferences.all,
    tray,
    startsWithSession,
    foreground,
    version: app.getVersion(),
    user: username,
  };
}

function showMain(): void {
  if (mainWindow) {
    if (mainWindow.isMinimized()) mainWindow.restore();
    mainWindow.show();
    mainWindow.focus();
    return;
  }
  const window = makeMainWindow(preload, textSize);
  mainWindow = window;
  restartWhenGone(window, "main");
  const seen = (seen: boolean) => () => pages.tell("main", { kind: "seen", seen });
  window.on("hide", seen(false));
  window.on("minimize", seen(false));
  window.on("show", seen(true));
  window.on("restore", seen(true));
  window.on("close", (event) => {
    // In the tray it is found again. Without one it must not vanish before the person knows where it goes.
    if (quitting || foreground || trayShown || !pages.isThere("main")) return;
    const { closing } = preferences.all;
    if (closing === "close") return;
    event.preventDefault();
    if (closing === "minimise") window.minimize();
    else pages.tell("main", { kind: "closing" });
  });
  window.on("closed", () => {
    mainWindow = undefined;
    leave("main");
    if (foreground) app.quit();
    else giveBackSoon();
  });
}

/** The person asked for the questions: those put aside come back, and the card may take the focus. */
function showPrompts(): void {
  if (promptWindow) pages.tell("prompt", { kind: "take-up", nth: promptWindow.raise() });
}

function showView(view: "monitor" | "history" | "inbox" | "settings"): void {
  showMain();
  pages.tellSurely("main", { kind: "view", view });
}

async function actForTray(act: TrayAct): Promise<void> {
  if (act.do === "open") return showView(act.view);
  if (act.do === "questions") return showPrompts();
  if (act.do === "quit") return app.quit();
  const wish = wishOf(act);
  const outcome = narrows(act) ? await link.call(wish.method, wish.params) : null;
  tray?.refresh();
  if (outcome === null) {
    showMain();
    return pages.tellSurely("main", { kind: "wish", wish });
  }
  if (outcome.ok) return;
  showMain();
  pages.tellSurely("main", { kind: "refused", code: outcome.code });
}

/** What the main window's page asks. False: it is none of its own. */
function serveMain(request: ShellRequest): boolean {
  if (request.do === "prefer") preferences.change(request.change);
  else if (request.do === "example") {
    if (request.on) void example.start();
    else example.stop();
  } else if (request.do !== "leave") return false;
  else if (request.how === "quit") app.quit();
  else if (request.how === "minimise") mainWindow?.minimize();
  else mainWindow?.destroy();
  return true;
}

/** From now on in the language that was chosen: what is made once is made anew. Questions stay open at the helper, and come back with their page. */
function speak(): void {
  choose(preferences.all.language);
  tray?.refresh();
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
  if (page === "main" && serveMain(request)) return;
  if (request.do === "open-prompt") showPrompts();
  else if (request.do === "snooze") attention.snooze(request.app, request.minutes);
  else if (request.do === "wake") attention.wake(request.app);
  else if (page !== "prompt") return;
  else if (request.do === "open-inbox") showView("inbox");
  else if (request.do === "close-prompt") promptWindow?.close();
  else if (request.do === "announce") {
    // Of a card that takes the place of another in an open window nobody needs to be told.
    if (promptWindow?.window.isVisible()) herald.withdraw();
    else herald.announce(request);
  } else if (request.do === "fit-prompt") {
    promptWindow?.fit(request);
    if (promptWindow?.window.isVisible()) herald.withdraw();
  }
}

/** Nobody is at the page any more: what it watched costs the helper nothing. */
function leave(page: "main" | "prompt"): void {
  pages.forget(page);
  if (page !== "main") return;
  example.stop();
  void link.call("monitor.leave", {});
}

/** A page that died must not leave the person without questions. */
function restartWhenGone(window: BrowserWindow, page: "main" | "prompt"): void {
  window.webContents.on("render-process-gone", () => {
    leave(page);
    if (!window.isDestroyed()) window.webContents.reload();
  });
}

function start(): void {
  if (background && !preferences.all.startWithSession) {
    app.quit();
    return;
  }
  nativeTheme.themeSource = preferences.all.theme;
  choose(preferences.all.language);
  serveAssets(session.defaultSession, join(__dirname, "renderer"));
  hardenSession(session.defaultSession);
  const way = wayOf(app.commandLine.getSwitchValue("ozone-platform"), process.versions.electron, process.env);
  const herald = new Herald(way, process.env, {
    show: showPrompts,
    later: () => promptWindow?.close(),
    unheard: () => {
      promptWindow?.draw();
      if (promptWindow?.window.isVisible()) herald.withdraw();
    },
  });
  pages.serve(
    link,
    (page, request) => serveShell(page, request, herald),
    (window, asked) => saveHistory(link, window, asked),
  );
  promptWindow = new PromptWindow(preload, textSize, {
    putAside: () => pages.tell("prompt", { kind: "put-aside" }),
    shown: () => pages.tell("prompt", { kind: "shown" }),
    focused: () => pages.tell("prompt", { kind: "focused" }),
    mayRaise: () => !herald.announces,
  });
  const quiet = watchQuiet(process.env, (facts) => attention.become(facts));
  tray = new TrayIcon(
    (act) => void actForTray(act),
    showMain,
    () => shellText().tray,
  );
  // Also where nobody says that it shows any: older trays do not say so.
  let placed = false;
  const host = new TrayHost(process.env, (there) => {
    if (placed && there === trayShown) return;
    if (there || !placed) tray?.place();
    placed = true;
    trayShown = there;
    pages.tellAll({ kind: "shell", shell: shell() });
  });
  app.on("will-quit", () => {
    quiet.close();
    host.close();
    herald.close();
    attention.close();
  });
  restartWhenGone(promptWindow.window, "prompt");
  // At the start of a session: there when something asks, and otherwise in the tray. Whoever does not know Picket yet would not find it there.
  if (!background || !preferences.all.introduced) showMain();
  else giveBackSoon();
  void link.run();
}

saveMemory(app);
declareScheme();
Menu.setApplicationMenu(null);
hardenContents(app);
if (app.requestSingleInstanceLock()) {
  app.on("second-instance", showMain);
  // Closing the main window leaves the prompt on watch; the tray, or a second start, brings it back. `npm start`, which sets
  // PICKET_FOREGROUND, ends with its window.
  app.on("window-all-closed", () => {});
  app.on("before-quit", () => {
    quitting = true;
    promptWindow?.leave();
    link.end();
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => app.quit());
  void app.whenReady().then(start);
} else {
  app.quit();
}
