// The name that a TLS client asks for in the clear: TLS records or bare handshake bytes to the server_name of a ClientHello (RFC 8446,
// RFC 6066). Pure, bounded, throws nothing. Undefined: more bytes are needed. Null: this is no ClientHello, and never will be.

import { hostName } from "../policy/host-name.ts";
import { ByteReader, parsed } from "./byte-reader.ts";

/** With post-quantum key shares a ClientHello has 2 KiB; a session ticket can make it several. */
export const mostHelloBytes = 16 * 1024;
const handshakeRecord = 22;
const clientHello = 1;
const extension = { serverName: 0, alpn: 16, encryptedClientHello: 0xfe0d } as const;
const mostProtocols = 16;

export interface ClientHello {
  /** Null where the client names nobody, or no host. */
  readonly serverName: string | null;
  /** Application protocols it offers: "h2", "http/1.1"… */
  readonly protocols: readonly string[];
  /**
   * Whether it has an encrypted_client_hello: then serverName may be but the public name of whoever serves many. Browsers send an empty
   * one to hosts that offer none, which looks the same.
   */
  readonly encrypted: boolean;
}

/** Of a TCP connection's first bytes. */
export function parseTls(stream: Buffer): ClientHello | null | undefined {
  const fragments: Buffer[] = [];
  let kept = 0;
  for (let at = 0; ; ) {
    const rest = stream.subarray(at);
    if (rest.length > 0 && rest[0] !== handshakeRecord) return null;
    if (rest.length > 1 && rest[1] !== 3) return null;
    // Records of no length (RFC 8446, 5.1: forbidden) would go on for ever.
    if (rest.length >= 5 && (rest.readUInt16BE(3) === 0 || rest.readUInt16BE(3) > mostHelloBytes)) return null;
    const fragment = rest.subarray(5, rest.length >= 5 ? 5 + rest.readUInt16BE(3) : 5);
    fragments.push(fragment);
    kept += fragment.length;
    if (rest.length < 5 || fragment.length < rest.readUInt16BE(3) || kept > mostHelloBytes) break;
    at += 5 + fragment.length;
  }
  return parseHandshake(Buffer.concat(fragments));
}

/** Of handshake bytes, as QUIC carries them. */
export function parseHandshake(bytes: Buffer): ClientHello | null | undefined {
  if (bytes.length > 0 && bytes[0] !== clientHello) return null;
  if (bytes.length < 4) return undefined;
  const length = bytes.readUIntBE(1, 3);
  if (4 + length > mostHelloBytes) return null;
  if (bytes.length < 4 + length) return undefined;
  return parsed(() => readHello(new ByteReader(bytes.subarray(4, 4 + length))));
}

function readHello(hello: ByteReader): ClientHello {
  hello.take(2 + 32); // version, random
  hello.piece(1); // session id
  hello.piece(2); // cipher suites
  hello.piece(1); // compression methods
  let serverName: string | null = null;
  let protocols: string[] = [];
  let encrypted = false;
  const extensions = new ByteReader(hello.left > 0 ? hello.piece(2) : Buffer.alloc(0));
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const data = new ByteReader(extensions.piece(2));
    if (type === extension.serverName) serverName = readServerName(data);
    if (type === extension.alpn) protocols = readProtocols(data);
    if (type === extension.encryptedClientHello) encrypted = true;
  }
  return { serverName, protocols, encrypted };
}

/** The first of type host_name. */
function readServerName(data: ByteReader): string | null {
  const names = new ByteReader(data.piece(2));
  while (names.left > 0) {
    const type = names.number(1);
    const name = names.piece(2);
    if (type === 0) return hostName(name.toString("latin1"));
  }
  return null;
}

function readProtocols(data: ByteReader): string[] {
  const list = new ByteReader(data.piece(2));
  const protocols: string[] = [];
  while (list.left > 0 && protocols.length < mostProtocols) {
    const protocol = list.piece(1).toString("latin1");
    // GREASE and what would do mischief on a screen is left out.
    if (/^[\x21-\x7e]+$/.test(protocol)) protocols.push(protocol);
  }
  return protocols;
}
