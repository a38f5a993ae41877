// Removes what outlives a helper: run cgroups with whoever is still in them, pins, notes and sockets. Each step says what it removed.
import { lstatSync, readFileSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cgroupMount, type Note, namesIn, pinsFolder, sliceOf } from "./instances.ts";
import { stopUnit, systemdRuns } from "./systemctl.ts";

/** A process that forks while it is moved needs another round; a cgroup whose last process just died is busy for a moment. */
const rounds = 100;
const roundMs = 20;

/** How long systemd may take to stop an empty slice. It takes some 20 ms. */
const stopMs = 10_000;

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

/** Guarded processes live on, unguarded, one level up. */
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

/**
 * The same where systemd manages cgroups: a slice with a scope for every run. systemd kills what is in a slice that it stops, so all move
 * out first. A scope that is empty is systemd's to remove, and it does so while we look.
 */
export async function removeSlice(instance: string): Promise<string[]> {
  const mount = cgroupMount();
  if (!mount) return [];
  const slice = sliceOf(instance);
  const top = join(mount, slice);
  if (!isFolder(top)) return [];
  const said: string[] = [];
  for (const cgroup of childrenFirst(top)) {
    const moved = await empty(cgroup, mount);
    if (moved > 0) said.push(`moved ${moved} processes out of ${cgroup}`);
  }
  if (isPopulated(top)) throw new Error(`${top} does not get empty`);
  if (systemdRuns()) {
    stopUnit(slice, stopMs);
    said.push(`stopped ${slice}`);
  }
  // What systemd does not know of.
  for (const cgroup of childrenFirst(top)) {
    await removeCgroup(cgroup);
    said.push(`removed cgroup ${cgroup}`);
  }
  return said;
}

/** Speaks for the cgroups below, too. */
function isPopulated(cgroup: string): boolean {
  return /^populated 1$/m.test(readOrGone(join(cgroup, "cgroup.events")));
}

function childrenFirst(cgroup: string): string[] {
  if (!isFolder(cgroup)) return [];
  const children = namesIn(cgroup).map((name) => join(cgroup, name));
  return [...children.filter(isFolder).flatMap(childrenFirst), cgroup];
}

async function empty(cgroup: string, into: string): Promise<number> {
  const moved = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const members = readOrGone(join(cgroup, "cgroup.procs")).split("\n").filter(Boolean);
    if (members.length === 0) break;
    for (const pid of members) if (moveProcess(pid, into)) moved.add(pid);
    if (round > 0) await sleep(roundMs);
  }
  return moved.size;
}

/** Nothing, when the cgroup was removed before or while it was opened. */
function readOrGone(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENODEV") return "";
    throw error;
  }
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
