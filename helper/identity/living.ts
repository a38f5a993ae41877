// Processes that an earlier helper named one by one. Their numbers may mean other apps by now (another database), so they are gone at once.
// Who lives is to be named again at once too, not with its next connection: the helper may be dead by then.
import { readFileSync } from "node:fs";
import { disguise, type Launch, layouts, type ProcessRecord } from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import { isAlive } from "./reported.ts";

/** The first of the numbers after the name: the real one. */
function idIn(status: string, name: "Uid" | "Gid"): number {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)?.[1] ?? Number.NaN);
}

/** In place of a number: the helper was told of the process. */
export const unnumbered = Buffer.alloc(4);

/** Leaves of map `processes` those that live, without a number, and returns them. `learn` hears of how each was started. */
export function takeOver(
  processes: BpfMap,
  launchOf: (key: Buffer) => Launch | null,
  learn: (key: Buffer, launch: Launch) => void,
): ProcessRecord[] {
  const living: ProcessRecord[] = [];
  for (const key of processes.keys(layouts.process_key.size)) {
    const launch = launchOf(key);
    if (launch) learn(key, launch);
    const process = launch && livingProcess(key, launch);
    // They stay for whoever starts before they are named, as this helper is dead by then.
    if (process) processes.set(key, unnumbered);
    else processes.delete(key);
    if (process) living.push(process);
  }
  return living;
}

/**
 * As the kernel would report it now, by the file that it was started from. `key`: the kernel's, of map `processes`. Null for one that is
 * gone, or that lives where this helper sees other pids.
 */
function livingProcess(key: Buffer, launch: Launch): ProcessRecord | null {
  const { start, exec_id, kernel_pid } = layouts.process_key.read(key);
  const pid = kernel_pid;
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    const [uid, gid] = [idIn(status, "Uid"), idIn(status, "Gid")];
    const command = Buffer.from(readFileSync(`/proc/${pid}/comm`, "latin1").trimEnd().padEnd(16, "\0"), "latin1");
    // Asked last: all that was read is then its own.
    if (Number.isNaN(uid + gid) || !isAlive({ pid, start })) return null;
    const exe = launch.interpreted ? { ...launch.exe, disguised: disguise.script } : launch.exe;
    const empty = layouts.process.read(Buffer.alloc(layouts.process.size));
    return { ...empty, start, exec_id, kernel_pid, pid, uid, gid, command, exe };
  } catch {
    return null;
  }
}
