// The connections over which somebody works with a process: calls from outside that one of its ancestors answered (sshd and its like).
// The processes themselves are asked, not their environment, which anybody may write.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { Flow } from "../contract/words.ts";
import type { Asked } from "./enforced-policy.ts";
import { formatAddress } from "./policy/address.ts";

/** Deeper nests of processes are none that a person works in. */
const mostAncestors = 64;
/** States in /proc/net/tcp (include/net/tcp_states.h). */
const established = "01";
const listening = "0A";

/** A line of /proc/net/tcp or tcp6 (proc_pid_net(5)). */
export interface Line {
  readonly state: string;
  /** The remote's, canonical. */
  readonly address: string;
  /** The own one. */
  readonly port: number;
  readonly inode: string;
}

/** A call that a process answered. */
interface Call extends Line {
  readonly pid: number;
}

/** The process, its parent, and so on up to the first. */
export function ancestry(pid: number): number[] {
  const pids: number[] = [];
  for (let each = pid; each > 1 && pids.length < mostAncestors; ) {
    pids.push(each);
    try {
      const stat = readFileSync(`/proc/${each}/stat`, "latin1");
      each = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      break; // it ended
    }
  }
  return pids;
}

function socketsOf(pid: number): Set<string> {
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    // it ended, or closed one meanwhile
  }
  return inodes;
}

/** "0100007F" or four such words: each is in the byte order of this machine, which is little-endian on all that Picket runs on. */
function addressOf(words: string): string {
  const bytes = Buffer.alloc(16);
  bytes.write("ffff", 10, "hex");
  const parts = words.match(/.{8}/g) ?? [];
  parts.forEach((word, at) => {
    bytes.writeUInt32LE(Number.parseInt(word, 16), parts.length === 1 ? 12 : at * 4);
  });
  return formatAddress(bytes);
}

/** Null for the head of the table. */
export function parseLine(text: string): Line | null {
  const [, local = "", remote = "", state, , , , , , inode] = text.trim().split(/\s+/);
  if (state === undefined || inode === undefined || !remote.includes(":")) return null;
  const [address = ""] = remote.split(":");
  return { state, inode, address: addressOf(address), port: Number.parseInt(local.split(":")[1] ?? "", 16) };
}

function namespaceOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return ""; // it ended
  }
}

/** The TCP sockets of the process's network namespace. The kernel goes through all that it has room for: milliseconds. */
function tableOf(pid: number): Line[] {
  return ["tcp", "tcp6"].flatMap((file) => {
    try {
      const text = readFileSync(`/proc/${pid}/net/${file}`, "latin1");
      return text
        .split("\n")
        .map(parseLine)
        .filter((line) => line !== null);
    } catch {
      return []; // it ended
    }
  });
}

/** What came in at a port that somebody listens on is a call from outside. */
function callsAbove(pid: number): Call[] {
  const tables = new Map<string, Line[]>();
  return ancestry(pid).flatMap((each) => {
    const inodes = socketsOf(each);
    if (inodes.size === 0) return [];
    const namespace = namespaceOf(each);
    const lines = tables.get(namespace) ?? tableOf(each);
    tables.set(namespace, lines);
    const open = new Set(lines.filter(({ state }) => state === listening).map(({ port }) => port));
    return lines
      .filter(({ state, port, inode }) => state === established && open.has(port) && inodes.has(inode))
      .map((line) => ({ ...line, pid: each }));
  });
}

/** As far as the process itself tells: a helper that started later than the connection has not heard of it. */
function askedFor({ pid, address, port }: Call): Asked | null {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    const app = { name: path, path, verified: false, icon: null, via: null };
    const user = statSync(`/proc/${pid}`).uid;
    return { app, direction: "inbound", endpoint: { host: null, address, port, protocol: "tcp" }, user };
  } catch {
    return null; // it ended
  }
}

function cgroupOf(pid: number): string | null {
  try {
    return /^0::\/?(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, "utf8"))?.[1] ?? null;
  } catch {
    return null; // it ended
  }
}

export interface Surroundings {
  live(): readonly Flow[];
  /** Guarded cgroups, as paths below the cgroup2 mount. */
  guarded(): readonly string[];
}

function flowOf(call: Call, live: readonly Flow[]): Flow | undefined {
  return live.find(
    ({ direction, endpoint }) =>
      direction === "inbound" && endpoint.address === call.address && endpoint.port === call.port,
  );
}

/** Ids of the live flows over which somebody works with the process. */
export function ownFlows(pid: number, { live }: Pick<Surroundings, "live">): Set<string> {
  const calls = callsAbove(pid);
  const known = calls.length === 0 ? [] : live();
  return new Set(calls.flatMap((call) => flowOf(call, known)?.id ?? []));
}

/** The flows over which somebody works with the process: as the helper knows them, or as the processes in a guard tell. */
export function sessionOf(pid: number, around: Surroundings): Asked[] {
  const calls = callsAbove(pid);
  if (calls.length === 0) return [];
  const live = around.live();
  const guards = around.guarded();
  return calls.flatMap((call): Asked[] => {
    const known = flowOf(call, live);
    if (known !== undefined) return [known];
    // A login moves sshd's child to a scope of the session; its socket stays with the service that it was made in.
    const isGuarded = ancestry(call.pid).some((each) => {
      const cgroup = cgroupOf(each);
      return cgroup !== null && guards.some((guard) => cgroup === guard || cgroup.startsWith(`${guard}/`));
    });
    const asked = isGuarded ? askedFor(call) : null;
    return asked === null ? [] : [asked];
  });
}
