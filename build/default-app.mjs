// Runs inside the registry's Electron as its default app: `electron [SWITCHES] FOLDER [ARG…]` loads the app in FOLDER.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { app } from "electron";

const at = process.argv.findIndex((word, index) => index > 0 && !word.startsWith("-"));
const given = process.argv[at];
if (at < 0 || given === undefined) {
  console.error("usage: electron FOLDER");
  app.exit(2);
} else {
  const folder = resolve(given);
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  process.defaultApp = true;
  if (manifest.productName || manifest.name) app.setName(manifest.productName ?? manifest.name);
  if (manifest.version) app.setVersion(manifest.version);
  // What Electron does with an app of its own (its lib/browser/init.ts): Chromium names its Wayland windows by it.
  if (manifest.desktopName) process.env.CHROME_DESKTOP = manifest.desktopName;
  app.setAppPath(folder);
  // Awaited at the top, so that `ready` waits until the app's own main has run: protocols must be registered before it.
  await import(pathToFileURL(join(folder, manifest.main ?? "index.js")).href);
}
