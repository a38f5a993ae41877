// An AppImage of the same tree: a runtime that mounts what follows it, and a compressed file system, by mksquashfs.
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appId as id } from "../../main/window/app-id.ts";
import { Stop } from "../privilege.ts";
import type { Release } from "./release.ts";
import { home } from "./tree.ts";

const architecture = { x64: "x86_64", arm64: "aarch64" }[process.arch as string] ?? process.arch;

/** The file that PICKET_APPIMAGE_RUNTIME names, for no package registry has one. Throws Stop where there is none. */
export function appImageRuntime(): string {
  const runtime = process.env.PICKET_APPIMAGE_RUNTIME;
  if (runtime && existsSync(runtime)) return runtime;
  throw new Stop(
    `An AppImage begins with a small runtime that no package registry has${runtime ? ` (${runtime} is not there)` : ""}. ` +
      `Download runtime-${architecture} of the AppImage project's "type2-runtime" and name it:\n` +
      `  PICKET_APPIMAGE_RUNTIME=/path/to/runtime-${architecture} npm run package -- appimage`,
  );
}

/** Returns the path of the AppImage in `out`. Throws Stop where the runtime or mksquashfs is missing. */
export function makeAppImage(tree: string, out: string, made: Release): string {
  const runtime = appImageRuntime();
  const folder = join(out, "app-image");
  rmSync(folder, { recursive: true, force: true });
  cpSync(tree, folder, { recursive: true, verbatimSymlinks: true });
  dress(folder);
  const image = join(out, "app-image.squashfs");
  const words = [folder, image, "-root-owned", "-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-no-xattrs"];
  // It takes its times from SOURCE_DATE_EPOCH.
  const outcome = spawnSync("mksquashfs", words, {
    encoding: "utf8",
    env: made.env,
  });
  rmSync(folder, { recursive: true });
  if (outcome.error)
    throw new Stop(`An AppImage needs mksquashfs (Debian: apt install squashfs-tools): ${outcome.error.message}`);
  if (outcome.status !== 0) throw new Stop(`mksquashfs failed: ${outcome.stderr.trim()}`);
  const path = join(out, `Picket-${made.version}-${architecture}.AppImage`);
  copyFileSync(runtime, path);
  writeFileSync(path, readFileSync(image), { flag: "a" });
  rmSync(image);
  chmodSync(path, 0o755);
  return path;
}

/** What an AppImage has at its root; what only root's installation can use is taken out. */
function dress(folder: string): void {
  for (const path of [
    "etc",
    "usr/lib/systemd",
    "usr/share/polkit-1",
    "usr/share/lintian",
    "usr/bin",
    `${home}/launcher`,
  ])
    rmSync(join(folder, path), { recursive: true, force: true });
  const sandbox = join(folder, home, "window/chrome-sandbox");
  chmodSync(sandbox, statSync(sandbox).mode & 0o777);
  const entry = readFileSync(join(folder, `usr/share/applications/${id}.desktop`), "utf8");
  writeFileSync(join(folder, `${id}.desktop`), entry.replace(/^Exec=.*$/m, "Exec=AppRun"));
  copyFileSync(join(folder, `usr/share/icons/hicolor/scalable/apps/${id}.svg`), join(folder, `${id}.svg`));
  copyFileSync(join(folder, `${id}.svg`), join(folder, ".DirIcon"));
  copyFileSync(join(import.meta.dirname, "files/AppRun"), join(folder, "AppRun"));
  chmodSync(join(folder, "AppRun"), 0o755);
}
