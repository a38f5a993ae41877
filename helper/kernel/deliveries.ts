// Hands packets that were held on their way in to the app after all: sent to the app's own address from a raw socket in its network
// namespace, they come in over loopback. One socket per (namespace, family), kept only while flows are held there.
import type { FlowRecord } from "./layout.ts";
import {
  AF_INET,
  AF_INET6,
  bind,
  close,
  getOption,
  IPPROTO_RAW,
  SO_MARK,
  SO_NETNS_COOKIE,
  SOCK_RAW,
  SOL_SOCKET,
  SystemError,
  sendTo,
  setIntegerOption,
  socket,
} from "./libc.ts";
import { inNamespaceOf } from "./namespaces.ts";
import { destinationOf, sourceOf } from "./packet.ts";

const EADDRNOTAVAIL = 99;

/** What a delivery needs to know of the packet's capture. */
export type Recipient = Pick<FlowRecord, "netns" | "family" | "mark" | "interface">;

/** struct sockaddr_in or sockaddr_in6. */
function socketAddress(address: Buffer): Buffer {
  const v4 = address.length === 4;
  const to = Buffer.alloc(v4 ? 16 : 28);
  to.writeUInt16LE(v4 ? AF_INET : AF_INET6, 0);
  address.copy(to, v4 ? 4 : 8);
  return to;
}

function isLinkLocal(address: Buffer): boolean {
  return address.length === 16 && (address.readUInt16BE(0) & 0xffc0) === 0xfe80;
}

function isMulticast(address: Buffer): boolean {
  return address.length === 4 ? (address.readUInt8(0) & 0xf0) === 0xe0 : address.readUInt8(0) === 0xff;
}

/** Loopback is another device: a socket that is bound to one does not hear it, and a link-local address would lose its link. */
function isDeliverable(recipient: Recipient, packet: Buffer): boolean {
  const [from, to] = [sourceOf(packet), destinationOf(packet)];
  return recipient.interface === 0 && !isMulticast(to) && !isLinkLocal(from) && !isLinkLocal(to);
}

export class Deliveries {
  private readonly sockets = new Map<string, number>();
  private readonly exempt: (fd: number) => void;

  /** `exempt` marks a socket as the helper's own. */
  constructor(exempt: (fd: number) => void) {
    this.exempt = exempt;
  }

  private key({ netns, family }: Recipient): string {
    return `${netns}:${family}`;
  }

  /** Makes the socket while the app is known to be alive. `pid`: any process in the namespace. False when it cannot be entered. */
  prepare(recipient: Recipient, pid: number): boolean {
    const key = this.key(recipient);
    if (this.sockets.has(key)) return true;
    const fd = inNamespaceOf(pid, () => this.make(recipient));
    if (fd === undefined) return false;
    this.sockets.set(key, fd);
    return true;
  }

  private make({ netns, family }: Recipient): number | undefined {
    const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
    const cookie = Buffer.alloc(8);
    getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
    // The process may have moved since its socket was made. A socket older than the guard has no cookie.
    if (netns !== 0n && cookie.readBigUInt64LE() !== netns) {
      close(fd);
      return undefined;
    }
    this.exempt(fd);
    return fd;
  }

  /** False when it cannot go this way: the remote's own retransmission has to. Throws SystemError when the kernel refuses the packet. */
  deliver(recipient: Recipient, packet: Buffer): boolean {
    const fd = this.sockets.get(this.key(recipient));
    if (fd === undefined || !isDeliverable(recipient, packet)) return false;
    const to = socketAddress(destinationOf(packet));
    try {
      // Only to an address that is still this host's: elsewhere, a packet with somebody else's source has no business.
      bind(fd, to);
    } catch (error) {
      if (error instanceof SystemError && error.errno === EADDRNOTAVAIL) return false;
      throw error;
    }
    setIntegerOption(fd, SOL_SOCKET, SO_MARK, recipient.mark);
    // Broadcasts are refused here (EACCES): the socket has no SO_BROADCAST.
    sendTo(fd, packet, to);
    return true;
  }

  /** Closes the sockets of every (namespace, family) that is not in `used`. */
  keepOnly(used: Iterable<Recipient>): void {
    const keys = new Set([...used].map((recipient) => this.key(recipient)));
    for (const [key, fd] of this.sockets) {
      if (keys.has(key)) continue;
      close(fd);
      this.sockets.delete(key);
    }
  }

  close(): void {
    this.keepOnly([]);
  }
}
