// The ClientHello in a QUIC client's first datagrams: everybody on the way can open Initial packets, their keys follow from the
// connection id (RFC 9001, 5.2). Versions 1 and 2 (RFC 9369). Bounded, throws nothing.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";
import { ByteReader, parsed } from "./byte-reader.ts";
import { type ClientHello, mostHelloBytes, parseHandshake } from "./client-hello.ts";
import { Pieces } from "./pieces.ts";

/** A ClientHello takes two or three datagrams; they may be sent again, and once more after a Retry. */
const mostDatagrams = 24;
const mostPackets = 8;
const mostConnectionId = 20;
const sampleBytes = 16;
const tagBytes = 16;

interface Version {
  readonly salt: Buffer;
  readonly prefix: string;
  /** The two bits that say Initial. */
  readonly initial: number;
}

const versions: Record<number, Version> = {
  1: { salt: Buffer.from("38762cf7f55934b34d179ae6a4c80cadccbb7f0a", "hex"), prefix: "quic", initial: 0 },
  // RFC 9369, 3.3.
  1798521807: { salt: Buffer.from("0dede3def700a6db819381be6e269dcbf9bd2ed9", "hex"), prefix: "quicv2", initial: 1 },
};

interface Keys {
  readonly id: string;
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly mask: Buffer;
}

export class QuicInitial {
  private keys: Keys | undefined;
  /** Those derived last, fitting or not: deriving costs more than all the rest. */
  private derived: Keys | undefined;
  private crypto = new Pieces(mostHelloBytes);
  private datagrams = 0;
  private largest = -1;

  /** Takes what the client sent next. Undefined: more is needed. Null: this is no QUIC of ours, or nothing readable came of it. */
  push(datagram: Buffer): ClientHello | null | undefined {
    if (++this.datagrams > mostDatagrams) return null;
    const opened = parsed(() => this.open(datagram));
    if (!opened && this.keys === undefined) return null;
    return parseHandshake(this.crypto.start());
  }

  /** Every packet of the datagram; whether there was an Initial one that could be read. */
  private open(datagram: Buffer): boolean {
    let found = false;
    let only: Buffer | undefined;
    let rest = datagram;
    for (let packets = 0; rest.length > 0 && packets < mostPackets; packets++) {
      // A short header: what is behind the handshake.
      if ((rest.readUInt8(0) & 0xc0) !== 0xc0) break;
      const version = versions[rest.readUInt32BE(1)];
      if (version === undefined) break;
      const header = new ByteReader(rest.subarray(5));
      const id = header.piece(1);
      const source = header.piece(1);
      if (id.length > mostConnectionId || source.length > mostConnectionId) break;
      // One datagram is for one connection (RFC 9000, 12.2).
      only ??= id;
      if (!only.equals(id)) break;
      const initial = ((rest.readUInt8(0) >> 4) & 3) === version.initial;
      if (initial) header.take(header.variable()); // token
      const length = header.variable();
      const start = rest.length - header.left;
      const packet = rest.subarray(0, start + length);
      if (length > header.left) break;
      if (initial && this.read(packet, start, version, id)) found = true;
      rest = rest.subarray(packet.length);
    }
    return found;
  }

  /** `start`: where the protected packet number begins. */
  private read(packet: Buffer, start: number, version: Version, id: Buffer): boolean {
    const name = `${version.prefix} ${id.toString("hex")}`;
    if (this.derived?.id !== name) this.derived = deriveKeys(version, id, name);
    const keys = this.keys?.id === name ? this.keys : this.derived;
    const payload = decrypt(packet, start, keys, this.keys === keys ? this.largest : -1);
    if (payload === null) return false;
    if (this.keys !== keys) {
      // The first, or the first after a Retry: the client begins anew.
      this.crypto = new Pieces(mostHelloBytes);
      this.keys = keys;
    }
    this.largest = Math.max(this.largest, payload.number);
    this.readFrames(new ByteReader(payload.frames));
    return true;
  }

  /** Frames that an Initial packet may have (RFC 9000, 17.2.2). */
  private readFrames(frames: ByteReader): void {
    while (frames.left > 0) {
      const type = frames.variable();
      if (type === 0 || type === 1) continue; // PADDING, PING
      if (type === 6) {
        const offset = frames.variable();
        this.crypto.add(offset, frames.take(frames.variable()));
      } else if (type === 2 || type === 3) {
        frames.variable();
        frames.variable();
        const ranges = frames.variable();
        for (let i = 0; i < 1 + 2 * ranges + (type === 3 ? 3 : 0); i++) frames.variable();
      } else {
        return; // CONNECTION_CLOSE, or what must not be here
      }
    }
  }
}

/** HKDF-Expand-Label for at most one block of SHA-256 (RFC 8446, 7.1). */
function expand(secret: Buffer, label: string, length: number): Buffer {
  const text = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, text.length]), text, Buffer.from([0, 1])]);
  return createHmac("sha256", secret).update(info).digest().subarray(0, length);
}

function deriveKeys({ salt, prefix }: Version, connection: Buffer, id: string): Keys {
  const initial = createHmac("sha256", salt).update(connection).digest();
  const secret = expand(initial, "client in", 32);
  const of = (label: string, length: number) => expand(secret, `${prefix} ${label}`, length);
  return { id, key: of("key", 16), iv: of("iv", 12), mask: of("hp", 16) };
}

/** Removes header protection, then encryption (RFC 9001, 5.3 and 5.4). Null where the keys do not fit. */
function decrypt(
  packet: Buffer,
  start: number,
  keys: Keys,
  largest: number,
): { number: number; frames: Buffer } | null {
  if (packet.length < start + 4 + sampleBytes) return null;
  const cipher = createCipheriv("aes-128-ecb", keys.mask, null).setAutoPadding(false);
  const mask = cipher.update(packet.subarray(start + 4, start + 4 + sampleBytes));
  const first = packet.readUInt8(0) ^ (mask.readUInt8(0) & 0x0f);
  const bytes = (first & 3) + 1;
  const header = Buffer.from(packet.subarray(0, start + bytes));
  header.writeUInt8(first, 0);
  for (let i = 0; i < bytes; i++) header.writeUInt8(header.readUInt8(start + i) ^ mask.readUInt8(1 + i), start + i);
  const number = fullNumber(header.readUIntBE(start, bytes), bytes, largest);
  const nonce = Buffer.from(keys.iv);
  for (let i = 0; i < 6; i++) {
    const at = nonce.length - 1 - i;
    nonce.writeUInt8(nonce.readUInt8(at) ^ (Math.floor(number / 256 ** i) & 0xff), at);
  }
  const end = packet.length - tagBytes;
  if (end < start + bytes) return null;
  const decipher = createDecipheriv("aes-128-gcm", keys.key, nonce).setAAD(header).setAuthTag(packet.subarray(end));
  const frames = decipher.update(packet.subarray(start + bytes, end));
  decipher.final(); // throws where the tag does not fit
  return { number, frames };
}

/** RFC 9000, A.3. */
function fullNumber(truncated: number, bytes: number, largest: number): number {
  const window = 256 ** bytes;
  const expected = largest + 1;
  const candidate = Math.floor(expected / window) * window + truncated;
  if (candidate <= expected - window / 2) return candidate + window;
  if (candidate > expected + window / 2 && candidate >= window) return candidate - window;
  return candidate;
}
