// Who is at the other end of a Unix socket, by the kernel's word (unix(7), SO_PEERCRED).
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { close, getOption, pidfdOpen, SO_PEERCRED, SO_PEERPIDFD, SOL_SOCKET } from "./libc.ts";

/** Credentials at the time of connect(). */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  /** The effective group: the installed window has one of its own (docs/decisions/0015-the-window-s-group.md). */
  readonly gid: number;
}

/** Node keeps the descriptor in an undocumented place; without it there are no credentials and the client is refused. */
function descriptorOf(socket: Socket): number {
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {};
  if (fd === undefined || fd < 0) throw new Error("the socket has no descriptor");
  return fd;
}

export function peerOf(socket: Socket): Peer {
  const credentials = Buffer.alloc(12); // struct ucred
  getOption(descriptorOf(socket), SOL_SOCKET, SO_PEERCRED, credentials);
  return { pid: credentials.readInt32LE(0), uid: credentials.readUInt32LE(4), gid: credentials.readUInt32LE(8) };
}

/** A pidfd of the peer, which cannot come to mean another process. The caller closes it. */
export function peerPidfd(socket: Socket): number {
  const descriptor = Buffer.alloc(4);
  try {
    getOption(descriptorOf(socket), SOL_SOCKET, SO_PEERPIDFD, descriptor);
    return descriptor.readInt32LE();
  } catch {
    // Linux < 6.5: by number. The peer holds its end of the socket open, so the pid is normally still its own.
    return pidfdOpen(peerOf(socket).pid);
  }
}

/**
 * Whether the process that connected still runs, so that its number means no other one. Its child may have the socket by now: the credentials
 * are not the child's.
 */
export function isStillThere(socket: Socket, { pid }: Peer): boolean {
  let descriptor: number;
  try {
    descriptor = peerPidfd(socket);
  } catch {
    return false;
  }
  try {
    return pidOf(descriptor) === pid && !isZombie(pid);
  } catch {
    return false;
  } finally {
    close(descriptor);
  }
}

/** -1 once the process is gone (proc_pid_fdinfo(5)). */
function pidOf(pidfd: number): number {
  return Number(/^Pid:\s*(-?\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${pidfd}`, "latin1"))?.[1] ?? -1);
}

/** It has ended, and keeps its number only until its parent looks. */
function isZombie(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return /^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
}

export { close as closeDescriptor };
