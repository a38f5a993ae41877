// The files that make an app, with what it takes to tell them from others and to read them.
import type { Readable, Way } from "./digest.ts";
import { isLocal, type Mount, mountOf } from "./mounts.ts";
import { withLocalLink } from "./near.ts";
import type { Place } from "./places.ts";
import { look, type Seen, seenAt } from "./probe.ts";
import { changeOf, keepsItsDevice, loopDevice, type ReportedProcess } from "./reported.ts";

/** One of the files that make an app. */
export interface SightedFile {
  readonly place: Place;
  readonly readable: Readable;
  readonly device: bigint;
  /** Whether its numbers will never mean another file. */
  readonly steady: boolean;
}

function isLocalPath(path: string, mounts: readonly Mount[]): boolean {
  const mount = mountOf(path, mounts);
  return mount !== undefined && isLocal(mount);
}

/**
 * The executable of a process, which has its link there by now. Where the link's words say that its file system answers, the file itself must be
 * in a mount that does: they are a path that another may be at here.
 */
export async function lookAtExecutable(pid: number, path: string, mounts: readonly Mount[]): Promise<Seen | null> {
  const link = `/proc/${pid}/exe`;
  try {
    const near = isLocalPath(path, mounts) ? withLocalLink(link, mounts, seenAt) : null;
    if (near !== null) return near;
  } catch {
    return null; // it ended
  }
  return look(link, mounts, { safe: false, place: mountOf(path, mounts)?.point ?? path });
}

const nobody = 65534;

/** Who may read what others can put something else in place of. */
function readerOf({ byRoot }: Place, { uid, gid }: ReportedProcess): Way["reader"] {
  if (byRoot) return "root";
  return uid === undefined || gid === undefined || uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid };
}

/** Whether a file that stat() saw keeps its numbers: its mount is this machine's own, and no image that somebody may exchange. */
function isSteady(path: string, { device }: Seen, mounts: readonly Mount[]): boolean {
  return isLocalPath(path, mounts) && ((device >> 8n) & 0xfffn) !== BigInt(loopDevice);
}

export function executableOf(process: ReportedProcess, place: Place, mount: Mount | undefined): SightedFile {
  const { exe, pid } = process;
  const ways: Way[] = [
    { path: `/proc/${pid}/exe`, reader: "root" },
    { path: place.path, reader: readerOf(place, process) },
  ];
  const changed = changeOf(exe);
  const local = mount !== undefined && isLocal(mount);
  const steady = keepsItsDevice(process, mount) || mount?.type === "tmpfs";
  return { place, steady, device: BigInt(exe.device), readable: { ways, inode: exe.inode, changed, local } };
}

function seenFile(place: Place, seen: Seen, ways: readonly Way[], mounts: readonly Mount[]): SightedFile {
  const local = isLocalPath(place.path, mounts);
  const readable = { ways, inode: seen.inode, changed: seen.changed, local };
  return { place, steady: isSteady(place.path, seen, mounts), device: seen.device, readable };
}

export function scriptOf(place: Place, seen: Seen, process: ReportedProcess, mounts: readonly Mount[]): SightedFile {
  return seenFile(place, seen, [{ path: place.path, reader: readerOf(place, process) }], mounts);
}

/** `server`: the process that executes the AppImage. */
export function imageOf(place: Place, seen: Seen, server: number, mounts: readonly Mount[]): SightedFile {
  return seenFile(place, seen, [{ path: `/proc/${server}/exe`, reader: "root" }], mounts);
}
