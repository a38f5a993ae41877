// Which package of the system owns a file, as dpkg's or rpm's database has it. Only for files that root alone could have put there: then
// an update is the package's, and a rule follows it.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Package } from "../../contract/words.ts";
import { isRootsOwn } from "./desktop-entries.ts";
import { readMounts } from "./mounts.ts";
import { onlyRootWrites } from "./packages.ts";
import { isSettled } from "./probe.ts";
import { Turns } from "./turns.ts";

/** How long a database may take to answer, milliseconds. */
const patience = 3000;
/** Files whose owner is remembered. */
const remembered = 4096;
const dpkgFolder = "/var/lib/dpkg";
const dpkgLists = `${dpkgFolder}/info`;
const rpmTool = "/usr/bin/rpm";
/** Where distributions keep rpm's database. */
const rpmFolders = ["/usr/lib/sysimage/rpm", "/var/lib/rpm"];
const filesOfRpm = (folder: string) =>
  ["rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db", "Packages"].map((file) => `${folder}/${file}`);
/** Folders that are links into /usr by now: packages may still list their files by the old name. */
const merged = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/** What a tool says; null when it fails or takes too long. */
function ask(command: string, args: readonly string[]): Promise<string | null> {
  const options = {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    timeout: patience,
    killSignal: "SIGKILL",
    maxBuffer: 1024 * 1024,
  } as const;
  return new Promise((resolve) => {
    // Not at the helper's own priority (helper.ts): it searches what is large.
    execFile("nice", ["-n", "10", command, ...args], options, (error, text) => resolve(error ? null : text));
  });
}

/** Files that one package has put away for another's. */
export interface Diversion {
  readonly from: string;
  readonly to: string;
  /** The package that did it; ":" for the administrator. */
  readonly by: string;
}

/** dpkg's file of diversions: three lines each. */
export function parseDiversions(text: string): Diversion[] {
  const lines = text.split("\n");
  return Array.from({ length: Math.floor(lines.length / 3) }, (_, at) => {
    const [from = "", to = "", by = ""] = lines.slice(at * 3, at * 3 + 3);
    return { from, to, by };
  });
}

/** The names that packages may list a file by, and which of the packages that list one really have it there. Pure. */
export function listedAs(
  path: string,
  links: readonly string[],
  diversions: readonly Diversion[],
): { names: string[]; owns(packageName: string): boolean } {
  const namesOf = (each: string) =>
    links.some((link) => each.startsWith(`/usr${link}/`)) ? [each, each.slice("/usr".length)] : [each];
  const own = namesOf(path);
  const away = diversions.find(({ to }) => own.includes(to));
  // Under its own name the diverting package has another file.
  if (away) return { names: namesOf(away.from), owns: (name) => name !== away.by };
  const taken = diversions.find(({ from }) => own.includes(from));
  return { names: own, owns: (name) => taken === undefined || taken.by === name };
}

function stamp(files: readonly string[]): string {
  return files.map((file) => statSync(file, { throwIfNoEntry: false, bigint: true })?.mtimeNs ?? 0n).join();
}

function linksToUsr(): string[] {
  return merged.filter((folder) => {
    try {
      return realpathSync(folder) === `/usr${folder}`;
    } catch {
      return false;
    }
  });
}

async function askDpkg(path: string): Promise<Package | null> {
  const diversions = existsSync(`${dpkgFolder}/diversions`) ? readFileSync(`${dpkgFolder}/diversions`, "utf8") : "";
  const { names, owns } = listedAs(path, linksToUsr(), parseDiversions(diversions));
  const patterns = names.flatMap((name) => ["-e", name]);
  const found = await ask("grep", ["-rlFx", "--include=*.list", ...patterns, "--", dpkgLists]);
  const listing = (found ?? "").split("\n").filter(Boolean);
  // A package of one of several architectures is NAME:ARCHITECTURE.
  const name = listing.map((file) => basename(file, ".list")).find((each) => owns(each.split(":")[0] ?? ""));
  if (name === undefined) return null;
  const [bare = name, architecture] = name.split(":");
  const status = await readFile(`${dpkgFolder}/status`);
  return { manager: "dpkg", name: bare, version: versionIn(status, bare, architecture) ?? "" };
}

/** The installed version of a package, in dpkg's file of all: paragraphs of "Field: value". Pure; the file has megabytes. */
export function versionIn(status: Buffer, name: string, architecture?: string): string | null {
  const title = `Package: ${name}\n`;
  for (let at = status.indexOf(title); at >= 0; at = status.indexOf(title, at + 1)) {
    if (at > 0 && status[at - 1] !== 0x0a) continue;
    const end = status.indexOf("\n\n", at);
    const paragraph = status.toString("utf8", at, end < 0 ? status.length : end);
    const field = (word: string) => new RegExp(`^${word}: (.*)$`, "m").exec(paragraph)?.[1];
    if (architecture === undefined || field("Architecture") === architecture) return field("Version") ?? null;
  }
  return null;
}

async function askRpm(database: string, path: string): Promise<Package | null> {
  const text = await ask(rpmTool, [
    "--dbpath",
    database,
    "-qf",
    "--queryformat",
    "%{NAME}\\t%{VERSION}-%{RELEASE}\\n",
    "--",
    path,
  ]);
  const [name, version] = text?.split("\n")[0]?.split("\t") ?? [];
  return name && version ? { manager: "rpm", name, version } : null;
}

export class PackageOwners {
  private readonly turns = new Turns(2);
  private readonly known = new Map<string, Promise<Package | null>>();
  private stamp = "";

  /** Null for a file that no package owns or that others than root may have changed, and where nobody can tell in time. Never rejects. */
  of(path: string): Promise<Package | null> {
    const now = stamp([
      dpkgLists,
      `${dpkgFolder}/status`,
      `${dpkgFolder}/diversions`,
      ...rpmFolders.flatMap(filesOfRpm),
    ]);
    if (now !== this.stamp) this.known.clear();
    this.stamp = now;
    const known = this.known.get(path);
    if (known) return known;
    const owner = this.turns.take(() => this.find(path)).catch(() => null);
    this.known.set(path, owner);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= remembered) break;
      this.known.delete(oldest);
    }
    return owner;
  }

  private async find(path: string): Promise<Package | null> {
    // A line break would be two names.
    if (path.includes("\n") || !isSettled(path, readMounts()) || !isRootsOwn(path)) return null;
    if (existsSync(dpkgLists) && onlyRootWrites(dpkgLists)) {
      const owner = await askDpkg(path);
      if (owner) return owner;
    }
    const rpm = rpmFolders.find(
      (folder) => filesOfRpm(folder).some((file) => existsSync(file)) && onlyRootWrites(folder),
    );
    return rpm !== undefined && onlyRootWrites(rpmTool) ? askRpm(rpm, path) : null;
  }
}
