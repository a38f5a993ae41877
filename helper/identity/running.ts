// Which processes of an app run. The links in /proc are read, not what they lead to: a file system that hangs stalls nobody.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { type AppPath, splitAppPath } from "../../contract/app-path.ts";
import type { ProcessId } from "../policy/lifetime.ts";
import { runs } from "./interpreters.ts";
import { resolveArgument } from "./launch.ts";
import { readMounts } from "./mounts.ts";
import { packageOf } from "./packages.ts";
import { isSettled } from "./probe.ts";
import { versionPattern } from "./versions.ts";

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

/** Those that execute the app's file, or what was there before an update replaced it; of a script's app, those that run the script. */
export function processesOf(app: string): ProcessId[] {
  const wanted = splitAppPath(app);
  const found: ProcessId[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      if (!executes(pid, wanted)) continue;
    } catch {
      continue; // a kernel thread, or gone
    }
    const start = startOf(pid);
    if (start !== null) found.push({ pid, start });
  }
  return found;
}

/** What a process says of itself, which is enough here: an app that lies to end up among another's only lets that one's rule live on. */
function executes(pid: number, { executable, script }: AppPath): boolean {
  const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  if (!isCalled(path, executable) && packageOf(path)?.path !== executable) return false;
  if (script === null) return true;
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const running = runs(executable, { words, complete: true }, true);
  const named = running.is === "script" ? resolveArgument(running.argument, readlinkSync(`/proc/${pid}/cwd`)) : null;
  if (named === null || isCalled(named, script)) return named !== null;
  return isSettled(named, readMounts()) && isCalled(realpathSync(named), script);
}

/** Whether rules call a file that, or the version of an app that it is. */
function isCalled(path: string, key: string): boolean {
  return path === key || versionPattern(path)?.pattern === key;
}
