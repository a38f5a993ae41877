// What a process has open, one after another: it may have a million, and its forks share them.
import { type Dir, opendirSync, readlinkSync } from "node:fs";

/** A link of /proc/PID/fd and what it says. It is read, not followed: nobody waits for a file system. */
export interface Descriptor {
  readonly number: string;
  readonly link: string;
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null; // closed meanwhile
  }
}

/** `proceed`: asked before each. Nothing more of a process that is gone. */
export function* descriptorsOf(pid: number | string, proceed: () => boolean): Generator<Descriptor> {
  const path = `/proc/${pid}/fd`;
  let folder: Dir;
  try {
    folder = opendirSync(path);
  } catch {
    return;
  }
  try {
    for (let number = next(folder); number !== null && proceed(); number = next(folder)) {
      const link = linkOf(`${path}/${number}`);
      if (link !== null) yield { number, link };
    }
  } finally {
    folder.closeSync();
  }
}

function next(folder: Dir): string | null {
  try {
    return folder.readSync()?.name ?? null;
  } catch {
    return null;
  }
}
