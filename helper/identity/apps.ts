// Names the app behind a process the kernel reported. What is not certain is a path marked unverified, never a guess.
import { readFileSync, readlinkSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { appPathText, joinAppPath, splitAppPath } from "../../contract/app-path.ts";
import type { App } from "../../contract/words.ts";
import { disguise, type Launch } from "../kernel/layout.ts";
import { bootMoment } from "../kernel/libc.ts";
import { type DesktopEntry, isRootsOwn, packageEntry, readDesktopEntries } from "./desktop-entries.ts";
import { runs } from "./interpreters.ts";
import { argumentsOf, pathOf, resolveArgument } from "./launch.ts";
import { isLocal, type Mount, mountOf, readMounts, sharesDevices } from "./mounts.ts";
import { findPackagedFile, packageOf } from "./packages.ts";
import { isSettled, look, type Seen, timely } from "./probe.ts";

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
}

/**
 * `certain`: the path is the very file the kernel saw. `lasting`: and whoever runs it is that app, now and later, so the executable may be
 * remembered by its key. Not an interpreter: it is the app of its script. Not a file whose device number has no disk behind it (FUSE, NFS,
 * tmpfs): that is given again after an unmount.
 */
export interface Identified {
  readonly app: App;
  readonly certain: boolean;
  readonly lasting: boolean;
}

/** /proc/PID/stat counts in USER_HZ, 100 on every Linux that runs Node. */
const nanosecondsPerTick = 10_000_000n;
const entriesLifetime = 30_000;

/** Control, bidirectional and line-breaking characters would let a file name lie about itself on screen. */
export function displayable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** An app nobody can be sure of. Its path is in brackets, which no path is: no rule speaks of it and none is made. */
function uncertain(name: string, path = `[${name}]`): Identified {
  return {
    app: { name: displayable(name), path, verified: false, icon: null, via: null },
    certain: false,
    lasting: false,
  };
}

/** Field 22 of /proc/PID/stat (proc_pid_stat(5)); the command before it may contain anything, even ")". */
function startTicks(pid: number): bigint {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  return BigInt(text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "-1");
}

/** From stat's encoding of a device number (glibc's makedev) to the kernel's (MKDEV, 20 bits of minor). */
function kernelDevice(dev: bigint): number {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
  const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn);
  return Number(((major << 20n) | minor) & 0xffffffffn);
}

/** Whether the file at a path is the one the kernel reported, of a process that runs from there. */
function isReported(seen: Seen, { exe }: ReportedProcess, mount: Mount | undefined): boolean {
  const changed = exe.ctime_seconds * 1_000_000_000n + BigInt(exe.ctime_nanoseconds);
  if (seen.inode !== exe.inode || seen.changed !== changed) return false;
  return kernelDevice(seen.device) === exe.device || (mount !== undefined && sharesDevices(mount));
}

const loopDevice = 7;

/**
 * Whether the executable's (device, inode) will mean nothing else later. Flatpaks that ship one file share its inode; a device without a
 * disk behind it, and a loop device, is given again to whoever mounts next.
 */
function keepsItsDevice({ exe }: ReportedProcess, mount: Mount | undefined): boolean {
  const major = exe.device >>> 20;
  return (major !== 0 && major !== loopDevice) || (mount !== undefined && sharesDevices(mount));
}

/** A file that is certain, or what else can be said. */
type Found = { readonly path: string; readonly mount: Mount | undefined } | Identified;

export class Apps {
  private readonly directories: readonly string[];
  private readonly mountNamespace = statSync("/proc/self/ns/mnt").ino;
  private entries = new Map<string, DesktopEntry>();
  private entriesRead = Number.NEGATIVE_INFINITY;

  /** `directories`: where desktop entries are looked for. */
  constructor(directories: readonly string[]) {
    this.directories = directories;
  }

  /**
   * Never rejects. The process may be gone, replaced, in another mount namespace or on a file system that hangs. `launch`: how it was
   * started; null for a process older than the programs.
   */
  async identify(process: ReportedProcess, launch: Launch | null = null): Promise<Identified> {
    const mounts = readMounts();
    const found = await this.findFile(process, launch, mounts);
    if ("certain" in found) return found;
    const { path, mount } = found;
    const packaged = packageOf(path);
    const itself = {
      app: this.describe(packaged?.path ?? path),
      certain: true,
      lasting: packaged === null && keepsItsDevice(process, mount),
    };
    const nobody = { words: [], complete: false };
    const running = runs(path, launch === null ? nobody : argumentsOf(launch), launch?.interpreted === 1);
    if (running.is === "program") return itself;
    if (launch === null) return uncertain(`${path} (running since before Picket)`);
    if (running.is === "unclear") return uncertain(`${path} (${running.why})`);
    const script = await this.findScript(running.argument, launch, mounts);
    if (script === null) return uncertain(`${path} (with a script that cannot be found, or has changed)`);
    return { app: this.describe(joinAppPath({ executable: path, script })), certain: true, lasting: false };
  }

  private async findFile(process: ReportedProcess, launch: Launch | null, mounts: readonly Mount[]): Promise<Found> {
    const path = launch === null ? null : pathOf(launch.program);
    const disguised = process.exe.disguised ?? disguise.none;
    if (disguised === disguise.unrecorded)
      return uncertain(`${path ?? "a program"} (whose start could not be recorded)`);
    if (disguised !== disguise.none) return uncertain(`${path ?? "a program"} (which calls itself another program)`);
    if (launch === null || path === null) return this.findInProc(process, mounts);
    const mount = mountOf(path, mounts);
    const seen = await look(path, mounts);
    if (seen !== null && isReported(seen, process, mount)) return { path, mount };
    const living = await this.findInProc(process, mounts);
    if (!("certain" in living) || living.app.path.startsWith("[/")) return living;
    return uncertain(`${path} (${launch.mount_namespace === this.mountNamespace ? "changed" : "inside a sandbox"})`);
  }

  /** What /proc says of a process that still runs. */
  private async findInProc(process: ReportedProcess, mounts: readonly Mount[]): Promise<Found> {
    const command = process.command.toString("utf8").split("\0")[0] ?? "";
    // A process chooses its command name itself: in brackets, or it could call itself Firefox.
    const gone = uncertain(`[${command}]`, `[${command}]`);
    const link = `/proc/${process.pid}/exe`;
    let raw: Buffer;
    try {
      raw = readlinkSync(link, { encoding: "buffer" });
      if (startTicks(process.pid) !== process.start / nanosecondsPerTick) return gone;
    } catch {
      return gone;
    }
    const path = raw.toString("utf8");
    const utf8 = Buffer.from(path).equals(raw);
    const mount = mountOf(path, mounts);
    // The link leads to the file itself, wherever that is: it hangs only with the file system that has the file.
    const answers = mounts.some((candidate) => candidate.device === process.exe.device && isLocal(candidate));
    const [seen, named] = await Promise.all([
      look(link, mounts, { safe: answers, place: `${process.exe.device}` }),
      utf8 ? look(path, mounts) : null,
    ]);
    // The process may have executed something else since: only the file the kernel reported counts.
    const changed = process.exe.ctime_seconds * 1_000_000_000n + BigInt(process.exe.ctime_nanoseconds);
    if (seen === null || seen.inode !== process.exe.inode || seen.changed !== changed) return gone;
    if (!utf8) return uncertain(`${path} (a name that is not UTF-8)`);
    // The link is a path in the process's mount namespace. Here it must lead to the same file, or a bind mount fools us.
    if (path.endsWith(" (deleted)")) return uncertain(path);
    const here = named !== null && named.inode === seen.inode && named.device === seen.device;
    const file = here ? path : await timely(findPackagedFile(process.pid, path, seen));
    if (file === null) return uncertain(`${path} (inside a sandbox)`);
    const place = here ? mount : mountOf(file, mounts);
    return isReported(seen, process, place) ? { path: file, mount: place } : gone;
  }

  /** Null unless it is certain that an interpreter read this very file: there, a file, and as it was when the process began. */
  private async findScript(argument: string, launch: Launch, mounts: readonly Mount[]): Promise<string | null> {
    // Elsewhere the same path may be another file.
    if (launch.mount_namespace !== this.mountNamespace || launch.confined !== 0) return null;
    const directory = pathOf(launch.directory);
    const path = resolveArgument(argument, directory);
    if (path === null) return null;
    if (!argument.startsWith("/") && directory !== null) {
      const seen = await look(directory, mounts);
      if (seen?.inode !== launch.directory.inode) return null;
    }
    const settled = isSettled(path, mounts);
    const seen = await look(path, mounts, { safe: settled });
    if (seen?.regular !== true || seen.changed > bootMoment() + launch.time) return null;
    // Root's links are followed: a desktop entry or a rule speaks of the file itself.
    return settled ? timely(realpath(path)) : path;
  }

  /** The app at a path that is known to be true. */
  describe(path: string): App {
    const { executable, script } = splitAppPath(path);
    const file = script ?? executable;
    const packaged = packageOf(file);
    const entry = packaged ? packageEntry(this.directories, packaged) : this.entryOf(file);
    const roots = packaged !== null || isRootsOwn(file);
    const verified = entry !== undefined && roots && (script === null || isRootsOwn(executable));
    // The path is exact, for rules to match; whoever shows it strips it. The name is for showing.
    const name = displayable(verified ? entry.name : appPathText(path));
    const packaging = packaged ? { packaging: { kind: packaged.kind, id: packaged.id, proven: true } } : {};
    return { name, path, verified, icon: verified ? entry.icon : null, via: null, ...packaging };
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
