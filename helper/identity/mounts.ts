// Where the helper's mounts are, and which of them always answer.
import { readFileSync } from "node:fs";

export interface Mount {
  readonly point: string;
  readonly type: string;
  /** The kernel's number: major << 20 | minor. */
  readonly device: number;
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

/** The lines of /proc/PID/mountinfo (proc_pid_mountinfo(5)): spaces and the like are written in octal. */
export function parseMounts(text: string): Mount[] {
  return text
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const words = line.split(" ");
      const type = words[words.indexOf("-", 6) + 1] ?? "";
      const point = (words[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      );
      const [major = 0, minor = 0] = (words[2] ?? "").split(":").map(Number);
      return { point: Buffer.from(point, "latin1").toString("utf8"), type, device: major * 0x100000 + minor };
    });
}

/** The mount a path without links leads to: the last one made over any part of it. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts.findLast(({ point }) => point === "/" || path === point || path.startsWith(`${point}/`));
}

/** The helper's own. */
export function readMounts(): Mount[] {
  return parseMounts(readFileSync("/proc/self/mountinfo", "latin1"));
}
