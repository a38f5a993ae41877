// Which processes of an app run. The links in /proc are read, not what they lead to: a file system that hangs stalls nobody.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { splitAppPath } from "../../contract/app-path.ts";
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
    return readStart(pid);
  } catch {
    return null;
  }
}

function readStart(pid: number): number | null {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1");
  const [state, ...rest] = fields.slice(fields.lastIndexOf(")") + 2).split(" ");
  // What is dead and not collected yet has quit (Z, X).
  return state === "Z" || state === "X" ? null : Number(rest[18]);
}

/** What cannot be looked at (too many open files) is not taken for ended. */
export function isRunning({ pid, start }: ProcessId): boolean {
  try {
    return readStart(pid) === start;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ESRCH";
  }
}

/**
 * For each of the apps those that execute its file, or what was there before an update replaced it; of a script's app, those that run the
 * script. One look at each process, however many apps are asked for.
 */
export function processesOf(apps: Iterable<string>): Map<string, ProcessId[]> {
  const found = new Map<string, ProcessId[]>();
  /** By executable, then by script: the app's name. */
  const wanted = new Map<string, Map<string | null, string>>();
  for (const app of apps) {
    const { executable, script } = splitAppPath(app);
    const scripts = wanted.get(executable) ?? new Map();
    wanted.set(executable, scripts.set(script, app));
    found.set(app, []);
  }
  for (const name of wanted.size === 0 ? [] : readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    try {
      const executed = appsOf(pid, wanted);
      const start = executed.length === 0 ? null : startOf(pid);
      if (start !== null) for (const app of executed) found.get(app)?.push({ pid, start });
    } catch {
      // a kernel thread, or gone
    }
  }
  return found;
}

/** What a process says of itself, which is enough here: an app that lies to end up among another's only lets that one's rule live on. */
function appsOf(pid: number, wanted: ReadonlyMap<string, ReadonlyMap<string | null, string>>): string[] {
  const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
  const executables = new Set([...namesOf(path), packageOf(path)?.path]);
  return [...executables].flatMap((executable) => {
    const scripts = executable === undefined ? undefined : wanted.get(executable);
    if (executable === undefined || scripts === undefined) return [];
    const program = scripts.get(null);
    const names = scripts.size > (program === undefined ? 0 : 1) ? scriptNames(pid, executable) : [];
    return [program, ...names.map((script) => scripts.get(script))].filter((app) => app !== undefined);
  });
}

/** What rules may call the script that a process of an interpreter runs. */
function scriptNames(pid: number, executable: string): string[] {
  const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const running = runs(executable, { words, complete: true }, true);
  const named = running.is === "script" ? resolveArgument(running.argument, readlinkSync(`/proc/${pid}/cwd`)) : null;
  if (named === null) return [];
  return [...new Set([...namesOf(named), ...namesOf(realPath(named))])];
}

function realPath(path: string): string {
  try {
    return isSettled(path, readMounts()) ? realpathSync(path) : path;
  } catch {
    return path; // it is gone, and known by its name still
  }
}

/** What rules may call a file: its path, or the version of an app that it is. */
function namesOf(path: string): string[] {
  const pattern = versionPattern(path)?.pattern;
  return pattern === undefined ? [path] : [path, pattern];
}
