// The installed file system below one folder: what every package format is made of.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { dist, root } from "../paths.ts";
import { Stop } from "../privilege.ts";
import { completions } from "./completions.ts";
import { manPages } from "./man.ts";
import type { Release } from "./release.ts";

/** Where everything of ours lives, but what the system wants elsewhere. */
export const home = "usr/lib/picket";
const files = join(import.meta.dirname, "files");

/** Sources that run as they are (decision 0006). */
const rooms = ["contract", "helper", "main/cli", "main/client", "main/import", "main/window/desktop/bus.ts"];

/** Of `files`, and where they go. */
export const systemFiles: Record<string, string> = {
  "picket-helper.service": "usr/lib/systemd/system/picket-helper.service",
  "helper.conf": "etc/picket/helper.conf",
  "journal.conf": "etc/picket/journal.conf",
  "org.picket.policy": "usr/share/polkit-1/actions/org.picket.policy",
  "org.picket.Picket.desktop": "usr/share/applications/org.picket.Picket.desktop",
  "autostart.desktop": "etc/xdg/autostart/org.picket.Picket.desktop",
  "org.picket.Picket.metainfo.xml": "usr/share/metainfo/org.picket.Picket.metainfo.xml",
  "set-up": `${home}/set-up`,
  "icon.svg": "usr/share/icons/hicolor/scalable/apps/org.picket.Picket.svg",
};

/**
 * Of docs/, and where they go: help and manual name them. Not below /usr/share/doc, which systems leave out of packages when they are to be
 * small.
 */
export const documents: Record<string, string> = {
  "journal.md": "usr/share/picket/journal.md",
  "journal.schema.json": "usr/share/picket/journal.schema.json",
  "rules.schema.json": "usr/share/picket/rules.schema.json",
};

/** Of npm packages: sources that were compiled, types, commands, and what runs on other systems only. */
const foreign = new RegExp(
  [
    "/better-sqlite3/(src|deps)(/|$)",
    "/node-addon-api(/|$)",
    "/node_modules/(@[^/]+/)?[^/]+/bin(/|$)",
    "/koffi/(cnoke|src/koffi/src/trampolines)\\.cjs$",
    "\\.(cc|hh|inc|def|S|asm)$",
    `/prebuilds/(?!linux-${process.arch}\\.node$)[^/]+$`,
    "/musl_[^/]+(/|$)",
    "\\.(d\\.[cm]?ts|map|gypi?|md)$",
    "/\\.(github|gitattributes|npmignore|editorconfig)(/|$)",
  ].join("|"),
);

/** `window`: the unpacked folder; it is moved into the tree. Returns the tree's own path. */
export function makeTree(tree: string, window: string, { name, version, license, time }: Release): string {
  const place = (path: string): string => {
    const full = join(tree, path);
    mkdirSync(dirname(full), { recursive: true });
    return full;
  };
  mkdirSync(join(tree, home), { recursive: true });
  renameSync(window, join(tree, home, "window"));
  for (const room of rooms) cpSync(join(root, room), place(join(home, room)), { recursive: true });
  cpSync(join(dist, "bpf/picket.bpf.o"), place(join(home, "dist/bpf/picket.bpf.o")));
  for (const name of runtimePackages())
    cpSync(join(root, name), place(join(home, name)), { recursive: true, filter: (path) => !foreign.test(path) });
  const node = join(root, `node_modules/node-linux-${process.arch}/bin/node`);
  cpSync(node, place(join(home, "node")));
  cpSync(join(root, `node_modules/node-linux-${process.arch}/LICENSE`), place(join(home, "LICENSE.node")));
  cpSync(join(root, "LICENSE"), place(join(home, "LICENSE")));
  writeFileSync(place(join(home, "package.json")), `${JSON.stringify({ name, version, license, type: "module" })}\n`);
  for (const [file, path] of Object.entries(systemFiles)) cpSync(join(files, file), place(path));
  for (const [file, path] of Object.entries(documents)) cpSync(join(root, "docs", file), place(path));
  writeFileSync(place("usr/bin/picket"), `#!/bin/sh\nexec /${home}/node /${home}/main/cli/picket.ts "$@"\n`);
  compileLauncher(place(join(home, "launcher")));
  symlinkSync("../lib/picket/launcher", place("usr/bin/picket-window"));
  for (const [path, text] of [...Object.entries(manPages(time)), ...Object.entries(completions())])
    writeFileSync(place(path), text);
  // A clone's own way to start the command line.
  rmSync(join(tree, home, "main/cli/picket"));
  setModes(tree);
  for (const path of ["usr/bin/picket", join(home, "node"), join(home, "set-up")]) chmodSync(join(tree, path), 0o755);
  return tree;
}

/** A strict umask while building must not make an unreadable installation, nor sources and libraries look like commands. */
function setModes(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) setModes(path);
    else if (entry.isFile()) {
      const { mode } = statSync(path);
      const runs = (mode & 0o111) !== 0 && !/\.(so(\.\d+)*|node|[cm]?[jt]s|json|md)$/i.test(entry.name);
      chmodSync(path, runs ? (mode & 0o4000) | 0o755 : 0o644);
    }
  }
}

/** The package's installation gives it its group and the set-group-ID bit. */
function compileLauncher(path: string): void {
  const source = join(import.meta.dirname, "launcher.c");
  // Clang is there already: the kernel programs are compiled with it.
  const hardened = ["-fPIE", "-pie", "-fstack-protector-strong", "-D_FORTIFY_SOURCE=2", "-Wl,-z,relro,-z,now"];
  const words = ["-O2", "-Wall", "-Werror", "-s", ...hardened, "-o", path, source];
  const outcome = spawnSync("clang", words, { encoding: "utf8" });
  if (outcome.status !== 0)
    throw new Stop(`The launcher was not compiled: ${outcome.error?.message ?? outcome.stderr.trim()}`);
}

type Locked = { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };

/** Folders of what the helper and the command line load: our dependencies and theirs, as the lock file places them. */
function runtimePackages(): string[] {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, Locked>;
  };
  const found = new Set<string>();
  const follow = (from: string, names: string[]): void => {
    for (const name of names) {
      const path = placeOf(name, from, lock.packages);
      // Optional ones are builds for other machines.
      if (path === undefined || found.has(path) || !existsSync(join(root, path))) continue;
      found.add(path);
      follow(path, namesIn(lock.packages[path] ?? {}));
    }
  };
  follow("", Object.keys(lock.packages[""]?.dependencies ?? {}));
  return [...found];
}

function namesIn(entry: Locked): string[] {
  return [...Object.keys(entry.dependencies ?? {}), ...Object.keys(entry.optionalDependencies ?? {})];
}

/** Node's own way: the nearest node_modules upwards. */
function placeOf(name: string, from: string, packages: Record<string, Locked>): string | undefined {
  for (let folder = from; ; folder = folder.replace(/\/?node_modules\/(?!.*node_modules\/).*$/, "")) {
    const path = join(folder, "node_modules", name);
    if (packages[path]) return path;
    if (folder === "") return undefined;
  }
}
