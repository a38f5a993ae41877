// A process as the kernel reported it, and what of it can still be found.
import { readFileSync } from "node:fs";
import { type Mount, sharesDevices } from "./mounts.ts";
import type { Seen } from "./probe.ts";

/** What the kernel reported of the caller; the shape of struct process in bpf/picket.h. */
export interface ReportedProcess {
  readonly exe: {
    readonly inode: bigint;
    readonly ctime_seconds: bigint;
    readonly ctime_nanoseconds: number;
    /** The kernel's encoding: major << 20 | minor. */
    readonly device: number;
    /** One of `disguise`. */
    readonly disguised?: number;
  };
  /** CLOCK_BOOTTIME nanoseconds. */
  readonly start: bigint;
  readonly pid: number;
  readonly command: Buffer;
  readonly uid?: number;
  readonly gid?: number;
}

/** /proc/PID/stat counts in USER_HZ, 100 on every Linux that runs Node. */
const nanosecondsPerTick = 10_000_000n;
/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the command before it may contain anything, even ")". */
export function startTicks(pid: number): bigint {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  return BigInt(text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "-1");
}

/** From stat's encoding of a device number (glibc's makedev) to the kernel's (MKDEV, 20 bits of minor). */
function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number(((major << 20n) | minor) & 0xffffffffn);
}

/** Its change time, nanoseconds since 1970. */
export function changeOf(exe: Pick<ReportedProcess["exe"], "ctime_seconds" | "ctime_nanoseconds">): bigint {
  return exe.ctime_seconds * 1_000_000_000n + BigInt(exe.ctime_nanoseconds);
}

/** Whether the file at a path is the one the kernel reported, of a process that runs from there. */
export function isReported(seen: Seen, { exe }: Pick<ReportedProcess, "exe">, mount: Mount | undefined): boolean {
  if (seen.inode !== exe.inode || seen.changed !== changeOf(exe)) return false;
  return kernelDevice(seen.device) === exe.device || (mount !== undefined && sharesDevices(mount));
}

export const loopDevice = 7;

/**
 * Whether the executable's (device, inode) will mean nothing else later. Flatpaks that ship one file share its inode; a device without a
 * disk behind it, and a loop device, is given again to whoever mounts next.
 */
export function keepsItsDevice({ exe }: Pick<ReportedProcess, "exe">, mount: Mount | undefined): boolean {
  const major = exe.device >>> 20;
  return (major !== 0 && major !== loopDevice) || (mount !== undefined && sharesDevices(mount));
}

/** Whether the process is still the one that was reported. */
export function isAlive({ pid, start }: Pick<ReportedProcess, "pid" | "start">): boolean {
  try {
    return startTicks(pid) === start / nanosecondsPerTick;
  } catch {
    return false;
  }
}
