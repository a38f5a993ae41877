// Proves that a file belongs to a Flatpak or Snap: it lies where only root unpacks them. A sandboxed process sees it under another path.
import { lstatSync } from "node:fs";
import { open, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { parseMounts, translate } from "./mounts.ts";
import type { Seen } from "./probe.ts";
import { type Packaged, packagedFile } from "./scope.ts";

/** A desktop's mount table has some 10 kB, a sandbox's less; a user may make a hundred thousand mounts. */
const largestTable = 256 * 1024;
/** File systems that are mounted many times are looked at in so many places. */
const mostPlaces = 16;

/** The package whose file that is, for a path in our mount namespace that leads there without links or through root's. */
export function packageOf(path: string): Packaged | null {
  const packaged = packagedFile(path);
  return packaged !== null && onlyRootWrites(path) ? packaged : null;
}

/**
 * Where the file that process `pid` runs as `path`, in a mount namespace of its own, is in ours; null unless it is a package's.
 * `file`: what the kernel reported. The mount table is the process's own and only says where to look.
 */
export async function findPackagedFile(pid: number, path: string, file: Seen): Promise<string | null> {
  const [theirs, ours] = await Promise.all([readTable(`/proc/${pid}/mountinfo`), readTable("/proc/self/mountinfo")]);
  for (const place of translate(path, parseMounts(theirs), parseMounts(ours)).slice(0, mostPlaces)) {
    if (packageOf(place) === null) continue;
    const found = await stat(place, { bigint: true }).catch(() => null);
    if (found === null || found.ino !== file.inode || found.dev !== file.device || found.ctimeNs !== file.changed)
      continue;
    if ((await realpath(place)) === place) return place;
  }
  return null;
}

/** A table that is too long is none. */
async function readTable(path: string): Promise<string> {
  const handle = await open(path);
  try {
    const text = Buffer.alloc(largestTable);
    let bytes = 0;
    while (bytes < largestTable) {
      const { bytesRead } = await handle.read(text, bytes, largestTable - bytes);
      if (bytesRead === 0) return text.toString("latin1", 0, bytes);
      bytes += bytesRead;
    }
    return "";
  } finally {
    await handle.close();
  }
}

/** Whether root alone could have put the file there. A link's own mode means nothing: its folder's does. */
export function onlyRootWrites(path: string): boolean {
  try {
    for (let at = path; ; at = dirname(at)) {
      const { uid, mode } = lstatSync(at);
      const isLink = (mode & 0o170000) === 0o120000;
      if (uid !== 0 || (!isLink && (mode & 0o022) !== 0)) return false;
      if (at === "/") return true;
    }
  } catch {
    return false;
  }
}
