// The connections over which somebody works with a process: calls from outside that one of its ancestors answered (sshd and its like).
// The processes themselves are asked, not their environment, which anybody may write.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Flow } from "../contract/words.ts";
import { formatAddress } from "./policy/address.ts";

export interface Call {
  /** The caller's, canonical. */
  readonly address: string;
  /** The port that was called. */
  readonly port: number;
}

/** Deeper nests of processes are none that a person works in. */
const mostAncestors = 64;
/** State of an established connection (include/net/tcp_states.h). */
const established = "01";

/** The process, its parent, and so on up to the first. */
function ancestry(pid: number): number[] {
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

/** A line of /proc/net/tcp or tcp6 (proc_pid_net(5)); null for its head and for what is no connection. */
export function parseConnection(line: string): (Call & { inode: string }) | null {
  const [, local = "", remote = "", state, , , , , , inode] = line.trim().split(/\s+/);
  const [address = ""] = remote.split(":");
  if (state !== established || inode === undefined) return null;
  return { address: addressOf(address), port: Number.parseInt(local.split(":")[1] ?? "", 16), inode };
}

/** The flows over which somebody works with the process: what its ancestors hold, and was a call from outside. `live`: all there are. */
export function sessionOf(pid: number, live: () => readonly Flow[]): Flow[] {
  const held = connectionsAbove(pid);
  if (held.length === 0) return [];
  return live().filter(
    ({ direction, verdict, endpoint }) =>
      direction === "inbound" &&
      verdict === "allow" &&
      endpoint.protocol === "tcp" &&
      held.some(({ address, port }) => endpoint.address === address && endpoint.port === port),
  );
}

/** Established connections of the process and its ancestors. */
export function connectionsAbove(pid: number): Call[] {
  return ancestry(pid).flatMap((each) => {
    const inodes = socketsOf(each);
    if (inodes.size === 0) return [];
    return ["tcp", "tcp6"].flatMap((file) => {
      try {
        return readFileSync(`/proc/${each}/net/${file}`, "latin1")
          .split("\n")
          .map(parseConnection)
          .filter((connection) => connection !== null)
          .filter(({ inode }) => inodes.has(inode));
      } catch {
        return []; // it ended
      }
    });
  });
}
