// Sends whole IP packets on behalf of an app: from its network namespace, as its user, with its mark, priority and device.
// One raw socket per (namespace, user, family), kept only while flows are held there: an open socket keeps a namespace alive.
import { closeSync, openSync } from "node:fs";
import type { FlowRecord } from "./layout.ts";
import {
  AF_INET,
  AF_INET6,
  close,
  enterNetworkNamespace,
  getOption,
  IPPROTO_RAW,
  SO_BINDTOIFINDEX,
  SO_BROADCAST,
  SO_MARK,
  SO_NETNS_COOKIE,
  SO_PRIORITY,
  SO_SNDBUFFORCE,
  SOCK_DGRAM,
  SOCK_RAW,
  SOL_SOCKET,
  sendTo,
  setFileSystemUid,
  setIntegerOption,
  socket,
} from "./libc.ts";
import { destinationOf } from "./packet.ts";

/** What a re-sent packet takes from the app's socket. */
export type Sender = Pick<
  FlowRecord,
  "netns" | "socket_uid" | "family" | "mark" | "priority" | "interface" | "out_interface"
>;

interface RawSocket {
  fd: number;
  mark: number;
  priority: number;
  interface: number;
}

/** Room for a burst of held datagrams, bytes. */
const sendBuffer = 1024 * 1024;

function networkNamespaceCookie(fd: number): bigint {
  const cookie = Buffer.alloc(8);
  getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
  return cookie.readBigUInt64LE();
}

export class RawSockets {
  private readonly sockets = new Map<string, RawSocket>();
  private readonly exempt: (fd: number) => void;
  private readonly ownNamespace: bigint;
  private readonly ownNamespaceFd: number;

  /** `exempt` marks a socket as the helper's own. */
  constructor(exempt: (fd: number) => void) {
    this.exempt = exempt;
    this.ownNamespaceFd = openSync("/proc/self/ns/net", "r");
    const probe = socket(AF_INET, SOCK_DGRAM, 0);
    this.ownNamespace = networkNamespaceCookie(probe);
    close(probe);
  }

  private key(sender: Sender): string {
    return `${sender.netns}:${sender.socket_uid}:${sender.family}`;
  }

  /**
   * Makes the socket while the app's process is known to be alive. `pid`: any process in the namespace.
   * False when the namespace cannot be entered any more: such a flow is released by the app's own retransmission.
   */
  prepare(sender: Sender, pid: number): boolean {
    const key = this.key(sender);
    if (this.sockets.has(key)) return true;
    const fd = sender.netns === this.ownNamespace ? this.make(sender) : this.makeIn(sender, pid);
    if (fd === undefined) return false;
    this.sockets.set(key, { fd, mark: 0, priority: 0, interface: 0 });
    return true;
  }

  private make(sender: Sender): number {
    setFileSystemUid(sender.socket_uid);
    try {
      const fd = socket(sender.family === 4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
      setIntegerOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, sendBuffer);
      setIntegerOption(fd, SOL_SOCKET, SO_BROADCAST, 1);
      this.exempt(fd);
      return fd;
    } finally {
      setFileSystemUid(0);
    }
  }

  private makeIn(sender: Sender, pid: number): number | undefined {
    let namespace: number;
    try {
      namespace = openSync(`/proc/${pid}/ns/net`, "r");
    } catch {
      return undefined; // the process is gone
    }
    try {
      enterNetworkNamespace(namespace);
      let fd: number;
      try {
        fd = this.make(sender);
      } finally {
        enterNetworkNamespace(this.ownNamespaceFd);
      }
      // The process may have moved since its socket was made: the cookie tells. A socket older than the guard has none.
      if (networkNamespaceCookie(fd) === sender.netns || sender.netns === 0n) return fd;
      close(fd);
      return undefined;
    } finally {
      closeSync(namespace);
    }
  }

  /** Sends one packet; false when there is no prepared socket. Throws SystemError when the kernel refuses the packet. */
  send(sender: Sender, packet: Buffer): boolean {
    const raw = this.sockets.get(this.key(sender));
    if (raw === undefined) return false;
    if (raw.mark !== sender.mark) setIntegerOption(raw.fd, SOL_SOCKET, SO_MARK, sender.mark);
    if (raw.priority !== sender.priority) setIntegerOption(raw.fd, SOL_SOCKET, SO_PRIORITY, sender.priority);
    if (raw.interface !== sender.interface) setIntegerOption(raw.fd, SOL_SOCKET, SO_BINDTOIFINDEX, sender.interface);
    raw.mark = sender.mark;
    raw.priority = sender.priority;
    raw.interface = sender.interface;
    sendTo(raw.fd, packet, this.destination(sender, packet));
    return true;
  }

  /** struct sockaddr_in or sockaddr_in6; a link-local destination needs its device as scope. */
  private destination(sender: Sender, packet: Buffer): Buffer {
    const address = destinationOf(packet);
    if (sender.family === 4) {
      const to = Buffer.alloc(16);
      to.writeUInt16LE(AF_INET, 0);
      address.copy(to, 4);
      return to;
    }
    const to = Buffer.alloc(28);
    to.writeUInt16LE(AF_INET6, 0);
    address.copy(to, 8);
    const linkLocal = address.readUInt8(0) === 0xff || (address.readUInt16BE(0) & 0xffc0) === 0xfe80;
    if (linkLocal) to.writeUInt32LE(sender.interface || sender.out_interface, 24);
    return to;
  }

  /** Closes the sockets of every (namespace, user, family) that is not in `used`. */
  keepOnly(used: Iterable<Sender>): void {
    const keys = new Set([...used].map((sender) => this.key(sender)));
    for (const [key, raw] of this.sockets) {
      if (keys.has(key)) continue;
      close(raw.fd);
      this.sockets.delete(key);
    }
  }

  close(): void {
    this.keepOnly([]);
    closeSync(this.ownNamespaceFd);
  }
}
