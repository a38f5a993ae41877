// Guarded processes that can talk past every cgroup program, by AF_PACKET sockets: nothing can be done about them but to say so.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { processesIn } from "./cgroups.ts";

function* processesBelow(directory: string): Generator<string> {
  yield* processesIn(directory);
  for (const entry of readdirSync(directory, { withFileTypes: true }))
    if (entry.isDirectory()) yield* processesBelow(join(directory, entry.name));
}

/** Processes and cgroups end while they are read. */
function orNothing<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}

/** Inodes of the packet sockets in the network namespace of a process: the last column of /proc/PID/net/packet. */
function packetSockets(pid: string): string[] {
  const lines = orNothing(() => readFileSync(`/proc/${pid}/net/packet`, "utf8").trim().split("\n").slice(1));
  return lines.map((line) => line.trim().split(/\s+/).at(-1) ?? "");
}

function holds(pid: string, links: ReadonlySet<string>): boolean {
  return orNothing(() => readdirSync(`/proc/${pid}/fd`)).some((fd) =>
    orNothing(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]).some((link) => links.has(link)),
  );
}

/** "name (pid)" of each. Looks into descriptors only where a network namespace has such sockets at all. */
export function packetSocketHolders(guards: readonly string[]): string[] {
  const pids = new Set(guards.flatMap((guard) => orNothing(() => [...processesBelow(guard)])));
  const namespaces = new Map<string, Set<string>>();
  const found: string[] = [];
  for (const pid of pids) {
    const [namespace] = orNothing(() => [readlinkSync(`/proc/${pid}/ns/net`)]);
    if (namespace === undefined) continue;
    const links = namespaces.get(namespace) ?? new Set(packetSockets(pid).map((inode) => `socket:[${inode}]`));
    namespaces.set(namespace, links);
    if (links.size === 0 || !holds(pid, links)) continue;
    const [name = "?"] = orNothing(() => [readFileSync(`/proc/${pid}/comm`, "utf8").trim()]);
    found.push(`${name} (${pid})`);
  }
  return found;
}
