// A Debian package of the tree, by Debian's own dpkg-deb.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packagesFor } from "../debian-packages.ts";
import { electronRuntime } from "../electron.ts";
import { Stop } from "../privilege.ts";
import { manifest } from "./tree.ts";

const architectures: Record<string, string> = { x64: "amd64", arm64: "arm64" };
/** What it is built with and not run with. */
const buildOnly = new Set(["clang", "libbpf-dev", "linux-libc-dev", "unzip", "util-linux"]);
const scripts = ["postinst", "prerm", "postrm"];

/** Returns the path of the .deb in `out`. Throws Stop when dpkg-deb cannot be had. */
export function makeDeb(tree: string, out: string): string {
  const { name, version } = manifest();
  const architecture = architectures[process.arch] ?? process.arch;
  // A runtime that is past its end of life never makes a package that calls itself a release.
  const full = electronRuntime()?.source === "vendor" ? version : `${version}~dev`;
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  writeFileSync(join(tree, "DEBIAN/control"), control(name, full, architecture, kibibytes(tree)));
  writeFileSync(
    join(tree, "DEBIAN/conffiles"),
    "/etc/picket/helper.conf\n/etc/picket/journal.conf\n/etc/xdg/autostart/org.picket.Picket.desktop\n",
  );
  for (const script of scripts) {
    writeFileSync(join(tree, "DEBIAN", script), readFileSync(join(import.meta.dirname, "files", script)));
    chmodSync(join(tree, "DEBIAN", script), 0o755);
  }
  makeReadable(tree);
  const path = join(out, `${name}_${full}_${architecture}.deb`);
  const outcome = spawnSync("dpkg-deb", ["--root-owner-group", "-Zzstd", "--build", tree, path], { encoding: "utf8" });
  if (outcome.status !== 0) throw new Stop(`dpkg-deb failed: ${outcome.error?.message ?? outcome.stderr.trim()}`);
  return path;
}

function control(name: string, version: string, architecture: string, size: number): string {
  const depends = packagesFor("start")
    .map((one) => one.name)
    .filter((one) => !buildOnly.has(one))
    // Later Debians renamed the libraries whose time_t grew.
    .map((one) => (/^lib(gtk-3-0|asound2|atk-bridge2.0-0|atspi2.0-0|cups2)$/.test(one) ? `${one} | ${one}t64` : one));
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: The Picket founders <picket@localhost>
Section: net
Priority: optional
Installed-Size: ${size}
Depends: ${["libc6", "passwd", ...depends].join(", ")}
Recommends: policykit-1 | polkitd, xdg-utils
Description: desktop firewall that asks
 The first time an app talks to somewhere new, the connection is held in the
 kernel and a card asks; the answer becomes a rule, and from then on the kernel
 decides alone. Includes the window, the privileged helper with its own Node
 runtime, and the picket command.
`;
}

function kibibytes(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) sum += kibibytes(path);
    else if (entry.isFile()) sum += Math.ceil(statSync(path).size / 1024);
  }
  return sum;
}

/** A strict umask while building must not make an unreadable installation. */
function makeReadable(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) makeReadable(path);
    else if (entry.isFile())
      chmodSync(path, statSync(path).mode & 0o4111 ? (statSync(path).mode & 0o4000) | 0o755 : 0o644);
  }
}
