// The cgroup a test machine lives in: made on the host's cgroup2 tree, named after its owner, removed with everything in it.
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

let made = 0;

/** Makes a cgroup named after this process, so that a later run can tell whether its owner still lives. Returns its path. */
export function makeCgroup(): string {
  const path = join(cgroup2Mount(), `${prefix()}${process.pid}-${startTime(process.pid)}-${++made}`);
  mkdirSync(path);
  return path;
}

/** Kills what is left in the cgroup and removes it with its children; throws when that takes longer than thirty seconds. */
export async function removeCgroup(path: string): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      writeFileSync(join(path, "cgroup.kill"), "1");
      removeTree(path);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT" || code === "ENODEV") return;
      // EBUSY: its processes are dying.
      if (performance.now() > end) throw error;
      await sleep(10);
    }
  }
}

/** Removes the cgroups of earlier runs that were killed. Their processes died with them; only the empty folders stay. */
export async function sweepCgroups(): Promise<void> {
  const mount = cgroup2Mount();
  for (const name of readdirSync(mount)) {
    if (!name.startsWith(prefix())) continue;
    const [pid, start] = name.slice(prefix().length).split("-");
    if (startTime(Number(pid)) !== start) await removeCgroup(join(mount, name));
  }
}

/** Names the process id namespace too: the owner's number means nothing in another one. */
function prefix(): string {
  return `picket-machine-${readlinkSync("/proc/self/ns/pid").replace(/\D/g, "")}-`;
}

/** Clock ticks from boot to the process's start (proc(5), field 22), or null if there is no such process. */
function startTime(pid: number): string | null {
  try {
    // The command's name may contain blanks and brackets; the fields after it do not.
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

/** /sys/fs/cgroup, or on hybrid hosts a folder below it. */
function cgroup2Mount(): string {
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [left, right] = line.split(" - ");
    if (right?.startsWith("cgroup2 ")) return left!.split(" ")[4]!;
  }
  throw new Error("no cgroup2 file system is mounted");
}

function removeTree(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(join(path, entry.name));
  rmdirSync(path);
}
