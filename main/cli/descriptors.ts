// Closes what our caller left open: a socket made outside the guard would keep its maker's freedom inside it.
import { closeSync, readdirSync, readFileSync } from "node:fs";

/** From <linux/fcntl.h>; fdinfo prints the flags in octal. */
const closeOnExec = 0o2000000;

/**
 * Closes every descriptor above 2 that the next exec would pass on. Node marks its own close-on-exec, and the inherited ones up to
 * about 15 (libuv stops at the first gap above that), so whatever is left unmarked came from outside.
 */
export function closeInheritedDescriptors(): void {
  for (const name of readdirSync("/proc/self/fd")) {
    const descriptor = Number(name);
    if (descriptor <= 2) continue;
    const flags = descriptorFlags(descriptor);
    if (flags !== undefined && (flags & closeOnExec) === 0) closeSync(descriptor);
  }
}

/** Undefined for the descriptor that listed the folder, which is gone by now. */
function descriptorFlags(descriptor: number): number | undefined {
  try {
    const found = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "latin1"));
    return found?.[1] === undefined ? undefined : Number.parseInt(found[1], 8);
  } catch {
    return undefined;
  }
}
