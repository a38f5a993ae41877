// Opens what certainly is on a file system of this machine's own kernel. Such a look never waits for another machine or for a program, so it
// needs no process of its own: to start one costs a helper that has much in memory some 10 ms.
import { readFileSync } from "node:fs";
import { close, O_DIRECTORY, O_PATH, open, openInMount, SystemError } from "../kernel/libc.ts";
import { isLocal, type Mount } from "./mounts.ts";

const ENOENT = 2;

/** The number of the mount that an open file is in. */
function mountIdOf(fd: number): number {
  return Number(/^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "latin1"))?.[1]);
}

/**
 * Does something with what the path leads to in its mount, opened with O_PATH. `mount`: of the path; nobody but root may change where its
 * own point leads. Null when nothing is there; undefined when the path may lead out of the mount, or nobody can tell.
 */
export function withNear<T>(path: string, mount: Mount, work: (fd: number) => T): T | null | undefined {
  if (!isLocal(mount)) return undefined;
  let root: number | undefined;
  let fd: number | undefined;
  try {
    root = open(mount.point, O_PATH | O_DIRECTORY);
    // Somebody may have mounted another over it meanwhile.
    if (mountIdOf(root) !== mount.id) return undefined;
    const prefix = mount.point === "/" ? 1 : mount.point.length + 1;
    fd = openInMount(root, path.slice(prefix) || ".", O_PATH);
    return work(fd);
  } catch (error) {
    return error instanceof SystemError && error.errno === ENOENT ? null : undefined;
  } finally {
    for (const each of [fd, root]) if (each !== undefined) close(each);
  }
}

/** The same with what a link below /proc leads to; null when that may not be on a file system that always answers. Throws when it is gone. */
export function withLocalLink<T>(link: string, mounts: readonly Mount[], work: (fd: number) => T): T | null {
  const fd = open(link, O_PATH);
  try {
    const id = mountIdOf(fd);
    return mounts.some((mount) => mount.id === id && isLocal(mount)) ? work(fd) : null;
  } finally {
    close(fd);
  }
}
