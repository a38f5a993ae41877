// The connections over which somebody works with a process: calls from outside that one of its ancestors answered (sshd and its like).
// The processes themselves are asked, not their environment, which anybody may write.
import { readFileSync, readlinkSync, statSync } from "node:fs";
import type { Endpoint, Flow } from "../contract/words.ts";
import { Budget } from "./budget.ts";
import type { Asked } from "./enforced-policy.ts";
import { descriptorsOf } from "./kernel/descriptors.ts";
import { readTable } from "./kernel/net-table.ts";
import { formatAddress } from "./policy/address.ts";

/** Deeper nests of processes are none that a person works in. */
const mostAncestors = 64;
/** So many descriptors and sockets are looked at for one caller whatever the clock says, and more as long as these milliseconds last. */
const alwaysLooked = 2048;
const longestSearch = 20;
/** A table is a walk through all that the kernel has room for; one reading of it has some 30 lines. */
const [tableSteps, readingSteps] = [128, 32];
/** Nobody works over more: each is judged before and after a change. */
const mostCalls = 1024;
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

function socketsOf(pid: number, budget: Budget): Set<string> {
  const inodes = new Set<string>();
  for (const { link } of descriptorsOf(pid, () => budget.spend())) {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    if (inode !== undefined) inodes.add(inode);
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

/** The TCP sockets of the process's network namespace. */
function tableOf(pid: number, budget: Budget): Line[] {
  return ["tcp", "tcp6"].flatMap((file) => {
    if (!budget.spend(tableSteps)) return [];
    try {
      const text = readTable(`/proc/${pid}/net/${file}`, budget, readingSteps);
      return text
        .split("\n")
        .map(parseLine)
        .filter((line) => line !== null);
    } catch {
      return []; // it ended
    }
  });
}

/** What came in at a port that somebody listens on is a call from outside. `whole`: all that could hold one was looked at. */
function callsAbove(pid: number): { calls: Call[]; whole: boolean } {
  const budget = new Budget(alwaysLooked, longestSearch);
  const tables = new Map<string, Line[]>();
  const calls = ancestry(pid).flatMap((each) => {
    // To begin with one more is not free either.
    if (!budget.sufficed) return [];
    const inodes = socketsOf(each, budget);
    if (inodes.size === 0) return [];
    const namespace = namespaceOf(each);
    const lines = tables.get(namespace) ?? tableOf(each, budget);
    tables.set(namespace, lines);
    const open = new Set(lines.filter(({ state }) => state === listening).map(({ port }) => port));
    return lines
      .filter(({ state, port, inode }) => state === established && open.has(port) && inodes.has(inode))
      .map((line) => ({ ...line, pid: each }));
  });
  return { calls, whole: budget.sufficed };
}

/** Who holds a call, as far as the process itself tells: a helper that started later than the connection has not heard of it. */
function holderOf(pid: number): Pick<Asked, "app" | "user"> | null {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    const app = { name: path, path, verified: false, icon: null, via: null };
    return { app, user: statSync(`/proc/${pid}`).uid };
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

function keyOf({ address, port }: Pick<Endpoint, "address" | "port">): string {
  return `${address} ${port}`;
}

/**
 * The live flows over which somebody works with the process. Where not all could be looked at, each that may be one is: to be told so once too often
 * is better than to be locked out.
 */
function flowsOf(calls: readonly Call[], whole: boolean, live: readonly Flow[]): Flow[] {
  const keys = new Set(calls.map(keyOf));
  return live.filter(
    ({ direction, endpoint }) =>
      direction === "inbound" && (whole ? keys.has(keyOf(endpoint)) : endpoint.protocol === "tcp"),
  );
}

/** Ids of the live flows over which somebody works with the process. */
export function ownFlows(pid: number, { live }: Pick<Surroundings, "live">): Set<string> {
  const { calls, whole } = callsAbove(pid);
  if (whole && calls.length === 0) return new Set();
  return new Set(flowsOf(calls, whole, live()).map(({ id }) => id));
}

/** The flows over which somebody works with the process: as the helper knows them, or as the processes in a guard tell. */
export function sessionOf(pid: number, around: Surroundings): Asked[] {
  const { calls, whole } = callsAbove(pid);
  if (whole && calls.length === 0) return [];
  const known = flowsOf(calls, whole, around.live());
  const met = new Set(known.map(({ endpoint }) => keyOf(endpoint)));
  const unmet = calls.filter((call) => !met.has(keyOf(call)));
  const guards = around.guarded();
  // A login moves sshd's child to a scope of the session; its socket stays with the service that it was made in.
  const isGuarded = (holder: number) =>
    ancestry(holder).some((each) => {
      const cgroup = cgroupOf(each);
      return cgroup !== null && guards.some((guard) => cgroup === guard || cgroup.startsWith(`${guard}/`));
    });
  const holders = new Map<number, Pick<Asked, "app" | "user"> | null>();
  for (const { pid: holder } of unmet)
    if (!holders.has(holder)) holders.set(holder, isGuarded(holder) ? holderOf(holder) : null);
  const told = unmet.flatMap(({ pid: holder, address, port }): Asked[] => {
    const by = holders.get(holder);
    return by ? [{ ...by, direction: "inbound", endpoint: { host: null, address, port, protocol: "tcp" } }] : [];
  });
  return [...known, ...told].slice(0, mostCalls);
}
