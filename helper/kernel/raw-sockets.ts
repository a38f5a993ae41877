// Sends whole IP packets on behalf of an app: from its network namespace, as its user and group, with its mark, priority, source and
// device, and asks there which way they would go. One raw socket per (namespace, user, group, family) and one for questions per
// namespace, kept only while flows are held there: an open socket keeps a namespace alive.
import type { FlowRecord } from "./layout.ts";
import {
  AF_INET,
  AF_INET6,
  asOwner,
  bind,
  close,
  getOption,
  IP_MULTICAST_LOOP,
  IPPROTO_IP,
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
  setIntegerOption,
  socket,
} from "./libc.ts";
import { inNamespaceOf } from "./namespaces.ts";
import { destinationOf } from "./packet.ts";
import { askRoute, openRouteSocket, type Route, type RouteQuestion } from "./routes.ts";

/** Whose socket it is that a packet is sent for. */
export type Owner = Pick<FlowRecord, "netns" | "socket_uid" | "family" | "process">;

/** What a re-sent packet takes from the app's socket beside its owner. */
export interface Manner {
  readonly mark: number;
  readonly priority: number;
  /** 0: none. */
  readonly device: number;
  /** 16 bytes; null: any. Routes may depend on it; the packet has its own. */
  readonly source: Buffer | null;
}

/** Room for a burst of held datagrams, bytes. */
const sendBuffer = 1024 * 1024;
const anySource = Buffer.alloc(16);

interface RawSocket {
  fd: number;
  mark: number;
  priority: number;
  device: number;
  source: Buffer;
}

function networkNamespaceCookie(fd: number): bigint {
  const cookie = Buffer.alloc(8);
  getOption(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie);
  return cookie.readBigUInt64LE();
}

/** struct sockaddr_in or sockaddr_in6. `address`: 4 or 16 bytes. */
function socketAddress(address: Buffer): Buffer {
  const v4 = address.length === 4;
  const bytes = Buffer.alloc(v4 ? 16 : 28);
  bytes.writeUInt16LE(v4 ? AF_INET : AF_INET6, 0);
  address.copy(bytes, v4 ? 4 : 8);
  return bytes;
}

export class RawSockets {
  private readonly sockets = new Map<string, RawSocket>();
  /** By namespace cookie. */
  private readonly routes = new Map<bigint, number>();
  private readonly exempt: (fd: number) => void;
  private readonly ownNamespace: bigint;

  /** `exempt` marks a socket as the helper's own. */
  constructor(exempt: (fd: number) => void) {
    this.exempt = exempt;
    const probe = socket(AF_INET, SOCK_DGRAM, 0);
    this.ownNamespace = networkNamespaceCookie(probe);
    close(probe);
  }

  private key({ netns, socket_uid, family, process }: Owner): string {
    return `${netns}:${socket_uid}:${process.gid}:${family}`;
  }

  /**
   * Makes the sockets while the app's process is known to be alive; when it is not, by way of one of its `kin`, pids that may live in the
   * same namespace: its cookie tells. False when it cannot be entered any more: such a flow is released by the app's own retransmission.
   */
  prepare(owner: Owner, kin: readonly number[] = []): boolean {
    const { netns, process } = owner;
    if (this.sockets.has(this.key(owner)) && this.routes.has(netns)) return true;
    if (netns === this.ownNamespace) return this.make(owner);
    const ways = [process.pid, ...(netns === 0n ? [] : kin)];
    return ways.some((pid) => inNamespaceOf(pid, () => this.make(owner)) ?? false);
  }

  private make(owner: Owner): boolean {
    const { netns, socket_uid, family, process } = owner;
    const key = this.key(owner);
    const raw = asOwner(socket_uid, process.gid, () => {
      const fd = socket(family === 4 ? AF_INET : AF_INET6, SOCK_RAW, IPPROTO_RAW);
      setIntegerOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, sendBuffer);
      setIntegerOption(fd, SOL_SOCKET, SO_BROADCAST, 1);
      // This computer's own listeners got theirs as the app sent. With IPv6 the hold comes before that.
      if (family === 4) setIntegerOption(fd, IPPROTO_IP, IP_MULTICAST_LOOP, 0);
      this.exempt(fd);
      return fd;
    });
    // The process may have moved since its socket was made: the cookie tells. A socket older than the guard has none.
    if (netns !== 0n && networkNamespaceCookie(raw) !== netns) {
      close(raw);
      return false;
    }
    const old = this.sockets.get(key);
    if (old) close(old.fd);
    this.sockets.set(key, { fd: raw, mark: 0, priority: 0, device: 0, source: anySource });
    if (!this.routes.has(netns)) this.routes.set(netns, openRouteSocket());
    return true;
  }

  /** Undefined when there is no prepared socket to ask with. */
  route(owner: Owner, question: RouteQuestion): Route | null | undefined {
    const fd = this.routes.get(owner.netns);
    return fd === undefined ? undefined : askRoute(fd, question);
  }

  /** Sends one packet; false when there is no prepared socket. Throws SystemError when the kernel refuses the packet. */
  send(owner: Owner, manner: Manner, packet: Buffer): boolean {
    const raw = this.sockets.get(this.key(owner));
    if (raw === undefined) return false;
    this.adopt(raw, owner.family, manner);
    sendTo(raw.fd, packet, socketAddress(destinationOf(packet)));
    return true;
  }

  private adopt(raw: RawSocket, family: number, { mark, priority, device, source }: Manner): void {
    if (raw.mark !== mark) setIntegerOption(raw.fd, SOL_SOCKET, SO_MARK, mark);
    raw.mark = mark;
    if (raw.priority !== priority) setIntegerOption(raw.fd, SOL_SOCKET, SO_PRIORITY, priority);
    raw.priority = priority;
    if (raw.device !== device) setIntegerOption(raw.fd, SOL_SOCKET, SO_BINDTOIFINDEX, device);
    raw.device = device;
    const from = source ?? anySource;
    if (!raw.source.equals(from)) bind(raw.fd, socketAddress(from.subarray(family === 4 ? 12 : 0)));
    raw.source = from;
  }

  /** Closes the sockets of every owner that is not in `used`. */
  keepOnly(used: Iterable<Owner>): void {
    const owners = [...used];
    const keys = new Set(owners.map((owner) => this.key(owner)));
    const namespaces = new Set(owners.map(({ netns }) => netns));
    for (const [key, { fd }] of this.sockets) {
      if (keys.has(key)) continue;
      close(fd);
      this.sockets.delete(key);
    }
    for (const [namespace, fd] of this.routes) {
      if (namespaces.has(namespace)) continue;
      close(fd);
      this.routes.delete(namespace);
    }
  }

  close(): void {
    this.keepOnly([]);
  }
}
