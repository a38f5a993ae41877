// Pure packet surgery for held packets: rebuild addresses, advance the TCP timestamp, segment, fragment, forge refusals.
// A packet is one IP packet from its IP header on. Functions return new buffers and throw nothing for captured packets.

const tcp = 6;
const udp = 17;
const icmp = 1;
const icmp6 = 58;

/** Flags of a TCP segment (RFC 9293, 3.1). */
const fin = 0x01;
const syn = 0x02;
const rst = 0x04;
const ack = 0x10;

export interface Addresses {
  /** 16 bytes, IPv4 mapped; all zero (or ::ffff:0.0.0.0) leaves the packet's own. */
  source: Buffer;
  sourcePort: number;
  /** Left out: the packet's own. */
  destination?: Buffer;
  destinationPort?: number;
}

/** Offset of the transport header and its protocol. IPv6 extension headers as bpf/packet.bpf.h follows them. */
export function transport(packet: Buffer): { at: number; protocol: number } {
  // A raw socket may claim less than the 5 words that every header has.
  const words = Math.max(5, packet.readUInt8(0) & 15);
  if (packet.readUInt8(0) >> 4 === 4) return { at: words * 4, protocol: packet.readUInt8(9) };
  let protocol = packet.readUInt8(6);
  let at = 40;
  while ((protocol === 0 || protocol === 43 || protocol === 44 || protocol === 60) && at + 2 <= packet.length) {
    protocol = packet.readUInt8(at);
    at += (packet.readUInt8(at + 1) + 1) * 8;
  }
  return { at, protocol };
}

function isIpv4(packet: Buffer): boolean {
  return packet.readUInt8(0) >> 4 === 4;
}

/** One's complement sum of 16-bit words (RFC 1071). */
function sum(bytes: Buffer, start: number, end: number, initial: number): number {
  let total = initial;
  for (let i = start; i + 1 < end; i += 2) total += bytes.readUInt16BE(i);
  if ((end - start) & 1) total += bytes.readUInt8(end - 1) << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return total;
}

/** Recomputes every checksum; captured ones are partial (the device was to finish them). */
function finish(packet: Buffer): Buffer {
  const { at, protocol } = transport(packet);
  const length = packet.length - at;
  const v4 = isIpv4(packet);
  if (v4) {
    packet.writeUInt16BE(packet.length, 2);
    packet.writeUInt16BE(0, 10);
    packet.writeUInt16BE(~sum(packet, 0, at, 0) & 0xffff, 10);
  } else {
    packet.writeUInt16BE(packet.length - 40, 4);
  }
  const field = protocol === tcp ? 16 : protocol === udp ? 6 : protocol === icmp || protocol === icmp6 ? 2 : -1;
  if (field < 0 || length < field + 2) return packet;
  if (protocol === udp) packet.writeUInt16BE(length, at + 4);
  packet.writeUInt16BE(0, at + field);
  // ICMP for IPv4 has no pseudo header (RFC 792).
  const pseudo = protocol === icmp ? 0 : sum(packet, v4 ? 12 : 8, v4 ? 20 : 40, protocol + length);
  const checksum = ~sum(packet, at, packet.length, pseudo) & 0xffff;
  packet.writeUInt16BE(protocol === udp && checksum === 0 ? 0xffff : checksum, at + field);
  return packet;
}

function isSet(address: Buffer): boolean {
  return address.subarray(12).some((byte) => byte !== 0) || address.subarray(0, 10).some((byte) => byte !== 0);
}

/** A multicast or broadcast address: a socket may be bound to one, but no packet comes from there. */
function isGroup(address: Buffer): boolean {
  return isMapped(address) ? address.readUInt8(12) >= 224 : address.readUInt8(0) === 0xff;
}

function isMapped(address: Buffer): boolean {
  return address.readUInt32BE(0) === 0 && address.readUInt32BE(4) === 0 && address.readUInt32BE(8) === 0xffff;
}

/** Puts back the addresses from before network address translation. An address of the other family is ignored. */
function readdress(packet: Buffer, addresses: Addresses): void {
  const v4 = isIpv4(packet);
  const put = (address: Buffer, offset: number): boolean => {
    if (!isSet(address) || isMapped(address) !== v4) return false;
    address.copy(packet, offset, v4 ? 12 : 0);
    return true;
  };
  const { at, protocol } = transport(packet);
  const ports = (protocol === tcp || protocol === udp) && packet.length >= at + 4;
  if (!isGroup(addresses.source)) put(addresses.source, v4 ? 12 : 8);
  if (ports && addresses.sourcePort !== 0) packet.writeUInt16BE(addresses.sourcePort, at);
  if (addresses.destination === undefined || !put(addresses.destination, v4 ? 16 : 24)) return;
  if (ports && addresses.destinationPort) packet.writeUInt16BE(addresses.destinationPort, at + 2);
}

const tcpTimestampOption = 8; // RFC 7323

/**
 * Advances TSval by `milliseconds`; unpatched, the sender would take the hold for round-trip time. Rounded down: an echo from the
 * sender's future is refused (Linux, tcp_rcv_synsent_state_process: TSecr must lie between the first SYN and now).
 */
function advanceTimestamp(packet: Buffer, at: number, milliseconds: number): void {
  const end = Math.min(packet.length, at + (packet.readUInt8(at + 12) >> 4) * 4);
  let option = at + 20;
  while (option < end) {
    const kind = packet.readUInt8(option);
    if (kind === 0) return;
    if (kind === 1) {
      option++;
      continue;
    }
    const length = option + 1 < end ? packet.readUInt8(option + 1) : 0;
    if (length < 2) return;
    if (kind === tcpTimestampOption && length === 10 && option + 10 <= end) {
      packet.writeUInt32BE((packet.readUInt32BE(option + 2) + Math.floor(milliseconds)) >>> 0, option + 2);
      return;
    }
    option += length;
  }
}

/** Whether a TCP packet asks for a connection. */
export function isSyn(packet: Buffer): boolean {
  const { at } = transport(packet);
  return packet.length > at + 13 && (packet.readUInt8(at + 13) & (syn | ack)) === syn;
}

/** The held SYN, or the held segment of a connection, as it is re-sent `heldMilliseconds` after its capture. */
export function releasedSegment(captured: Buffer, addresses: Addresses, heldMilliseconds: number): Buffer {
  const packet = Buffer.from(captured);
  readdress(packet, addresses);
  advanceTimestamp(packet, transport(packet).at, heldMilliseconds);
  return finish(packet);
}

/** The held datagrams behind one captured packet, each a whole IP packet. `segmentBytes`: UDP GSO payload size or 0. */
export function releasedDatagrams(captured: Buffer, addresses: Addresses, segmentBytes: number): Buffer[] {
  const whole = Buffer.from(captured);
  readdress(whole, addresses);
  const { at, protocol } = transport(whole);
  const header = at + 8;
  if (protocol !== udp || segmentBytes === 0 || whole.length - header <= segmentBytes) return [finish(whole)];
  const datagrams: Buffer[] = [];
  for (let from = header; from < whole.length; from += segmentBytes) {
    datagrams.push(finish(Buffer.concat([whole.subarray(0, header), whole.subarray(from, from + segmentBytes)])));
  }
  return datagrams;
}

/** Splits a packet that does not fit the path (RFC 791, RFC 8200). `identification` must differ between packets. */
export function fragments(packet: Buffer, mtu: number, identification: number): Buffer[] {
  if (packet.length <= mtu) return [packet];
  const v4 = isIpv4(packet);
  const header = v4 ? transport(packet).at : 40;
  const overhead = v4 ? header : header + 8;
  const step = Math.floor((mtu - overhead) / 8) * 8;
  const pieces: Buffer[] = [];
  for (let from = header; from < packet.length; from += step) {
    const more = from + step < packet.length;
    const body = packet.subarray(from, from + step);
    const offset = from - header;
    if (v4) {
      const piece = Buffer.concat([packet.subarray(0, header), body]);
      piece.writeUInt16BE(identification & 0xffff, 4);
      piece.writeUInt16BE((more ? 0x2000 : 0) | (offset / 8), 6);
      piece.writeUInt16BE(piece.length, 2);
      piece.writeUInt16BE(0, 10);
      piece.writeUInt16BE(~sum(piece, 0, header, 0) & 0xffff, 10);
      pieces.push(piece);
    } else {
      const extension = Buffer.alloc(8);
      extension.writeUInt8(packet.readUInt8(6), 0);
      extension.writeUInt16BE(offset | (more ? 1 : 0), 2);
      extension.writeUInt32BE(identification >>> 0, 4);
      const piece = Buffer.concat([packet.subarray(0, header), extension, body]);
      piece.writeUInt8(44, 6);
      piece.writeUInt16BE(piece.length - 40, 4);
      pieces.push(piece);
    }
  }
  return pieces;
}

/** An empty packet from the captured packet's destination back to its source. */
function reply(captured: Buffer, protocol: number, body: Buffer): Buffer {
  const v4 = isIpv4(captured);
  const header = Buffer.alloc(v4 ? 20 : 40);
  if (v4) {
    header.writeUInt8(0x45, 0);
    header.writeUInt8(64, 8);
    header.writeUInt8(protocol, 9);
    captured.copy(header, 12, 16, 20);
    captured.copy(header, 16, 12, 16);
  } else {
    header.writeUInt8(0x60, 0);
    header.writeUInt8(protocol, 6);
    header.writeUInt8(64, 7);
    captured.copy(header, 8, 24, 40);
    captured.copy(header, 24, 8, 24);
  }
  return finish(Buffer.concat([header, body]));
}

/**
 * The RST that makes connect() fail with ECONNREFUSED, or ends a connection (RFC 9293, 3.10.7): it must acknowledge the SYN, and in
 * the midst of a connection stand exactly where the app expects the next byte.
 */
export function refusedSegment(captured: Buffer, addresses: Addresses): Buffer {
  const segment = Buffer.from(captured);
  readdress(segment, addresses);
  const { at } = transport(segment);
  const flags = segment.readUInt8(at + 13);
  const data = segment.length - at - (segment.readUInt8(at + 12) >> 4) * 4;
  const length = data + (flags & syn ? 1 : 0) + (flags & fin ? 1 : 0);
  const reset = Buffer.alloc(20);
  reset.writeUInt16BE(segment.readUInt16BE(at + 2), 0);
  reset.writeUInt16BE(segment.readUInt16BE(at), 2);
  reset.writeUInt32BE(flags & ack ? segment.readUInt32BE(at + 8) : 0, 4);
  reset.writeUInt32BE((segment.readUInt32BE(at + 4) + length) >>> 0, 8);
  reset.writeUInt8(5 << 4, 12);
  reset.writeUInt8(rst | ack, 13);
  return reply(segment, tcp, reset);
}

/**
 * An old acknowledgement from the remote: it says nothing, and an app's kernel that receives one sends what it has (Linux: tcp_ack() skips
 * it, tcp_data_snd_check() follows). Its window of 0 counts for nothing, as it is not newer (RFC 9293, 3.10.7.4).
 */
export function nudgingSegment(captured: Buffer, addresses: Addresses): Buffer {
  const segment = Buffer.from(captured);
  readdress(segment, addresses);
  const { at } = transport(segment);
  const nudge = Buffer.alloc(20);
  nudge.writeUInt16BE(segment.readUInt16BE(at + 2), 0);
  nudge.writeUInt16BE(segment.readUInt16BE(at), 2);
  nudge.writeUInt32BE(segment.readUInt32BE(at + 8), 4);
  nudge.writeUInt32BE((segment.readUInt32BE(at + 4) - 1) >>> 0, 8);
  nudge.writeUInt8(5 << 4, 12);
  nudge.writeUInt8(ack, 13);
  return reply(segment, tcp, nudge);
}

/** What was held on its way in, as it is handed over: as it came, several datagrams in one apart, with the checksums a device may have left out. */
export function deliveredPackets(captured: Buffer, segmentBytes: number): Buffer[] {
  return releasedDatagrams(captured, { source: Buffer.alloc(16), sourcePort: 0 }, segmentBytes);
}

/** The RST that ends an app's connection where its remote's `captured` segment, the first that was held, should have continued it. */
export function deliveredReset(captured: Buffer): Buffer {
  const { at } = transport(captured);
  const segment = Buffer.from(captured.subarray(0, at + 20));
  segment.writeUInt8(5 << 4, at + 12);
  segment.writeUInt8(rst | ack, at + 13);
  return finish(segment);
}

/** Port unreachable (RFC 792, RFC 4443): a connected datagram socket sees ECONNREFUSED. */
export function refusedDatagram(captured: Buffer, addresses: Addresses): Buffer {
  const packet = Buffer.from(captured);
  readdress(packet, addresses);
  finish(packet);
  const v4 = isIpv4(packet);
  const quoted = packet.subarray(0, v4 ? transport(packet).at + 8 : Math.min(packet.length, 1192));
  const header = Buffer.alloc(8);
  header.writeUInt8(v4 ? 3 : 1, 0);
  header.writeUInt8(v4 ? 3 : 4, 1);
  return reply(packet, v4 ? icmp : icmp6, Buffer.concat([header, quoted]));
}

export function protocolOf(packet: Buffer): number {
  return transport(packet).protocol;
}

/** Of a TCP or UDP packet; zero where it is too short to have any. */
export function portsOf(packet: Buffer): { sourcePort: number; destinationPort: number } {
  const { at } = transport(packet);
  if (packet.length < at + 4) return { sourcePort: 0, destinationPort: 0 };
  return { sourcePort: packet.readUInt16BE(at), destinationPort: packet.readUInt16BE(at + 2) };
}

/** Destination of an IP packet as 4 or 16 bytes. */
export function destinationOf(packet: Buffer): Buffer {
  return isIpv4(packet) ? packet.subarray(16, 20) : packet.subarray(24, 40);
}

/** Source of an IP packet as 4 or 16 bytes. */
export function sourceOf(packet: Buffer): Buffer {
  return isIpv4(packet) ? packet.subarray(12, 16) : packet.subarray(8, 24);
}
