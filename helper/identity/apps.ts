// Names the app behind a process the kernel reported. What is not certain is a path marked unverified, never a guess.
import { readFileSync, readlinkSync } from "node:fs";
import { stat, statfs } from "node:fs/promises";
import type { App } from "../../contract/words.ts";
import { type DesktopEntry, isRootsOwn, packageEntry, readDesktopEntries } from "./desktop-entries.ts";
import { findPackagedFile, packageOf } from "./packages.ts";

/** What the kernel reported of the caller; the shape of struct process in bpf/picket.h. */
export interface ReportedProcess {
  readonly exe: {
    readonly inode: bigint;
    readonly ctime_seconds: bigint;
    readonly ctime_nanoseconds: number;
    /** The kernel's encoding: major << 20 | minor. */
    readonly device: number;
  };
  /** CLOCK_BOOTTIME nanoseconds. */
  readonly start: bigint;
  readonly pid: number;
  readonly command: Buffer;
}

/**
 * `certain`: the path is the very file the kernel saw. `lasting`: and its (device, inode) will mean nothing else later, so the
 * executable may be remembered by it; a device number without a disk behind it (FUSE, NFS, tmpfs) is given again after an unmount.
 */
export interface Identified {
  readonly app: App;
  readonly certain: boolean;
  readonly lasting: boolean;
}

/** /proc/PID/stat counts in USER_HZ, 100 on every Linux that runs Node. */
const nanosecondsPerTick = 10_000_000n;
/** How long a file system may take to answer about an executable. A hung FUSE mount never answers. */
const statTimeout = 1000;
const entriesLifetime = 30_000;

/** Control, bidirectional and line-breaking characters would let a file name lie about itself on screen. */
export function displayable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** An app nobody can be sure of. Its path is in brackets, which no path is: no rule speaks of it and none is made. */
function uncertain(name: string, path = `[${name}]`): Identified {
  return { app: { name: displayable(name), path, verified: false, icon: null }, certain: false, lasting: false };
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the command before it may contain anything, even ")". */
function startTicks(pid: number): bigint {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  return BigInt(text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "-1");
}

async function timely<T>(work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), statTimeout);
  });
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** From stat's encoding of a device number (glibc's makedev) to the kernel's (MKDEV, 20 bits of minor). */
function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number(((major << 20n) | minor) & 0xffffffffn);
}

const overlayfs = 0x794c7630;
const btrfs = 0x9123683e;

async function onSharedDevice(path: Buffer): Promise<boolean> {
  const found = await timely(statfs(path));
  return found !== null && (found.type === overlayfs || found.type === btrfs);
}

export class Apps {
  private readonly directories: readonly string[];
  private entries = new Map<string, DesktopEntry>();
  private entriesRead = Number.NEGATIVE_INFINITY;

  /** `directories`: where desktop entries are looked for. */
  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  /** Never rejects. The process may be gone, replaced, in another mount namespace or on a file system that hangs. */
  async identify(process: ReportedProcess): Promise<Identified> {
    const command = process.command.toString("utf8").split("\0")[0] ?? "";
    // A process chooses its command name itself: in brackets, or it could call itself Firefox.
    const gone = uncertain(`[${command}]`, `[${command}]`);
    let raw: Buffer;
    try {
      raw = readlinkSync(`/proc/${process.pid}/exe`, { encoding: "buffer" });
      if (startTicks(process.pid) !== process.start / nanosecondsPerTick) return gone;
    } catch {
      return gone;
    }
    const [seen, named] = await Promise.all([
      timely(stat(`/proc/${process.pid}/exe`, { bigint: true })),
      timely(stat(raw, { bigint: true })),
    ]);
    // The process may have executed something else since: only the file the kernel reported counts.
    const { inode, ctime_seconds, ctime_nanoseconds } = process.exe;
    const reported = ctime_seconds * 1_000_000_000n + BigInt(ctime_nanoseconds);
    if (seen === null || seen.ino !== inode || seen.ctimeNs !== reported) return gone;
    const path = raw.toString("utf8");
    if (!Buffer.from(path).equals(raw)) return uncertain(`${path} (a name that is not UTF-8)`);
    // The link is a path in the process's mount namespace. Here it must lead to the same file, or a bind mount fools us.
    if (path.endsWith(" (deleted)")) return uncertain(path);
    const here = named !== null && named.ino === seen.ino && named.dev === seen.dev;
    const file = here ? path : await timely(findPackagedFile(process.pid, path, seen));
    if (file === null) return uncertain(`${path} (inside a sandbox)`);
    // stat() shows another device than the kernel's inode only on these file systems; anywhere else it is another file.
    const shared = await onSharedDevice(Buffer.from(file));
    if (kernelDevice(seen.dev) !== process.exe.device && !shared) return gone;
    const packaged = packageOf(file);
    // Flatpaks that ship one file share its inode, and the loop device of a Snap that is gone is given to whoever mounts an image next.
    const lasting = packaged === null && (process.exe.device >>> 20 !== 0 || shared);
    return { app: this.describe(packaged?.path ?? file), certain: true, lasting };
  }

  /** The app at a path that is known to be true. */
  describe(path: string): App {
    const packaged = packageOf(path);
    const entry = packaged
      ? packageEntry(this.directories, packaged)
      : isRootsOwn(path)
        ? this.entryOf(path)
        : undefined;
    // The path is exact, for rules to match; whoever shows it strips it. The name is for showing.
    const name = displayable(entry?.name ?? path);
    const packaging = packaged ? { packaging: { kind: packaged.kind, id: packaged.id, proven: true } } : {};
    return { name, path, verified: entry !== undefined, icon: entry?.icon ?? null, ...packaging };
  }

  private entryOf(path: string): DesktopEntry | undefined {
    const now = performance.now();
    if (now - this.entriesRead > entriesLifetime) {
      this.entries = readDesktopEntries(this.directories);
      this.entriesRead = now;
    }
    return this.entries.get(path);
  }
}
