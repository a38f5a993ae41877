// From a cgroup's id, as the kernel programs report it, to its path. A cgroup's id is its folder's inode number, never given twice.
import { readlinkSync } from "node:fs";
import { close, O_DIRECTORY, O_RDONLY, open, openByKernfsId } from "./libc.ts";

/** Paths remembered; a busy desktop has some hundreds of cgroups at a time. */
const capacity = 4096;

export class CgroupPaths {
  private readonly root: string;
  private readonly mountFd: number;
  private readonly known = new Map<bigint, string>();

  /** `root`: the cgroup2 mount. */
  constructor(root: string) {
    this.root = root;
    this.mountFd = open(root, O_RDONLY | O_DIRECTORY);
  }

  close(): void {
    close(this.mountFd);
  }

  /** Below the mount, "/" for the mount itself; null when the cgroup is gone, outside of what is mounted here, or too deep for a path. */
  find(id: bigint): string | null {
    let fd: number;
    try {
      fd = openByKernfsId(this.mountFd, id, O_RDONLY | O_DIRECTORY);
    } catch {
      return null;
    }
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      if (path === this.root) return "/";
      // A folder that is removed while we look has " (deleted)" behind its name, which no cgroup of systemd's has.
      return path.startsWith(`${this.root}/`) && !path.endsWith(" (deleted)") ? path.slice(this.root.length) : null;
    } catch {
      return null; // longer than a path may be
    } finally {
      close(fd);
    }
  }

  /** The absolute path; null as find(). */
  directory(id: bigint): string | null {
    const path = this.find(id);
    return path === null ? null : this.root + path;
  }

  /** As find(), also for a cgroup that is gone by now but was met before: no other has its id and none is ever renamed. */
  recall(id: bigint): string | null {
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const path = this.find(id);
    if (path === null) return null;
    for (const oldest of this.known.keys()) {
      if (this.known.size < capacity) break;
      this.known.delete(oldest);
    }
    this.known.set(id, path);
    return path;
  }
}
