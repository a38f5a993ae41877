// Guarded processes that can talk past every cgroup program, by AF_PACKET sockets: nothing can be done about them but to say so.
import { opendirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { Budget } from "../budget.ts";
import { descriptorsOf } from "../kernel/descriptors.ts";
import { readTable } from "../kernel/net-table.ts";
import { processesIn } from "./cgroups.ts";

/** So many cgroups, processes and descriptors are looked at whatever the clock says, and more as long as these milliseconds last. */
const alwaysLooked = 4096;
const longestSearch = 50;
/** One reading of the table of packet sockets has some 60 lines. */
const readingSteps = 64;

export interface Holders {
  /** "name (pid)" of each. */
  readonly holders: string[];
  /** Whether all could be looked at. */
  readonly whole: boolean;
}

/** Processes and cgroups end while they are read. */
function orNothing<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}

class Search {
  private readonly budget: Budget;
  private readonly namespaces = new Map<string, Set<string>>();
  private unread = false;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  get whole(): boolean {
    return this.budget.sufficed && !this.unread;
  }

  processesBelow(guard: string): string[] {
    const pids: string[] = [];
    const directories = [guard];
    for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
      try {
        for (const pid of processesIn(directory)) pids.push(pid);
        directories.push(...this.within(directory));
      } catch (error) {
        // Gone, or its path is longer than a path may be.
        if ((error as NodeJS.ErrnoException).code === "ENAMETOOLONG") this.unread = true;
      }
    }
    return pids;
  }

  private within(directory: string): string[] {
    const found: string[] = [];
    const folder = opendirSync(directory);
    try {
      for (let entry = folder.readSync(); entry !== null && this.budget.sufficed; entry = folder.readSync())
        if (entry.isDirectory() && this.budget.spend()) found.push(join(directory, entry.name));
    } finally {
      folder.closeSync();
    }
    return found;
  }

  /** Looks into descriptors only where a network namespace has such sockets at all. */
  holds(pid: string): boolean {
    if (!this.budget.spend()) return false;
    const [namespace] = orNothing(() => [readlinkSync(`/proc/${pid}/ns/net`)]);
    if (namespace === undefined) return false;
    const links =
      this.namespaces.get(namespace) ?? new Set(this.packetSockets(pid).map((inode) => `socket:[${inode}]`));
    this.namespaces.set(namespace, links);
    if (links.size === 0) return false;
    for (const { link } of descriptorsOf(pid, () => this.budget.spend())) if (links.has(link)) return true;
    return false;
  }

  /** Inodes of the packet sockets in the network namespace of a process: the last column of /proc/PID/net/packet. */
  private packetSockets(pid: string): string[] {
    const table = () => readTable(`/proc/${pid}/net/packet`, this.budget, readingSteps);
    const lines = orNothing(() => table().trim().split("\n").slice(1));
    return lines.map((line) => line.trim().split(/\s+/).at(-1) ?? "");
  }
}

export function packetSocketHolders(
  guards: readonly string[],
  budget = new Budget(alwaysLooked, longestSearch),
): Holders {
  const search = new Search(budget);
  const pids = new Set(guards.flatMap((guard) => search.processesBelow(guard)));
  const holders = [...pids]
    .filter((pid) => search.holds(pid))
    .map((pid) => `${orNothing(() => [readFileSync(`/proc/${pid}/comm`, "utf8").trim()])[0] ?? "?"} (${pid})`);
  return { holders, whole: search.whole };
}
