// Work in another network namespace, by way of a process that lives in it.
import { closeSync, openSync } from "node:fs";
import { close, enterNetworkNamespace, getOption, SO_NETNS_COOKIE, SOL_SOCKET, socket } from "./libc.ts";

const AF_INET = 2;
const SOCK_DGRAM = 2;

let own: number | undefined;

/**
 * Does `work` in the network namespace of the process and comes back. Undefined when the process is gone. Sockets made in `work` stay
 * in that namespace. `work` must not wait: the calling thread is the whole helper.
 */
export function inNamespaceOf<T>(pid: number, work: () => T): T | undefined {
  own ??= openSync("/proc/self/ns/net", "r");
  let theirs: number;
  try {
    theirs = openSync(`/proc/${pid}/ns/net`, "r");
  } catch {
    return undefined;
  }
  try {
    enterNetworkNamespace(theirs);
    try {
      return work();
    } finally {
      enterNetworkNamespace(own);
    }
  } finally {
    closeSync(theirs);
  }
}

/** What the kernel calls the network namespace of this process (Linux 5.14, SO_NETNS_COOKIE). */
export function ownNetworkCookie(): bigint {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  try {
    const cookie = Buffer.alloc(8);
    getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
    return cookie.readBigUInt64LE();
  } finally {
    close(fd);
  }
}
