// Work in the network namespace of another process.
import { closeSync, openSync } from "node:fs";
import { enterNetworkNamespace } from "./libc.ts";

/** Runs `work`, which must not wait for anything, in the network namespace of a process. Undefined when the process is gone. */
export function inNetworkNamespaceOf<T>(pid: number, work: () => T): T | undefined {
  let theirs: number;
  try {
    theirs = openSync(`/proc/${pid}/ns/net`, "r");
  } catch {
    return undefined;
  }
  const own = openSync("/proc/self/ns/net", "r");
  try {
    enterNetworkNamespace(theirs);
    try {
      return work();
    } finally {
      enterNetworkNamespace(own);
    }
  } finally {
    closeSync(theirs);
    closeSync(own);
  }
}
