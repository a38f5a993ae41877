// Removes what outlives a helper: run cgroups with whoever is still in them, pins, notes and sockets. Each step says what it removed.
import { lstatSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupMount, type Note, namesIn, pinsFolder } from "./instances.ts";

/** A process that forks while it is moved needs another round; a cgroup whose last process just died is busy for a moment. */
const rounds = 100;
const roundMs = 20;

/** Unpins every program, link and map: with the helper dead, that detaches them. */
export function removePins(instance: string): string[] {
  const removed = removeTree(join(pinsFolder, instance));
  return removed > 0 ? [`removed ${removed} pins and folders: ${join(pinsFolder, instance)}`] : [];
}

/** Never follows a link: only what stands in the folder goes. */
function removeTree(path: string): number {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  if (!found.isDirectory()) {
    unlinkSync(path);
    return 1;
  }
  let removed = 0;
  for (const name of namesIn(path)) removed += removeTree(join(path, name));
  rmdirSync(path);
  return removed + 1;
}

/** Guarded processes live on, unguarded, one level up. The slices of systemd (`<instance>.slice`) are systemd's to remove. */
export async function removeCgroups(instance: string): Promise<string[]> {
  const mount = cgroupMount();
  if (!mount) return [];
  const top = join(mount, instance);
  const said: string[] = [];
  for (const cgroup of childrenFirst(top)) {
    const moved = await empty(cgroup, dirname(top));
    if (moved > 0) said.push(`moved ${moved} processes out of ${cgroup}`);
    await removeCgroup(cgroup);
    said.push(`removed cgroup ${cgroup}`);
  }
  return said;
}

function childrenFirst(cgroup: string): string[] {
  if (!isFolder(cgroup)) return [];
  const children = namesIn(cgroup).map((name) => join(cgroup, name));
  return [...children.filter(isFolder).flatMap(childrenFirst), cgroup];
}

async function empty(cgroup: string, into: string): Promise<number> {
  const moved = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const members = readFileSync(join(cgroup, "cgroup.procs"), "utf8").split("\n").filter(Boolean);
    if (members.length === 0) break;
    for (const pid of members) if (moveProcess(pid, into)) moved.add(pid);
    if (round > 0) await sleep(roundMs);
  }
  return moved.size;
}

/** False when the process ended meanwhile. "0" stands for a process outside our pid namespace, which cannot be named. */
function moveProcess(pid: string, into: string): boolean {
  try {
    if (pid === "0") return false;
    writeFileSync(join(into, "cgroup.procs"), pid);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

async function removeCgroup(cgroup: string): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      return rmdirSync(cgroup);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT") return;
      if (code !== "EBUSY" || round === rounds) throw error;
      await sleep(roundMs);
    }
  }
}

/** The note goes last: as long as it stands, `picket off` can be repeated. */
export function removeNote(note: Note): string[] {
  const said: string[] = [];
  if (note.socket.startsWith("/") && lstatSync(note.socket, { throwIfNoEntry: false })?.isSocket()) {
    unlinkSync(note.socket);
    said.push(`removed ${note.socket}`);
  }
  if (lstatSync(note.path, { throwIfNoEntry: false })) {
    unlinkSync(note.path);
    said.push(`removed ${note.path}`);
  }
  return said;
}

export function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
