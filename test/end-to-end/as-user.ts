// Clients and programs of other users than root.
import { chmodSync } from "node:fs";
import { HelperClient } from "../../main/client/client.ts";
import type { TestHelper } from "./helper-process.ts";

/** A client whose credentials, as the kernel sees them, are the user's. One at a time: it is this process that changes for a moment. */
export async function connectAs(uid: number, helper: TestHelper, gid = uid): Promise<HelperClient> {
  chmodSync(helper.directory, 0o755);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return await HelperClient.connect(helper.socket, `test of ${uid}`);
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** The command as the user would run it; `login`: who logged in, by the audit subsystem, for a process that has become somebody else. */
export function asUser(uid: number, command: readonly string[], login?: number): string[] {
  const became = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", ...command];
  return login === undefined
    ? became
    : ["sh", "-c", `echo ${login} >/proc/self/loginuid && exec "$@"`, "sh", ...became];
}
