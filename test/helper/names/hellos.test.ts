// Server names in the first bytes of real clients, and of such as nobody should trust.
import { beforeAll, describe, expect, it } from "vitest";
import { parseHandshake, parseTls } from "../../../helper/names/client-hello.ts";
import { Handshakes } from "../../../helper/names/handshakes.ts";
import { QuicInitial } from "../../../helper/names/quic-initial.ts";
import {
  chromiumDatagrams,
  clientHello,
  connectionId,
  cryptoFrame,
  firstBytes,
  initialPacket,
  records,
  rfcKeys,
  serverName,
  u16,
} from "./hellos.ts";

const hello = (name: string) => clientHello([[0x0a0a, Buffer.alloc(0)], serverName(name)]);

describe("TLS", () => {
  const node = (port: number, options: string) => [
    process.execPath,
    "-e",
    `require("node:tls").connect({ host: "127.0.0.1", port: ${port}, ${options} }).on("error", () => {})`,
  ];

  it.each<[string, string | null, string[], (port: number) => string[]]>([
    [
      "curl",
      "shop.example",
      ["h2", "http/1.1"],
      (port) => ["curl", "-s", "--resolve", `shop.example:${port}:127.0.0.1`, `https://shop.example:${port}/`],
    ],
    [
      "openssl",
      "mail.example",
      [],
      (port) => ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, "-servername", "Mail.Example"],
    ],
    [
      "openssl with TLS 1.2",
      "old.example",
      [],
      (port) => ["openssl", "s_client", "-tls1_2", "-connect", `127.0.0.1:${port}`, "-servername", "old.example"],
    ],
    [
      "openssl without a name",
      null,
      [],
      (port) => ["openssl", "s_client", "-connect", `127.0.0.1:${port}`, "-noservername"],
    ],
    [
      "node",
      "xn--bcher-kva.example",
      ["h3", "http/1.1"],
      (port) => node(port, `servername: "xn--bcher-kva.example", ALPNProtocols: ["h3", "http/1.1"]`),
    ],
    [
      "python",
      "api.example",
      [],
      (port) => [
        "/usr/bin/python3",
        "-c",
        `import socket, ssl; ssl.create_default_context().wrap_socket(socket.create_connection(("127.0.0.1", ${port})), server_hostname="api.example")`,
      ],
    ],
  ])("of %s names %s", async (_, name, protocols, command) => {
    const bytes = await firstBytes(command);
    expect(parseTls(bytes)).toEqual({ serverName: name, protocols, encrypted: false });
    for (let end = 0; end < bytes.length; end += 7) expect(parseTls(bytes.subarray(0, end))).toBeUndefined();
  });

  it("in many records, and in segments of any size and order", () => {
    const stream = records(hello("small.example"), 11);
    expect(parseTls(stream)?.serverName).toBe("small.example");
    for (const size of [3, 40, 1000]) {
      const handshakes = new Handshakes();
      const found: unknown[] = [];
      for (let at = 0; at < stream.length; at += size)
        found.push(handshakes.segment("flow", 0xfffffff0 + at, stream.subarray(at, at + size)));
      expect(found.slice(0, -1).every((one) => one === undefined)).toBe(true);
      expect(found.at(-1)).toMatchObject({ serverName: "small.example" });
    }
    const late = new Handshakes();
    expect(late.segment("flow", 100, stream.subarray(0, 20))).toBeUndefined();
    expect(late.segment("flow", 160, stream.subarray(60))).toBeUndefined();
    expect(late.segment("flow", 100, stream.subarray(0, 20))).toBeUndefined();
    expect(late.segment("flow", 110, stream.subarray(10, 70))).toMatchObject({ serverName: "small.example" });
  });

  it("with an encrypted ClientHello says so, and names whom it shows", () => {
    const bytes = records(clientHello([serverName("public.example"), [0xfe0d, Buffer.alloc(40)]]));
    expect(parseTls(bytes)).toMatchObject({ serverName: "public.example", encrypted: true });
  });

  it.each(["192.0.2.1", "a\0b.example", "ä.example", "", "x".repeat(300), "a..b", "a.-"])(
    "naming %j names nobody",
    (name) => {
      expect(parseHandshake(hello(name))).toMatchObject({ serverName: null });
    },
  );

  it("is not taken for what it is not", () => {
    expect(parseTls(Buffer.from("GET / HTTP/1.1\r\n"))).toBeNull();
    expect(parseTls(Buffer.from("SSH-2.0-OpenSSH"))).toBeNull();
    expect(parseTls(Buffer.from([22, 3, 1, 0, 0]))).toBeNull();
    expect(parseTls(records(Buffer.from([2, 0, 0, 1, 0])))).toBeNull();
    expect(parseHandshake(Buffer.from([1, 0xff, 0xff, 0xff]))).toBeNull();
    // Lengths that point beyond what holds them.
    const bytes = hello("cut.example");
    bytes.writeUInt16BE(60_000, bytes.length - "cut.example".length - 5);
    expect(parseHandshake(bytes)).toBeNull();
    expect(parseTls(Buffer.alloc(0))).toBeUndefined();
  });
});

describe("QUIC", () => {
  let chromium: Buffer[];
  beforeAll(async () => {
    chromium = await chromiumDatagrams("video.example", 4);
  }, 90_000);
  const all = (datagrams: Buffer[]) => {
    const initial = new QuicInitial();
    return datagrams.map((datagram) => initial.push(datagram));
  };

  it("of Chromium: its ClientHello takes more than one datagram, its pieces are shuffled", () => {
    const said = all(chromium);
    expect(said[0]).toBeUndefined();
    expect(said.find(Boolean)).toEqual({ serverName: "video.example", protocols: ["h3"], encrypted: true });
    const backwards = all(chromium.slice(0, 2).reverse());
    expect(backwards[0]).toBeUndefined();
    expect(backwards.at(-1)).toMatchObject({ serverName: "video.example" });
  });

  it.each(["v1", "v2"] as const)("%s with the keys that its RFC prints", (version) => {
    const keys = rfcKeys[version];
    const bytes = hello("rfc.example");
    const [a, b, c] = [bytes.subarray(0, 30), bytes.subarray(30, 50), bytes.subarray(50)];
    const shuffled = Buffer.concat([
      cryptoFrame(50, c),
      Buffer.from([1, 0, 0]),
      cryptoFrame(0, a),
      cryptoFrame(20, bytes.subarray(20, 55)),
    ]);
    expect(all([initialPacket(keys, 2, shuffled, Buffer.alloc(70))])).toMatchObject([{ serverName: "rfc.example" }]);
    // Over three packets: two in one datagram behind one another, with 0-RTT between them.
    const early = Buffer.concat([
      Buffer.from([0xd0 + (keys.bits << 4)]),
      u16(keys.version >>> 16),
      u16(keys.version & 0xffff),
      Buffer.from([8]),
      connectionId,
      Buffer.from([0]),
      u16(0x4014),
      Buffer.alloc(20),
    ]);
    const first = Buffer.concat([
      initialPacket(keys, 0, cryptoFrame(30, b)),
      early,
      initialPacket(keys, 1, cryptoFrame(0, a)),
    ]);
    expect(all([first, initialPacket(keys, 65_600, cryptoFrame(50, c))]).map((one) => one?.serverName)).toEqual([
      undefined,
      undefined,
    ]);
    expect(all([first, initialPacket(keys, 2, cryptoFrame(50, c))]).map((one) => one?.serverName)).toEqual([
      undefined,
      "rfc.example",
    ]);
  });

  it("whose seal is broken, of another version, or no QUIC at all is none", () => {
    const packet = initialPacket(rfcKeys.v1, 0, cryptoFrame(0, hello("a.example")));
    const broken = Buffer.from(packet);
    broken.writeUInt8(broken.readUInt8(broken.length - 1) ^ 1, broken.length - 1);
    expect(all([broken])).toEqual([null]);
    const draft = Buffer.from(packet);
    draft.writeUInt32BE(0xff00001d, 1);
    expect(all([draft])).toEqual([null]);
    expect(all([Buffer.alloc(1200, 0x40)])).toEqual([null]);
    expect(all([Buffer.alloc(0)])).toEqual([null]);
    expect(all([packet.subarray(0, 60)])).toEqual([null]);
  });

  it("that never comes to an end is given up", () => {
    const said = all(
      Array.from({ length: 30 }, (_, at) => initialPacket(rfcKeys.v1, at, cryptoFrame(1 + at, Buffer.alloc(30)))),
    );
    expect(said[0]).toBeUndefined();
    expect(said.at(-1)).toBeNull();
  });
});
