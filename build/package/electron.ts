// The window, packed by electron-builder around the Electron that set-up put into place.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Arch, build, type Configuration, Platform } from "electron-builder";
import { appId } from "../../main/window/app-id.ts";
import { electronRuntime } from "../electron.ts";
import { dist } from "../paths.ts";
import { Stop } from "../privilege.ts";

export const executable = "picket-window";

/** The unpacked folder only: all packages are made of it by their systems' own tools, which electron-builder would download others for. */
function configuration(out: string, version: string): Configuration {
  return {
    appId,
    productName: "Picket",
    directories: { app: join(dist, "window"), output: out },
    electronDist: join(dist, "electron"),
    electronVersion: version,
    npmRebuild: false,
    // The bundles need no packages; without this electron-builder finds the clone's.
    files: ["**/*", "!**/node_modules/**"],
    // Chromium's own texts, in the languages that ours are in.
    electronLanguages: ["en-US", "de"],
    // What an installed window can be talked into from outside, and code that is not in its archive, are switched off in the binary.
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
    },
    linux: { executableName: executable, category: "Network", synopsis: "A desktop firewall that asks" },
  };
}

/** The unpacked folder: Electron under our name, and our code in resources/app.asar. */
export async function packWindow(out: string): Promise<string> {
  const runtime = electronRuntime();
  if (!runtime) throw new Stop("There is no Electron to pack; npm run setup puts one into place.");
  await build({
    targets: Platform.LINUX.createTarget("dir", Arch[process.arch === "arm64" ? "arm64" : "x64"]),
    config: configuration(out, runtime.version),
    publish: "never",
  });
  const folder = join(out, process.arch === "arm64" ? "linux-arm64-unpacked" : "linux-unpacked");
  // Stands in for Electron's default app in development, and must not be found beside ours.
  rmSync(join(folder, "resources/app"), { recursive: true, force: true });
  // Chromium's sandbox helper is setuid where user namespaces are not to be had; the installed one belongs to root.
  chmodSync(join(folder, "chrome-sandbox"), 0o4755);
  return folder;
}
