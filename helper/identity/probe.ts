// Looks at files whose folders others may change. A file system in user space or on another machine may never answer, and a path can be
// turned into one at any moment: such a look is a process of its own, which may hang as long as it likes, unless the path is certain to stay
// in a mount that always answers (near.ts).
import { execFile } from "node:child_process";
import { type BigIntStats, fstatSync, lstatSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isLocal, type Mount, mountOf } from "./mounts.ts";
import { withNear } from "./near.ts";
import type { Step } from "./writers.ts";

/** What stat(2) says of a file, links followed. */
export interface Seen {
  readonly inode: bigint;
  /** In stat's own encoding. */
  readonly device: bigint;
  /** Nanoseconds since 1970. */
  readonly changed: bigint;
  readonly regular: boolean;
}

/** How long a look may take, milliseconds, in so many parts: see timely(). */
const patience = 3000;
const parts = 12;
/** How long nobody looks at a mount again where a look took too long. */
const avoidance = 30_000;

/** stat(1) in GNU's words: inode, device, change time with nanoseconds, mode in hex. */
const format = "%i %d %.9Z %f";
const typeMask = 0xf000;
const regularType = 0x8000;

/**
 * Null when it fails or takes too long. While this process is busy with something else nothing can come back, so that is no time of the
 * look's: of one such while, however long, one part counts.
 */
export async function timely<T>(work: Promise<T>, giveUp?: () => void): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    let left = parts;
    timer = setInterval(() => {
      if (--left > 0) return;
      giveUp?.();
      resolve(null);
    }, patience / parts);
  });
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    clearInterval(timer);
  }
}

/** Whether nobody but root can change where the path leads, and every file system on the way answers. */
export function isSettled(path: string, mounts: readonly Mount[]): boolean {
  const folders: string[] = [];
  for (let folder = dirname(path); folders.at(-1) !== folder; folder = dirname(folder)) folders.push(folder);
  const answers = (part: string) => {
    const mount = mountOf(part, mounts);
    return mount !== undefined && isLocal(mount);
  };
  // From the root down: a folder is looked at only when those above it cannot lead astray.
  return (
    answers(path) &&
    folders.reverse().every((folder) => {
      if (!answers(folder)) return false;
      try {
        const found = lstatSync(folder);
        return found.isDirectory() && found.uid === 0 && (found.mode & 0o022) === 0;
      } catch {
        return false;
      }
    })
  );
}

function seenIn({ ino, dev, ctimeNs, mode }: BigIntStats): Seen {
  return { inode: ino, device: dev, changed: ctimeNs, regular: (Number(mode) & typeMask) === regularType };
}

/** What is open. */
export function seenAt(fd: number): Seen {
  return seenIn(fstatSync(fd, { bigint: true }));
}

async function lookHere(path: string): Promise<Seen> {
  return seenIn(await stat(path, { bigint: true }));
}

/** Undefined where only a process of its own may look. */
function lookNear(path: string, mount: Mount, mounts: readonly Mount[]): Seen | null | undefined {
  if (!isSettled(mount.point, mounts)) return undefined;
  return withNear(path, mount, seenAt);
}

/** What becomes of a process of its own: it is gone (one that waits for a file system cannot always be killed), and it took too long. */
interface Fate {
  ended(): void;
  late?(): void;
}

/** What stat(1) says with these arguments; null when it fails or takes too long. */
function stat1(args: readonly string[], { ended, late }: Fate): Promise<string | null> {
  const told = Promise.withResolvers<string>();
  const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
  const child = execFile("stat", args, { cwd: "/", env }, (error, text) =>
    error ? told.reject(error) : told.resolve(text),
  );
  child.once("exit", ended);
  child.once("error", ended);
  return timely(told.promise, () => {
    child.kill("SIGKILL");
    late?.();
  });
}

async function lookApart(path: string, fate: Fate): Promise<Seen | null> {
  const text = await stat1(["--dereference", `--printf=${format}`, "--", path], fate);
  if (text === null) return null;
  const [inode = "", device = "", changed = "", mode = ""] = text.split(" ");
  const regular = (Number.parseInt(mode, 16) & typeMask) === regularType;
  return { inode: BigInt(inode), device: BigInt(device), changed: BigInt(changed.replace(".", "")), regular };
}

/** The owners and modes of the steps from the root to a file, links not followed. */
async function stepsApart(steps: readonly string[], fate: Fate): Promise<Step[] | null> {
  const text = await stat1(["--printf=%u %f\\n", "--", ...steps], fate);
  const lines = text?.split("\n").filter(Boolean);
  if (lines?.length !== steps.length) return null; // a step is missing
  return lines.map((line) => {
    const [uid = "", mode = ""] = line.split(" ");
    return { uid: Number(uid), mode: Number.parseInt(mode, 16) };
  });
}

/** Looks side by side, at most so many; the others wait. Those that take too long make room for others, within a bound. */
class Lane {
  private readonly most: number;
  private readonly mostStuck: number;
  private active = 0;
  private processes = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(most: number, mostStuck: number) {
    this.most = most;
    this.mostStuck = mostStuck;
  }

  /** Null also where too many looks never came back. */
  async take<T>(work: (ended: () => void) => Promise<T | null>): Promise<T | null> {
    if (this.active >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
    try {
      if (this.processes >= this.most + this.mostStuck) return null;
      this.processes++;
      let ended = false;
      const end = () => {
        if (!ended) this.processes--;
        ended = true;
      };
      return await work(end);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.active--;
    }
  }
}

/** Apart from one another: where the file system is this machine's own, only somebody who plays with links can make a look hang. */
const lanes = {
  local: new Lane(16, 64),
  remote: new Lane(4, 64),
  // What somebody's rules name is nothing that runs: nobody who connects waits behind it.
  rules: new Lane(4, 16),
};
/** Mounts and devices that did not answer, until when they are left alone; performance.now() milliseconds. */
const avoided = new Map<string, number>();

export interface LookHints {
  /** Known not to hang, or known that it may, wherever the path seems to be. */
  readonly safe?: boolean;
  /** What does not answer when this look hangs; else the path's mount. */
  readonly place?: string;
}

/** Null for a file that is not there, or that nobody could look at in time. */
export async function look(path: string, mounts: readonly Mount[], hints: LookHints = {}): Promise<Seen | null> {
  if (hints.safe ?? isSettled(path, mounts)) return timely(lookHere(path));
  const mount = mountOf(path, mounts);
  if (mount === undefined) return null;
  const near = lookNear(path, mount, mounts);
  if (near !== undefined) return near;
  if (isLocal(mount)) return lanes.local.take((ended) => lookApart(path, { ended }));
  return lookFar(path, hints.place ?? mount.point);
}

/** Where a look may hang. Nobody who waited for one that did looks there again. */
async function lookFar(path: string, place: string): Promise<Seen | null> {
  const isAvoided = () => performance.now() < (avoided.get(place) ?? 0);
  if (isAvoided()) return null;
  return lanes.remote.take(async (ended) => {
    if (isAvoided()) {
      ended();
      return null;
    }
    const late = () => avoided.set(place, performance.now() + avoidance);
    return lookApart(path, { ended, late });
  });
}

/** Every step from the root to the file; null where a file system on the way may hang, or a step is missing. */
export async function stepsTo(
  path: string,
  mounts: readonly Mount[],
  lane: "local" | "rules" = "local",
): Promise<Step[] | null> {
  const steps = [path];
  for (let at = path; at !== "/"; at = dirname(at)) steps.unshift(dirname(at));
  const answers = steps.every((step) => {
    const mount = mountOf(step, mounts);
    return mount !== undefined && isLocal(mount);
  });
  if (!answers) return null;
  if (!isSettled(path, mounts)) return lanes[lane].take((ended) => stepsApart(steps, { ended }));
  return steps.map((step) => {
    const { uid, mode } = lstatSync(step);
    return { uid, mode };
  });
}
