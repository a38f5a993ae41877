// Completes package-lock.json: some registries carry only the Linux builds of a package, and npm then leaves the others' entries
// out, after which `npm ci` calls the lockfile out of step on every machine. The missing entries are known without asking.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.ts";

type Entry = {
  version?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string | string[];
  cpu?: string | string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
};
export type Lockfile = { packages: Record<string, Entry> };

const systems = ["android", "darwin", "freebsd", "openbsd", "netbsd", "sunos", "aix", "openharmony", "win32", "linux"];
const machines = ["arm64", "x64", "ia32", "arm", "riscv64", "s390x", "ppc64", "loong64", "mips64el", "wasm32"];

/** Names of optional packages that the lockfile's own packages ask for and that have no entry, with their exact version. */
export function missingEntries(lockfile: Lockfile): Map<string, { version: string; dev: boolean }> {
  const missing = new Map<string, { version: string; dev: boolean }>();
  for (const [from, entry] of Object.entries(lockfile.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (!resolves(lockfile, from, name)) missing.set(name, { version, dev: entry.dev === true });
    }
  }
  return missing;
}

/** Whether Node would find `name` from the package at `from`: beside it or in any node_modules above. */
function resolves(lockfile: Lockfile, from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/node_modules/")))) {
    if (lockfile.packages[`${at}${at ? "/" : ""}node_modules/${name}`]) return true;
    if (!at.includes("/node_modules/")) break;
  }
  return lockfile.packages[`node_modules/${name}`] !== undefined;
}

/** What a build's name says about where it runs; null when it does not say. */
export function platformOf(name: string): Pick<Entry, "os" | "cpu" | "libc"> | null {
  const words = name.split(/[/-]/);
  const os = systems.find((system) => words.includes(system));
  const cpu = machines.find((machine) => words.includes(machine));
  if (cpu === "wasm32") return { cpu: [cpu] };
  if (!os) return null;
  return {
    ...(cpu ? { cpu: [cpu] } : {}),
    ...(words.includes("musl") ? { libc: ["musl"] } : {}),
    os: [os],
  };
}

if (import.meta.main) {
  const path = join(root, "package-lock.json");
  const lockfile = JSON.parse(readFileSync(path, "utf8")) as Lockfile;
  const missing = missingEntries(lockfile);
  for (const [name, { version, dev }] of missing) {
    const platform = platformOf(name);
    if (!platform || !/^\d/.test(version)) throw new Error(`cannot tell what ${name}@${version} is for`);
    lockfile.packages[`node_modules/${name}`] = { version, ...(dev ? { dev } : {}), optional: true, ...platform };
  }
  const sorted = Object.entries(lockfile.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
  lockfile.packages = Object.fromEntries(sorted);
  writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`);
  console.log(`package-lock.json: ${missing.size} entries added.`);
}
