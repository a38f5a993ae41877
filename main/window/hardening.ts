// What no page of ours ever needs, refused for all of them: navigation, new windows, web views, permissions, downloads and the network.
import type { App, Session, WebPreferences } from "electron";
import { origin } from "./assets.ts";

/** The preferences every window is made with. */
export function safePreferences(preload: string): WebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    webSecurity: true,
    navigateOnDragDrop: false,
    spellcheck: false,
    enableWebSQL: false,
    devTools: process.env.PICKET_DEVTOOLS === "1",
  };
}

export function hardenContents(app: App): void {
  app.on("web-contents-created", (_, contents) => {
    contents.setWindowOpenHandler(() => ({ action: "deny" }));
    contents.on("will-navigate", (event) => event.preventDefault());
    contents.on("will-frame-navigate", (event) => event.preventDefault());
    contents.on("will-redirect", (event) => event.preventDefault());
    contents.on("will-attach-webview", (event) => event.preventDefault());
  });
}

export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on("will-download", (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, decide) => {
    const own = details.url.startsWith(`${origin}/`) || details.url.startsWith("devtools://");
    decide({ cancel: !own });
  });
}
