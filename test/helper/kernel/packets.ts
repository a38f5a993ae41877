// Packets for tests, and a reading of them that shares no code with helper/kernel/packet.ts.
import ipaddr from "ipaddr.js";

/** 16 bytes, IPv4 mapped. */
export function address(text: string): Buffer {
  const parsed = ipaddr.parse(text);
  const wide = parsed.kind() === "ipv4" ? (parsed as ipaddr.IPv4).toIPv4MappedAddress() : parsed;
  return Buffer.from(wide.toByteArray());
}

function bare(text: string): Buffer {
  return Buffer.from(ipaddr.parse(text).toByteArray());
}

/** An IP packet around `body`; checksums are left as rubbish, like the partial ones of a captured packet. */
export function ip(from: string, to: string, protocol: number, body: Buffer, options = Buffer.alloc(0)): Buffer {
  const [source, destination] = [bare(from), bare(to)];
  if (source.length === 16) {
    const header = Buffer.alloc(8);
    header.writeUInt32BE(0x60012345, 0);
    header.writeUInt16BE(body.length, 4);
    header.writeUInt8(protocol, 6);
    header.writeUInt8(61, 7);
    return Buffer.concat([header, source, destination, body]);
  }
  const header = Buffer.alloc(12);
  header.writeUInt8(0x45 + options.length / 4, 0);
  header.writeUInt8(0x10, 1);
  header.writeUInt16BE(20 + options.length + body.length, 2);
  header.writeUInt16BE(0x1234, 4);
  header.writeUInt16BE(0x4000, 6);
  header.writeUInt8(61, 8);
  header.writeUInt8(protocol, 9);
  header.writeUInt16BE(0xdead, 10);
  return Buffer.concat([header, source, destination, options, body]);
}

export interface Syn {
  sourcePort?: number;
  port?: number;
  sequence?: number;
  /** Padded to 4 bytes with zeroes. */
  options?: Buffer;
  data?: Buffer;
}

export function tcpSyn({ sourcePort = 40000, port = 443, sequence = 1000, options, data }: Syn): Buffer {
  const padded = Buffer.alloc(Math.ceil((options?.length ?? 0) / 4) * 4);
  options?.copy(padded);
  const header = Buffer.alloc(20);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt32BE(sequence, 4);
  header.writeUInt8((5 + padded.length / 4) << 4, 12);
  header.writeUInt8(2, 13);
  header.writeUInt16BE(64240, 14);
  header.writeUInt16BE(0xbeef, 16);
  return Buffer.concat([header, padded, data ?? Buffer.alloc(0)]);
}

export function udp(payload: Buffer, sourcePort = 40000, port = 53): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(8 + payload.length, 4);
  header.writeUInt16BE(0xbeef, 6);
  return Buffer.concat([header, payload]);
}

export interface Read {
  version: number;
  protocol: number;
  source: string;
  destination: string;
  /** IP header with options, or IPv6 header with extensions. */
  header: Buffer;
  /** Transport header and data. */
  body: Buffer;
}

export function read(packet: Buffer): Read {
  const text = (from: number, to: number) => ipaddr.fromByteArray([...packet.subarray(from, to)]).toString();
  if (packet[0]! >> 4 === 4) {
    const header = packet.subarray(0, (packet[0]! & 15) * 4);
    const body = packet.subarray(header.length);
    return { version: 4, protocol: packet[9]!, source: text(12, 16), destination: text(16, 20), header, body };
  }
  let protocol = packet[6]!;
  let at = 40;
  while ([0, 43, 60].includes(protocol)) {
    protocol = packet[at]!;
    at += 8 + packet[at + 1]! * 8;
  }
  const header = packet.subarray(0, at);
  return { version: 6, protocol, source: text(8, 24), destination: text(24, 40), header, body: packet.subarray(at) };
}

/** One's complement sum the slow and plain way: as one big number, modulo 65535. Zero means "all ones": correct. */
function remainder(bytes: Buffer): bigint {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  return BigInt(`0x${even.toString("hex") || "0"}`) % 65535n;
}

/** What is wrong with a packet's lengths and checksums; empty when a receiver would accept it. */
export function faults(packet: Buffer): string[] {
  const found: string[] = [];
  const { version, protocol, header, body } = read(packet);
  if (version === 4) {
    if (packet.readUInt16BE(2) !== packet.length) found.push("IP length");
    if (remainder(header) !== 0n) found.push("IP checksum");
  } else if (packet.readUInt16BE(4) !== packet.length - 40) found.push("IP length");
  const addresses = version === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(body.length, 0);
  numbers.writeUInt32BE(protocol, 4);
  const pseudo = protocol === 1 ? Buffer.alloc(0) : Buffer.concat([addresses, numbers]);
  if ([1, 6, 17, 58].includes(protocol) && remainder(Buffer.concat([pseudo, body])) !== 0n) found.push("checksum");
  if (protocol === 17 && body.readUInt16BE(4) !== body.length) found.push("UDP length");
  if (protocol === 17 && body.readUInt16BE(6) === 0) found.push("UDP checksum absent");
  return found;
}

/** Puts fragments together (RFC 791, RFC 8200); throws when they overlap, leave a gap or differ. */
export function reassemble(fragments: readonly Buffer[]): { header: Buffer; protocol: number; body: Buffer } {
  const pieces = fragments.map((fragment) => {
    const v4 = fragment[0]! >> 4 === 4;
    const headerBytes = v4 ? (fragment[0]! & 15) * 4 : 48;
    const word = fragment.readUInt16BE(v4 ? 6 : 42);
    if (!v4 && fragment[6] !== 44) throw new Error("no fragment header");
    return {
      header: fragment.subarray(0, v4 ? headerBytes : 40),
      protocol: v4 ? fragment[9]! : fragment[40]!,
      identification: v4 ? fragment.readUInt16BE(4) : fragment.readUInt32BE(44),
      offset: v4 ? (word & 0x1fff) * 8 : word & 0xfff8,
      more: v4 ? (word & 0x2000) !== 0 : (word & 1) === 1,
      body: fragment.subarray(headerBytes),
    };
  });
  pieces.sort((a, b) => a.offset - b.offset);
  if (new Set(pieces.map(({ identification }) => identification)).size !== 1) throw new Error("identifications differ");
  let end = 0;
  pieces.forEach(({ offset, more, body }, at) => {
    if (offset !== end) throw new Error(`gap or overlap at ${offset}`);
    if (more !== at < pieces.length - 1) throw new Error("wrong more-fragments flag");
    if (more && body.length % 8 !== 0) throw new Error("odd piece");
    end += body.length;
  });
  const [first] = pieces;
  if (first === undefined) throw new Error("no fragments");
  return { header: first.header, protocol: first.protocol, body: Buffer.concat(pieces.map(({ body }) => body)) };
}
