// What is in a file, read in a process of its own: it may hang, be endless or turn into another file at any moment.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, read as readFd, readlinkSync } from "node:fs";
import { promisify } from "node:util";
import { isLocal, mountOf, readMounts } from "./mounts.ts";
import { withLocalLink, withNear } from "./near.ts";
import { isSettled } from "./probe.ts";
import { Turns } from "./turns.ts";

/**
 * As root: only ever /proc/PID/exe, which leads to what the kernel executed, or what nobody but root can change. Anything else as this user,
 * who could read it anyway: a path can be turned into a device at any moment.
 */
export interface Way {
  readonly path: string;
  readonly reader: "root" | { readonly uid: number; readonly gid: number };
}

/** A file that should be read, as it is known by now. */
export interface Readable {
  /** Tried one after the other: a process may be gone. */
  readonly ways: readonly Way[];
  readonly inode: bigint;
  /** Change time, nanoseconds since 1970. */
  readonly changed: bigint;
  /** Whether its file system always answers. */
  readonly local: boolean;
}

/** Larger files are not read, bytes. */
export const largestFile = 1024 ** 3;
/** What a process executes is read here up to this size, bytes, if it never hangs: a process for each would cost far more. */
const smallFile = 1024 ** 2;
/** How long reading may take, milliseconds: while somebody waits for it, and while nobody does. */
const patience = { urgent: 20_000, leisurely: 60_000 };
/** A file may change twice within one tick of the kernel's clock, and only its first change shows. Milliseconds. */
const tick = 30;
/** Readers that never came back, because their file system did not. */
const mostStuck = 16;
/** Side by side; apart from one another: what hangs must not stop the others, nor what nobody waits for what somebody does. */
const turns = {
  local: { urgent: new Turns(2), leisurely: new Turns(1) },
  remote: { urgent: new Turns(2), leisurely: new Turns(1) },
};
let stuck = 0;
const readInto = promisify(readFd);

/** One open file for all that is asked: nothing can be put in its place in between. */
const script = `exec <"$1" || exit 1
stat --printf '%i %.9Z %f %s\\n' - && [ "$(stat --printf '%s' -)" -le ${largestFile} ] || exit 1
sha256sum - && stat --printf '%i %.9Z %f %s\\n' -`;

/** `urgent`: somebody waits for it. SHA-256 in hex; null when the file is another by now, is too large, or could not be read in time. */
export function digest(file: Readable, urgent = false): Promise<string | null> {
  return turns[file.local ? "local" : "remote"][urgent ? "urgent" : "leisurely"].take(async () => {
    const age = Date.now() - Number(file.changed / 1_000_000n);
    if (age < tick) await new Promise((resolve) => setTimeout(resolve, tick));
    for (const way of file.ways) {
      const sum = await digestHere(way, file).catch(() => null);
      if (sum !== null) return sum;
    }
    for (const way of file.ways) {
      if (stuck >= mostStuck) return null;
      const sum = digestIn(await read(way, urgent), file);
      if (sum !== null) return sum;
    }
    return null;
  });
}

/** The digest of a small file that a process executed; null where only a process of its own may read, or can tell. */
async function digestHere({ path }: Way, file: Readable): Promise<string | null> {
  // Where the kernel executed it, it is the very file whatever the way to it: its numbers are the same.
  if (!file.local || !file.ways.some((way) => isExecuted(way))) return null;
  const fd = openSmall(path, file);
  if (fd === null) return null;
  try {
    const { size } = fstatSync(fd);
    const content = Buffer.alloc(size);
    const { bytesRead } = await readInto(fd, content, 0, size, 0);
    return bytesRead === size && isSame(fd, file) ? createHash("sha256").update(content).digest("hex") : null;
  } finally {
    closeSync(fd);
  }
}

function isExecuted({ path, reader }: Way): boolean {
  return reader === "root" && /^\/proc\/\d+\/exe$/.test(path);
}

/** Null when it is another file by now, is large, or opening it might wait for somebody. */
function openSmall(path: string, file: Readable): number | null {
  const mounts = readMounts();
  const isLink = path.startsWith("/proc/");
  // To read the link asks nobody. The process may be gone, and its number be another's by now.
  const mount = mountOf(isLink ? readlinkSync(path) : path, mounts);
  if (mount === undefined || !isLocal(mount)) return null;
  // Somebody's lease would make it wait.
  const open = (fd: number) =>
    isSame(fd, file) && fstatSync(fd).size <= smallFile
      ? openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK)
      : null;
  if (!isLink) return isSettled(mount.point, mounts) ? (withNear(path, mount, open) ?? null) : null;
  return withLocalLink(path, mounts, open);
}

function isSame(fd: number, { inode, changed }: Readable): boolean {
  const seen = fstatSync(fd, { bigint: true });
  return seen.isFile() && seen.ino === inode && seen.ctimeNs === changed;
}

/** The digest in what the script said, if it was this very file before and after. */
function digestIn(text: string | null, file: Readable): string | null {
  const [before, sum, after] = (text ?? "").split("\n");
  const [inode, changed] = (before ?? "").split(" ");
  if (inode === undefined || changed === undefined || before !== after) return null;
  if (BigInt(inode) !== file.inode || BigInt(changed.replace(".", "")) !== file.changed) return null;
  return /^[0-9a-f]{64}/.exec(sum ?? "")?.[0] ?? null;
}

/** What the script says; null when it fails or takes too long. A process group of its own: what hangs is ended with all its parts. */
function read({ path, reader }: Way, urgent: boolean): Promise<string | null> {
  return new Promise((resolve) => {
    // Beside the helper's own priority (helper.ts): as everybody, or behind them.
    const child = spawn("nice", ["-n", urgent ? "10" : "20", "sh", "-c", script, "sh", path], {
      cwd: "/",
      env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      detached: true,
      ...(reader === "root" ? {} : reader),
    });
    let text = "";
    let ended = false;
    const late = setTimeout(
      () => {
        try {
          if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        } catch {
          // it ended just now
        }
        if (!ended) stuck++;
        if (!ended) child.once("exit", () => stuck--);
        resolve(null);
      },
      patience[urgent ? "urgent" : "leisurely"],
    );
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1").slice(0, 1024);
    });
    child.once("exit", () => {
      ended = true;
    });
    const end = (code: number | null) => {
      clearTimeout(late);
      resolve(code === 0 ? text : null);
    };
    child.once("close", end);
    child.once("error", () => end(null));
  });
}
