// Who runs this, how to get to root, and as whom the window opens.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { dist, root } from "./paths.ts";

/** Something the person can mend; printed as it is, without a stack. */
export class Stop extends Error {}

/** Runs a task's main; a Stop becomes its sentence and exit code 1. */
export async function runTask(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Stop ? error.message : error);
    process.exitCode = 1;
  }
}

export const isRoot = process.geteuid?.() === 0;

/** The words that go before a command to run it as root, or null where there is no way. */
export function rootPrefix(): string[] | null {
  if (isRoot) return [];
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0) return ["sudo", "-n"];
  // A terminal can be asked for the password; a user whom sudo does not know is told so by sudo.
  if (process.stdin.isTTY && spawnSync("sudo", ["-V"], { stdio: "ignore" }).status === 0) return ["sudo"];
  return null;
}

export function whyNoRoot(): string {
  const sudo = spawnSync("sudo", ["-V"], { stdio: "ignore" }).status === 0;
  const user = `this is uid ${process.geteuid?.()}`;
  return sudo ? `${user}, and sudo would ask for a password without a terminal` : `${user}, and there is no sudo`;
}

export type User = { uid: number; gid: number; name: string; home: string };

/** The person behind a root shell: who called sudo or pkexec, or who logged in and called su. Null when it is root all the way. */
export function invokingUser(
  env: NodeJS.ProcessEnv = process.env,
  loginUid = readOr("/proc/self/loginuid"),
  passwd = readOr("/etc/passwd"),
): User | null {
  // 4294967295: no login, as in a container or a service.
  const told = [env.SUDO_UID, env.PKEXEC_UID, loginUid.trim()].filter((text) => text && /^\d+$/.test(text)).map(Number);
  const uid = told.find((number) => number !== 0 && number < 4_294_967_295);
  return uid === undefined ? null : userOf(uid, passwd);
}

export function userOf(uid: number, passwd = readOr("/etc/passwd")): User | null {
  for (const line of passwd.split("\n")) {
    const [name, , id, gid, , home] = line.split(":");
    if (name && home && Number(id) === uid) return { uid, gid: Number(gid), name, home };
  }
  return null;
}

function readOr(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** What root made in somebody's clone becomes theirs, so that their next build can replace it. */
export function giveBack(): void {
  const { uid, gid } = statSync(root);
  if (!isRoot || uid === 0) return;
  const folders = [dist, join(root, "node_modules")].filter((folder) => existsSync(folder));
  const words = [...folders, "-xdev", "-uid", "0", "-exec", "chown", "-h", `${uid}:${gid}`, "{}", "+"];
  spawnSync("find", words, { stdio: "ignore" });
}
