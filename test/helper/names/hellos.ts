// First bytes of real clients: what they send to a listener that only listens.
import { execFile, spawn } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Everything that a TLS client sends before it hears anything. `command` gets the port. */
export async function firstBytes(command: (port: number) => string[]): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const [program = "", ...args] = command((server.address() as AddressInfo).port);
  const child = spawn(program, args, { stdio: ["pipe", "ignore", "ignore"] });
  try {
    const [socket] = await once(server, "connection", { signal: AbortSignal.timeout(20_000) });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", () => {});
    await once(socket, "data", { signal: AbortSignal.timeout(20_000) });
    // A ClientHello may come in more than one piece.
    for (let known = -1; known !== chunks.length; ) {
      known = chunks.length;
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    return Buffer.concat(chunks);
  } finally {
    child.kill("SIGKILL");
    server.close();
  }
}

/** The first datagrams of Debian's Chromium, made to speak QUIC to 127.0.0.1:4433. */
export async function chromiumDatagrams(host: string, count: number): Promise<Buffer[]> {
  const profile = mkdtempSync(join(tmpdir(), "picket-chromium-"));
  const flags = [
    ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    ...["--disable-component-update", `--user-data-dir=${profile}`, "--enable-quic"],
    ...[`--origin-to-force-quic-on=${host}:4433`, `--host-resolver-rules=MAP ${host} 127.0.0.1`],
  ];
  const script = join(import.meta.dirname, "first-datagrams.py");
  const command = ["--net", "/usr/bin/python3", script, String(count), "chromium", ...flags, `https://${host}:4433/`];
  try {
    const printed = await new Promise<string>((resolve, reject) => {
      execFile("unshare", command, { timeout: 60_000 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
    });
    return printed
      .trim()
      .split("\n")
      .map((line) => Buffer.from(line, "hex"));
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** A ClientHello's handshake bytes, made by hand: for what real clients do not send. */
export function clientHello(extensions: [type: number, data: Buffer][]): Buffer {
  const list = Buffer.concat(extensions.map(([type, data]) => Buffer.concat([u16(type), u16(data.length), data])));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    u16(2),
    u16(0x1301),
    Buffer.from([1, 0]),
    u16(list.length),
    list,
  ]);
  return Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
}

export function serverName(name: string, type = 0): [number, Buffer] {
  const bytes = Buffer.from(name, "latin1");
  const entry = Buffer.concat([Buffer.from([type]), u16(bytes.length), bytes]);
  return [0, Buffer.concat([u16(entry.length), entry])];
}

/** TLS records of at most `size` bytes each. */
export function records(handshake: Buffer, size = 16384): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < handshake.length; at += size) {
    const piece = handshake.subarray(at, at + size);
    pieces.push(Buffer.from([22, 3, 1]), u16(piece.length), piece);
  }
  return Buffer.concat(pieces);
}

export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

export interface QuicKeys {
  version: number;
  /** Of the first byte, that say Initial. */
  bits: number;
  key: Buffer;
  iv: Buffer;
  hp: Buffer;
}
const hex = (text: string) => Buffer.from(text, "hex");

/** Client keys for the connection id 8394c8f03e515708, as the RFCs print them. */
export const connectionId = hex("8394c8f03e515708");
export const rfcKeys: Record<"v1" | "v2", QuicKeys> = {
  // RFC 9001, A.1.
  v1: {
    version: 1,
    bits: 0,
    key: hex("1f369613dd76d5467730efcbe3b1a22d"),
    iv: hex("fa044b2f42a3fd3b46fb255c"),
    hp: hex("9f50449e04a0e810283a1e9933adedd2"),
  },
  // RFC 9369, A.1.
  v2: {
    version: 0x6b3343cf,
    bits: 1,
    key: hex("8b1a0bc121284290a29e0971b5cd045d"),
    iv: hex("91f73e2351d8fa91660e909f"),
    hp: hex("45b95e15235d6f45a6b19cbcb0294ba9"),
  },
};

export function cryptoFrame(offset: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([6]), u16(0x4000 | offset), u16(0x4000 | bytes.length), bytes]);
}

/** One protected Initial packet. */
export function initialPacket(keys: QuicKeys, number: number, frames: Buffer, token = Buffer.alloc(0)): Buffer {
  const header = Buffer.concat([
    Buffer.from([0xc0 | (keys.bits << 4) | 1]), // two bytes of packet number
    hex(keys.version.toString(16).padStart(8, "0")),
    Buffer.from([connectionId.length]),
    connectionId,
    Buffer.from([0]),
    u16(0x4000 | token.length),
    token,
    u16(0x4000 | (2 + frames.length + 16)),
    u16(number & 0xffff),
  ]);
  const nonce = Buffer.from(keys.iv);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ number) >>> 0, 8);
  const cipher = createCipheriv("aes-128-gcm", keys.key, nonce).setAAD(header);
  const sealed = Buffer.concat([cipher.update(frames), cipher.final(), cipher.getAuthTag()]);
  // Four bytes behind the number's beginning (RFC 9001, 5.4.2).
  const mask = createCipheriv("aes-128-ecb", keys.hp, null).update(sealed.subarray(2, 18));
  const at = header.length - 2;
  header.writeUInt8(header.readUInt8(0) ^ (mask.readUInt8(0) & 15), 0);
  header.writeUInt16BE(header.readUInt16BE(at) ^ mask.readUInt16BE(1), at);
  return Buffer.concat([header, sealed]);
}
