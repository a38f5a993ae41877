// The cgroup2 tree: where it is, the instance's own part of it, and moving processes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { StartError } from "../start-error.ts";

export const defaultState = "/var/lib/picket";

/**
 * Where cgroup2 is mounted: hybrid hosts have it beside version 1. A mount of a mere part of the tree will not do, for it does not hold
 * the paths of /proc/PID/cgroup.
 */
export function cgroupRoot(mounts = readFileSync("/proc/self/mountinfo", "utf8")): string {
  for (const line of mounts.split("\n")) {
    const [mount = "", fileSystem = ""] = line.split(" - ");
    const [, , , part, target] = mount.split(" ");
    // Blanks in a mount point are written as octal escapes.
    const unescaped = target?.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (fileSystem.startsWith("cgroup2 ") && part === "/" && unescaped) return unescaped;
  }
  throw new StartError("cgroup2 is not mounted");
}

/** Names pins, run cgroups and the run file of one state folder, so that several helpers can live side by side. */
export function instanceName(state: string): string {
  const real = realpathSync(state);
  if (real === defaultState) return "picket";
  return `picket-${createHash("sha256").update(real).digest("hex").slice(0, 8)}`;
}

/** A guard as the command line names it: a folder below the cgroup2 mount, or its absolute path. Throws for the root. */
export function guardDirectory(root: string, guard: string): string {
  let directory: string;
  try {
    directory = realpathSync(guard.startsWith(`${root}/`) ? guard : join(root, guard));
  } catch {
    throw new StartError(`there is no cgroup "${guard}" below ${root}`);
  }
  const below = relative(root, directory);
  if (below === "" || below.startsWith("..")) throw new StartError(`"${guard}" is not a cgroup below ${root}`);
  return directory;
}

export function processesIn(directory: string): string[] {
  return readFileSync(join(directory, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
}

export function moveProcess(pid: number | string, directory: string): void {
  writeFileSync(join(directory, "cgroup.procs"), String(pid));
}

/** The cgroup of a process, below the mount: the `0::` line of /proc/PID/cgroup. */
export function cgroupOf(pid: number): string {
  const line = readFileSync(`/proc/${pid}/cgroup`, "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("0::"));
  if (line === undefined) throw new Error(`process ${pid} is in no cgroup2`);
  return line.slice(3);
}

/** A process that forks while it is moved needs another round; a large one that was just killed dies slowly. */
const rounds = 150;
const roundPause = 20; // milliseconds

/** Removes a cgroup tree; what still runs in it moves to `refuge` first. Throws when it stays busy. */
export async function dissolve(directory: string, refuge: string): Promise<void> {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.isDirectory()) await dissolve(join(directory, entry.name), refuge);
  }
  for (let round = 1; ; round++) {
    try {
      for (const pid of processesIn(directory)) moveIfAlive(pid, refuge);
      rmdirSync(directory);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || round === rounds) throw error;
      await new Promise((resolve) => setTimeout(resolve, roundPause));
    }
  }
}

function moveIfAlive(pid: string, directory: string): void {
  try {
    moveProcess(pid, directory);
  } catch {
    // ended meanwhile, or it is about to
  }
}

export function makeCgroup(directory: string): void {
  mkdirSync(directory, { recursive: true });
}
