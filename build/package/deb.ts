// A Debian package of the tree, by Debian's own dpkg-deb.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Stop } from "../privilege.ts";
import { debianDepends } from "./depends.ts";
import { preinst } from "./preinst.ts";
import { description, maintainer, type Release } from "./release.ts";

const architectures: Record<string, string> = { x64: "amd64", arm64: "arm64" };
const scripts = ["postinst", "prerm", "postrm"];
const files = join(import.meta.dirname, "files");

/** Returns the path of the .deb in `out`. Throws Stop when dpkg-deb cannot be had. */
export function makeDeb(tree: string, out: string, made: Release): string {
  const architecture = architectures[process.arch] ?? process.arch;
  const own = join(tree, "DEBIAN");
  mkdirSync(own, { recursive: true });
  const documents = join(tree, "usr/share/doc/picket");
  mkdirSync(documents, { recursive: true });
  cpSync(join(files, "copyright"), join(documents, "copyright"));
  writeFileSync(join(documents, "changelog.gz"), gzipSync(changelog(made), { level: 9 }));
  mkdirSync(join(tree, "usr/share/lintian/overrides"), { recursive: true });
  cpSync(join(files, "lintian-overrides"), join(tree, "usr/share/lintian/overrides/picket"));
  writeFileSync(join(own, "control"), control(made, architecture, kibibytes(tree)));
  writeFileSync(
    join(own, "conffiles"),
    "/etc/picket/helper.conf\n/etc/picket/journal.conf\n/etc/xdg/autostart/org.picket.Picket.desktop\n",
  );
  for (const script of scripts) {
    writeFileSync(join(own, script), readFileSync(join(files, script)));
    chmodSync(join(own, script), 0o755);
  }
  writeFileSync(join(own, "preinst"), preinst());
  chmodSync(join(own, "preinst"), 0o755);
  const path = join(out, `${made.name}_${made.version}_${architecture}.deb`);
  const words = ["--root-owner-group", "-Zzstd", "--build", tree, path];
  const outcome = spawnSync("dpkg-deb", words, { encoding: "utf8", env: made.env });
  rmSync(own, { recursive: true });
  if (outcome.status !== 0) throw new Stop(`dpkg-deb failed: ${outcome.error?.message ?? outcome.stderr.trim()}`);
  return path;
}

function control({ name, version, summary }: Release, architecture: string, size: number): string {
  return `Package: ${name}
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Section: net
Priority: optional
Installed-Size: ${size}
Depends: ${debianDepends().join(", ")}
Recommends: polkitd, xdg-utils
Description: ${summary}
${description.replace(/^/gm, " ")}
`;
}

function changelog({ name, version, time }: Release): string {
  const date = new Date(time * 1000).toUTCString().replace("GMT", "+0000");
  return `${name} (${version}) unstable; urgency=medium\n\n  * Version ${version}.\n\n -- ${maintainer}  ${date}\n`;
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
