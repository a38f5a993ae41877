// The cgroup2 tree: where it is, the instance's own part of it, and moving processes.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { StartError } from "../start-error.ts";

export const defaultState = "/var/lib/picket";

/** Where cgroup2 is mounted; /proc/mounts lists it on hybrid hierarchies too. */
export function cgroupRoot(mounts = readFileSync("/proc/mounts", "utf8")): string {
  for (const line of mounts.split("\n")) {
    const [, target, type] = line.split(" ");
    if (type === "cgroup2" && target) return target;
  }
  throw new Error("cgroup2 is not mounted");
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

/** The cgroup of an inode number, anywhere below the mount; null when it is gone. */
export function findCgroup(root: string, inode: string): string | null {
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const directory = join(root, entry.name);
    try {
      if (String(statSync(directory).ino) === inode) return directory;
      const found = findCgroup(directory, inode);
      if (found !== null) return found;
    } catch {
      // removed while we look
    }
  }
  return null;
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
