// Finds helpers that run and ends them, stopped or hung ones included.
import { readFileSync, readlinkSync } from "node:fs";
import { basename, dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { instanceOf, type Note, namesIn } from "./instances.ts";
import { stopUnit, systemdRuns } from "./systemctl.ts";

export type HelperProcess = { instance: string; pid: number; start: string };

/** How long SIGTERM may take before SIGKILL, and how long the kernel may take to bury the process. */
const termMs = 3_000;
const killMs = 10_000;

/** By the notes, and beside them by what a process holds: a helper whose note was lost still keeps its programs attached. */
export function findHelpers(notes: readonly Note[]): HelperProcess[] {
  const noted = notes.filter(isRunning).filter(({ pid }) => isNode(pid));
  const held = namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isNode(pid))
    .flatMap(helperByDescriptors);
  return [...new Map([...held, ...noted].map(({ instance, pid, start }) => [pid, { instance, pid, start }])).values()];
}

/** A Node process that holds BPF objects and a file in a folder whose instance name others of our traces carry. */
function helperByDescriptors(pid: number): HelperProcess[] {
  const targets = namesIn(`/proc/${pid}/fd`).map((name) => linkTarget(`/proc/${pid}/fd/${name}`));
  if (!targets.some((target) => /^anon_inode:\[?bpf[-_]/.test(target))) return [];
  const state = targets.find(
    (target) => /^(helper\.lock|.+\.(db|sqlite3?))$/.test(basename(target)) && target.startsWith("/"),
  );
  const start = startOf(pid);
  return state && start ? [{ instance: instanceOf(dirname(state)), pid, start }] : [];
}

/** Returns how it ended, or throws when it did not. */
export async function endHelper(helper: HelperProcess): Promise<"by SIGTERM" | "by SIGKILL" | "already"> {
  if (!isRunning(helper)) return "already";
  forbidRestart(helper.pid);
  // A stopped process would keep SIGTERM pending for ever; SIGKILL needs no SIGCONT.
  if (stateOf(helper.pid) !== "T" && stateOf(helper.pid) !== "t") {
    signal(helper.pid, "SIGTERM");
    if (await ended(helper, termMs)) return "by SIGTERM";
  }
  if (isRunning(helper)) signal(helper.pid, "SIGKILL");
  if (await ended(helper, killMs)) return "by SIGKILL";
  throw new Error(`helper ${helper.pid} (${helper.instance}) does not die`);
}

/** Where systemd keeps the helper alive, killing it would only restart it. Not waited for: a hung helper would hold us up. */
function forbidRestart(pid: number): void {
  const cgroup = /^0::.*\/(picket[^/]*\.service)$/m.exec(readOrEmpty(`/proc/${pid}/cgroup`));
  if (!cgroup?.[1] || !systemdRuns()) return;
  try {
    stopUnit(cgroup[1], 5_000, "--no-block");
  } catch {
    // it is killed all the same
  }
}

async function ended(helper: HelperProcess, withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs;
  while (isRunning(helper)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** A zombie has let go of everything: whether its parent ever collects it is not our business. */
function isRunning({ pid, start }: { pid: number; start: string }): boolean {
  return pid > 1 && startOf(pid) === start && stateOf(pid) !== "Z" && stateOf(pid) !== "X";
}

function isNode(pid: number): boolean {
  return /^node(js)?( \(deleted\))?$/.test(basename(linkTarget(`/proc/${pid}/exe`)));
}

function startOf(pid: number): string | undefined {
  return statFields(pid)[19]; // field 22 of stat, counted from the state (field 3)
}

function stateOf(pid: number): string | undefined {
  return statFields(pid)[0];
}

function statFields(pid: number): string[] {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat === "" ? [] : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
