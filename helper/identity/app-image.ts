// Proves that a program runs out of an AppImage. Its file system is served by the AppImage itself, a program in front of its own image:
// the kernel says which processes have the connection open, and each of them must execute the AppImage and read no other file. Then what
// comes over the connection is what the file has. What the environment says (APPIMAGE) is a user's own word, and a name of a mount too.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { descriptorsOf } from "../kernel/descriptors.ts";
import type { Mount } from "./mounts.ts";

/** What a process has open: a link of /proc/PID/fd with its fdinfo. */
export interface Open {
  readonly path: string;
  /** Of open(2), octal in fdinfo. */
  readonly flags: number;
  readonly inode: string;
  /** Number of the FUSE connection that it serves (Linux 6.17 and newer tell it). */
  readonly connection: number | null;
}

/** Who serves a connection. */
export interface Server {
  readonly pid: number;
  /** The path of its executable, as its link has it. */
  readonly executable: string;
}

/** How long is searched in one go before others have their turn, and how long they have it; milliseconds. */
const slice = 5;
/** How long a search may take in all: somebody's processes may have more open than anybody can look at. */
const longestSearch = 10_000;
/** More open files than these are no AppImage's. */
const mostFiles = 256;

export function isFuse({ type }: Mount): boolean {
  return type === "fuse" || type.startsWith("fuse.");
}

/** One fdinfo file (proc_pid_fdinfo(5)). */
export function parseOpen(path: string, text: string): Open {
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(text)?.[1];
  const connection = field("fuse_connection");
  return {
    path,
    flags: Number.parseInt(field("flags") ?? "0", 8),
    inode: field("ino") ?? "",
    connection: connection === undefined ? null : Number(connection),
  };
}

/**
 * Whether a process serves the connection from its own executable and nothing else: it has no other connection, which it could have been
 * handed by whoever started it, and of all files it only reads its executable. `inode`: the executable's. Pure.
 */
export function servesItself(files: readonly Open[], connection: number, executable: string, inode: string): boolean {
  const connections = files.filter((file) => file.connection !== null).map((file) => file.connection);
  const read = files.filter(
    ({ path, flags }) => path.startsWith("/") && !path.startsWith("/dev/") && (flags & 1) === 0,
  );
  return (
    connections.length > 0 &&
    connections.every((each) => each === connection) &&
    read.length > 0 &&
    read.every((file) => file.path === executable && file.inode === inode)
  );
}

/** None of a process that has more than an AppImage has: it may have a million. */
export function openFiles(pid: number): Open[] {
  let count = 0;
  const descriptors = [...descriptorsOf(pid, () => count++ < mostFiles)];
  if (count > mostFiles) return [];
  return descriptors.flatMap(({ number, link }) => {
    try {
      return [parseOpen(link, readFileSync(`/proc/${pid}/fdinfo/${number}`, "latin1"))];
    } catch {
      return []; // closed meanwhile
    }
  });
}

function servedBy(pid: number, number: string): number | null {
  try {
    return parseOpen("/dev/fuse", readFileSync(`/proc/${pid}/fdinfo/${number}`, "latin1")).connection;
  } catch {
    return null; // closed meanwhile
  }
}

/** All searches take turns: however many there are, half of the time is others'. */
let turn: Promise<unknown> = Promise.resolve();

/** The processes that have the connection open; null when there was no time to look at all of it. */
async function holdersOf(connection: number): Promise<number[] | null> {
  const deadline = performance.now() + longestSearch;
  let until = performance.now() + slice;
  const holders = new Set<number>();
  for (const pid of readdirSync("/proc").map(Number).filter(Number.isInteger)) {
    for (const { number, link } of descriptorsOf(pid, () => true)) {
      if (link === "/dev/fuse" && servedBy(pid, number) === connection) holders.add(pid);
      if (performance.now() < until) continue;
      turn = turn.then(() => setTimeout(slice));
      await turn;
      if (performance.now() >= deadline) return null;
      until = performance.now() + slice;
    }
  }
  return [...holders];
}

/**
 * The process that serves a connection out of its own executable; null where that cannot be proven. `inodeOf`: of the executable that a
 * process has, in decimal; null for one that nobody could look at.
 */
export async function findServer(
  connection: number,
  inodeOf: (pid: number) => Promise<bigint | null>,
): Promise<Server | null> {
  const holders = await holdersOf(connection);
  if (holders === null) return null;
  let server: Server | null = null;
  for (const pid of holders) {
    const inode = await inodeOf(pid);
    try {
      const executable = readlinkSync(`/proc/${pid}/exe`);
      if (inode === null || !servesItself(openFiles(pid), connection, executable, `${inode}`)) return null;
      // Several are one runtime's: the same file.
      if (server !== null && server.executable !== executable) return null;
      server = { pid, executable };
    } catch {
      return null;
    }
  }
  return server;
}
