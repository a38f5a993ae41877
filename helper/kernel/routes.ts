// Asks the kernel which way a packet would go now: rtnetlink(7), RTM_GETROUTE, in the network namespace of the asking socket.
import { AF_INET, AF_INET6, AF_NETLINK, receive, SOCK_RAW, send, socket } from "./libc.ts";

const NETLINK_ROUTE = 0;
const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const NLM_F_REQUEST = 1;

/** Attributes of linux/rtnetlink.h. Protocol and ports: Linux 4.18. */
const attribute = {
  destination: 1,
  source: 2,
  device: 4,
  preferredSource: 7,
  mark: 16,
  uid: 25,
  protocol: 27,
  sourcePort: 28,
  destinationPort: 29,
} as const;

export interface RouteQuestion {
  /** 4 or 16 bytes. */
  readonly destination: Buffer;
  /** As many bytes; null where the route is to choose. */
  readonly source: Buffer | null;
  readonly mark: number;
  readonly uid: number;
  /** A bound device, 0 for none. */
  readonly device: number;
  /** The kernel knows routes by port for TCP (6) and UDP (17) only; 1 (ICMP) asks for a packet without ports. */
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

export interface Route {
  readonly device: number;
  /** The source that the kernel would choose, as many bytes as the destination; null where it said none. */
  readonly source: Buffer | null;
}

function attributeOf(type: number, value: Buffer): Buffer {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16LE(4 + value.length, 0);
  padded.writeUInt16LE(type, 2);
  value.copy(padded, 4);
  return padded;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

function networkPort(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/** struct nlmsghdr, struct rtmsg, attributes. */
export function encodeRouteQuestion(question: RouteQuestion): Buffer {
  const { destination, source, mark, uid, device, protocol, sourcePort, destinationPort } = question;
  const attributes = [
    attributeOf(attribute.destination, destination),
    ...(source === null ? [] : [attributeOf(attribute.source, source)]),
    ...(device === 0 ? [] : [attributeOf(attribute.device, u32(device))]),
    attributeOf(attribute.mark, u32(mark)),
    attributeOf(attribute.uid, u32(uid)),
    attributeOf(attribute.protocol, Buffer.from([protocol])),
    ...(sourcePort === 0 ? [] : [attributeOf(attribute.sourcePort, networkPort(sourcePort))]),
    ...(destinationPort === 0 ? [] : [attributeOf(attribute.destinationPort, networkPort(destinationPort))]),
  ];
  const header = Buffer.alloc(16 + 12);
  header.writeUInt16LE(RTM_GETROUTE, 4);
  header.writeUInt16LE(NLM_F_REQUEST, 6);
  header.writeUInt8(destination.length === 4 ? AF_INET : AF_INET6, 16);
  header.writeUInt8(destination.length * 8, 17);
  header.writeUInt8(source === null ? 0 : source.length * 8, 18);
  const message = Buffer.concat([header, ...attributes]);
  message.writeUInt32LE(message.length, 0);
  return message;
}

/** Null where the kernel has no route. */
export function decodeRoute(message: Buffer): Route | null {
  if (message.length < 28 || message.readUInt16LE(4) !== RTM_NEWROUTE) return null;
  let device = 0;
  let source: Buffer | null = null;
  for (let at = 28; at + 4 <= message.length; ) {
    const length = message.readUInt16LE(at);
    if (length < 4) break;
    const value = message.subarray(at + 4, at + length);
    const type = message.readUInt16LE(at + 2);
    if (type === attribute.device && value.length === 4) device = value.readUInt32LE();
    if (type === attribute.preferredSource) source = Buffer.from(value);
    at += Math.ceil(length / 4) * 4;
  }
  return device === 0 ? null : { device, source };
}

/** A socket that asks in the calling thread's network namespace. */
export function openRouteSocket(): number {
  return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
}

export function askRoute(fd: number, question: RouteQuestion): Route | null {
  send(fd, encodeRouteQuestion(question));
  // Questions that are no dumps are answered before send() returns.
  return decodeRoute(receive(fd, 4096));
}
