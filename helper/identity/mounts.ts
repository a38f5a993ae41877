// Mount tables as /proc/PID/mountinfo tells them (proc_pid_mountinfo(5)): which mounts always answer, and where one's file is in another.
import { readFileSync } from "node:fs";

export interface Mount {
  /** The kernel's number of the mount, which is given again after an unmount. */
  readonly id: number;
  readonly point: string;
  readonly type: string;
  /** The kernel's number: major << 20 | minor. */
  readonly device: number;
  /** The folder of the file system that is mounted. */
  readonly root: string;
}

/** File systems of this machine's own kernel: a look at them never waits for another machine or for a program. */
const local = new Set(
  "ext2 ext3 ext4 xfs btrfs f2fs bcachefs zfs overlay tmpfs ramfs squashfs erofs iso9660 vfat exfat ntfs3".split(" "),
);

/** stat() shows another device than the kernel's inode on these. */
const sharedDevices = new Set(["overlay", "btrfs"]);

export function isLocal({ type }: Mount): boolean {
  return local.has(type);
}

export function sharesDevices({ type }: Mount): boolean {
  return sharedDevices.has(type);
}

/** `text`: read as latin1, for paths need not be UTF-8. Lines that are none are left out. */
export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const words = line.split(" ");
    const [id, , numbers, root, point] = words;
    if (!numbers || !root || !point) return [];
    const [major = 0, minor = 0] = numbers.split(":").map(Number);
    const type = words[words.indexOf("-", 6) + 1] ?? "";
    return [{ id: Number(id), point: pathFrom(point), type, device: major * 0x100000 + minor, root: pathFrom(root) }];
  });
}

/** Blanks, line breaks and backslashes are octal escapes of bytes. */
function pathFrom(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** The mount a path without links leads to: the last one made over any part of it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts.findLast(({ point }) => path === point || below(point, path) !== null);
}

let last: { text: string; mounts: readonly Mount[] } = { text: "", mounts: [] };

/** The helper's own. Read anew each time; taken apart when it is another than the time before. */
export function readMounts(): readonly Mount[] {
  const text = readFileSync("/proc/self/mountinfo", "latin1");
  if (text !== last.text) last = { text, mounts: parseMounts(text) };
  return last.mounts;
}

/** What lies below `folder` in `path`, with its slash; null when it is not below. */
function below(folder: string, path: string): string | null {
  const prefix = folder === "/" ? "" : folder;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null;
}

/**
 * The paths at which `ours` has what `theirs` has at `path`, if at all. A process in a mount namespace that it made itself may have
 * written `theirs`: what it leads to is a guess until it was compared with the file.
 */
export function translate(path: string, theirs: readonly Mount[], ours: readonly Mount[]): string[] {
  const over = theirs.filter(({ point }) => below(point, path) !== null);
  // The deepest, and of several there the one mounted last.
  const mount = over.reduce<Mount | undefined>(
    (best, each) => (best === undefined || each.point.length >= best.point.length ? each : best),
    undefined,
  );
  if (mount === undefined) return [];
  const inside = `${mount.root === "/" ? "" : mount.root}${below(mount.point, path)}`;
  return ours.flatMap(({ device, root, point }) => {
    const rest = device === mount.device ? below(root, inside) : null;
    return rest === null ? [] : [`${point === "/" ? "" : point}${rest}`];
  });
}
