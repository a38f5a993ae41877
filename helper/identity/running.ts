// Which processes of an app run. The link in /proc is read, never what it leads to: a file system that hangs stalls nobody.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { ProcessId } from "../policy/lifetime.ts";

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the command before it may contain anything, even ")". Null: no such process. */
export function startOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...rest] = fields.slice(fields.lastIndexOf(")") + 2).split(" ");
    // What is dead and not collected yet has quit (Z, X).
    return state === "Z" || state === "X" ? null : Number(rest[18]);
  } catch {
    return null;
  }
}

export function isRunning({ pid, start }: ProcessId): boolean {
  return startOf(pid) === start;
}

/** Those that execute the file of that path, or what was there before an update replaced it. */
export function processesOf(path: string): ProcessId[] {
  const links = [path, `${path} (deleted)`];
  const found: ProcessId[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      if (!links.includes(readlinkSync(`/proc/${pid}/exe`))) continue;
    } catch {
      continue; // a kernel thread, or gone
    }
    const start = startOf(pid);
    if (start !== null) found.push({ pid, start });
  }
  return found;
}
