// What started a process, as /proc says at this moment: to be shown, never a reason for anything.
import { readFileSync, readlinkSync } from "node:fs";

/** As many ancestors as a person reads. */
const mostAncestors = 12;

export interface Kin {
  readonly pid: number;
  /** Its file, by the name that the process's own mounts have for it. */
  readonly path: string;
}

/** The process, its parent, and so on up to the first one; empty when it is gone. Links are read, files are not. */
export function lineageOf(pid: number): Kin[] {
  const found: Kin[] = [];
  for (
    let next: number | null = pid;
    next !== null && next > 0 && found.length < mostAncestors;
    next = parentOf(next)
  ) {
    try {
      found.push({ pid: next, path: readlinkSync(`/proc/${next}/exe`) });
    } catch {
      break; // gone, or a kernel thread
    }
  }
  return found;
}

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1] ?? 0);
  } catch {
    return null;
  }
}

/** What a uid is called in /etc/passwd (passwd(5)); null where it has no name there. `passwd`: the file's text. */
export function userName(uid: number, passwd = readPasswd()): string | null {
  for (const line of passwd.split("\n")) {
    const [name, , id] = line.split(":");
    if (name && id !== undefined && id !== "" && Number(id) === uid) return name;
  }
  return null;
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}
