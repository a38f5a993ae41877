// Work in another network namespace, by way of a process that lives in it.
import { closeSync, openSync } from "node:fs";
import { enterNetworkNamespace } from "./libc.ts";

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
