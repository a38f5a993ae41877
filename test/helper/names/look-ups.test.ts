// Names from real look-ups of guarded programs: what the kernel programs copied, paired and trusted or not.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { countCpus, readCounters } from "../../../helper/kernel/records.ts";
import type { Asker } from "../../../helper/names/names.ts";
import { payloadsOf } from "../../../helper/names/payloads.ts";
import { addressHex, formatAddress } from "../../../helper/policy/address.ts";
import { DnsServer, ownLoopback } from "../../network/dns-server.ts";
import { Guarded, getaddrinfo, networkNamespace, python } from "./guarded.ts";
import { clientHello, cryptoFrame, initialPacket, records, rfcKeys, serverName } from "./hellos.ts";

let server: DnsServer;
/** Takes queries and says nothing. */
const silent = "127.77.0.53";
let guarded: Guarded;

beforeAll(async () => {
  server = await DnsServer.start();
  guarded = await Guarded.start();
});
afterAll(async () => {
  await guarded?.stop();
  await server?.stop();
});
beforeEach(() => guarded.forget(server.address));
afterEach(() => expect(guarded.failures.splice(0)).toEqual([]));

const dig = (host: string, ...options: string[]) => [
  "dig",
  `@${server.address}`,
  "+tries=1",
  "+short",
  ...options,
  host,
];
const trusted = { trusted: true, source: "query" };

describe("a look-up at a configured resolver names the address", () => {
  it.each([[[]], [["+tcp"]], [["+noedns"]]])("by dig %j", async (options) => {
    expect(await guarded.run(dig("plain.example", ...options))).toBe("198.51.100.7\n");
    expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", ...trusted }]);
    expect(guarded.namesOf("198.51.100.8")).toEqual([]);
  });

  it("by getaddrinfo(), both families, under the name that was asked for", async () => {
    const both = await guarded.run(getaddrinfo("plain.example"), { resolver: server.address });
    expect(both).toBe("['198.51.100.7', '2001:db8:7::7']\n");
    expect(guarded.namesOf("2001:db8:7::7")).toEqual([{ name: "plain.example", ...trusted }]);
    await guarded.run(getaddrinfo("shop.example"), { resolver: server.address });
    const aliases = ["edge.cdn.example", "real.cdn.example"];
    expect(guarded.namesOf("198.51.100.8")).toEqual([{ name: "shop.example", aliases, ...trusted }]);
  });

  it("by an answer that was too large for a datagram and came by TCP", async () => {
    await guarded.run(dig("large.example", "+noedns", "+bufsize=512"));
    expect(guarded.namesOf("203.0.113.40")).toEqual([{ name: "large.example", ...trusted }]);
    expect(guarded.learned).toHaveLength(40);
  });

  it("by messages in the smallest pieces, two on one connection", async () => {
    const script = `
import socket, sys, struct, time
def query(id, name):
    body = struct.pack(">6H", id, 0x100, 1, 0, 0, 0) + b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\\0\\0\\1\\0\\1"
    return struct.pack(">H", len(body)) + body
s = socket.create_connection((sys.argv[1], 53)); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for byte in query(1, "plain.example") + query(2, "modern.example"): s.send(bytes([byte]))
got = b""
while len(got) < 99: got += s.recv(3)
`;
    await guarded.run([python, "-c", script, server.address]);
    expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", ...trusted }]);
    expect(guarded.namesOf("198.51.100.10")).toEqual([{ name: "modern.example", ...trusted }]);
  });

  it("and is read before the connection that follows is judged, every time", async () => {
    guarded.setMode("ask");
    const seen: [string, string[]][] = [];
    guarded.onHeld = ({ flow, process }) => {
      const names = guarded.names.namesOf(flow.address.toString("hex"), process);
      seen.push([formatAddress(flow.address), names.filter(({ own }) => own).map(({ name }) => name)]);
    };
    for (let round = 0; round < 3; round++) {
      guarded.runAlone(["curl", "-s", "-4", "--max-time", "0.3", "http://shop.example/"], { resolver: server.address });
      // Not by chance: only `events` is read, the answer is still in its ring.
      guarded.readEvents();
    }
    expect(seen.length).toBeGreaterThanOrEqual(3);
    expect(new Set(seen.map(([address]) => address))).toEqual(new Set(["198.51.100.8"]));
    for (const [, names] of seen) expect(names).toEqual(["shop.example"]);
  });

  it("for as long as its record lives, also when it is read late", () => {
    guarded.runAlone(dig("plain.example"));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    const [named] = guarded.names.namesOf(addressHex("198.51.100.7"));
    expect((named?.until ?? 0) - performance.now()).toBeLessThan(298_700);
    expect((named?.until ?? 0) - performance.now()).toBeGreaterThan(240_000);
  });

  it("for who asked as its own, for others as somebody's", async () => {
    await guarded.run(dig("plain.example"));
    const [named] = guarded.names.namesOf("00000000000000000000ffffc6336407", null);
    expect(named).toMatchObject({ name: "plain.example", own: false });
  });
});

describe("what is not trusted", () => {
  it("an answer of anybody but a configured resolver labels, and changes nothing about a trusted name", async () => {
    guarded.resolvers = [];
    await guarded.run(dig("plain.example"));
    expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", trusted: false, source: "query" }]);
    guarded.resolvers = [server.address];
    await guarded.run(dig("plain.example"));
    expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", ...trusted }]);
    guarded.resolvers = [];
    await guarded.run(dig("plain.example"));
    expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", ...trusted }]);
  });

  it("an answer in another network namespace, of the very same address", async () => {
    const namespace = networkNamespace(`pkd-${randomBytes(3).toString("hex")}`);
    let other: DnsServer | undefined;
    try {
      other = await DnsServer.start(server.address, namespace.within);
      const out = await guarded.run(dig("plain.example"), { within: namespace.within });
      expect(out).toBe("198.51.100.7\n");
      expect(guarded.namesOf("198.51.100.7")).toEqual([{ name: "plain.example", trusted: false, source: "query" }]);
    } finally {
      await other?.stop();
      namespace.remove();
    }
  });

  it("forged answers: another id, another question, another sender, nobody's question", async () => {
    const [resolver, stranger] = [ownLoopback(), ownLoopback()];
    guarded.resolvers = [resolver];
    // The resolver and a stranger, both outside the guard; the client takes whatever comes.
    const servers = `
import socket, sys, struct, threading
def bound(a): s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((a, 53)); return s
def name(n): return b"".join(bytes([len(l)]) + l.encode() for l in n.split(".")) + b"\\0\\0\\1\\0\\1"
def answer(id, n, last): return struct.pack(">6H", id, 0x8180, 1, 1, 0, 0) + name(n) + b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + bytes([192, 0, 2, last])
r, x = bound(sys.argv[1]), bound(sys.argv[2])
print("ready", flush=True)
q, to = r.recvfrom(512)
id = struct.unpack(">H", q[:2])[0]
r.sendto(answer(id ^ 1, "bank.example", 1), to)
r.sendto(answer(id, "other.example", 2), to)
x.sendto(answer(id, "bank.example", 3), to)
r.sendto(answer(id, "bank.example", 4), to)
r.sendto(answer(id, "bank.example", 5), to)
r.sendto(answer(99, "unasked.example", 6), to)
`;
    const client = `
import socket, sys, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + b"\\4bank\\7example\\0\\0\\1\\0\\1", (sys.argv[1], 53))
s.settimeout(5)
print(sorted(s.recv(512)[-1] for _ in range(6)))
`;
    const child = spawn(python, ["-c", servers, resolver, stranger], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      await new Promise((resolve) => child.stdout.once("data", resolve));
      expect(await guarded.run([python, "-c", client, resolver])).toBe("[1, 2, 3, 4, 5, 6]\n");
    } finally {
      child.kill("SIGKILL");
    }
    expect(guarded.namesOf("192.0.2.4")).toEqual([{ name: "bank.example", ...trusted }]);
    for (const last of [1, 2, 3, 5, 6]) expect(guarded.namesOf(`192.0.2.${last}`)).toEqual([]);
    expect(guarded.names.figures.unaskedAnswers).toBe(5);
  });
});

describe("what an app says of its connection", () => {
  const asker = { exe: { inode: 1n, device: 2 } } as Asker;
  const address = addressHex("198.51.100.20");
  const segment = (name: string, encrypted: boolean) =>
    records(clientHello([serverName(name), ...(encrypted ? ([[0xfe0d, Buffer.alloc(9)]] as [number, Buffer][]) : [])]));

  it("labels its address, and is no more than that until a configured resolver said the same", async () => {
    const { names } = guarded;
    expect(names.hear("flow", address, asker, 100, segment("plain.example", false))).toMatchObject({
      serverName: "plain.example",
      isPublicName: false,
    });
    expect(names.namesOf(address, asker)).toMatchObject([
      { name: "plain.example", source: "sni", trusted: false, own: true },
    ]);
    expect(names.namesOf(addressHex("198.51.100.7"))).toEqual([]);
    expect(names.hear("other", address, asker, null, Buffer.alloc(20))).toBeNull();
  });

  it.each([
    ["one by one", 0],
    ["in one packet, as the kernel takes them together", 1],
  ])("is read from held datagrams %s", async (_, together) => {
    guarded.setMode("ask");
    const said: unknown[] = [];
    guarded.onHeld = (record, packet) => {
      const address = record.flow.address.toString("hex");
      const heard = payloadsOf(packet, record.segment_bytes).map(({ sequence, bytes }) =>
        guarded.names.hear("flow", address, record.process, sequence, bytes),
      );
      said.push(heard.find((each) => each !== undefined));
    };
    const hello = clientHello([serverName("video.example")]);
    const frame = (at: number, bytes: Buffer) =>
      Buffer.concat([cryptoFrame(at, bytes), Buffer.alloc(1100 - bytes.length)]);
    const first = initialPacket(rfcKeys.v1, 0, frame(0, hello.subarray(0, 30)));
    const second = initialPacket(rfcKeys.v1, 1, frame(30, hello.subarray(30)));
    expect(second).toHaveLength(first.length);
    const script = `
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0))
if ${together}: s.setsockopt(17, 103, ${first.length})
for datagram in ${together ? "[sys.argv[1] + sys.argv[2]]" : "sys.argv[1:]"}: s.sendto(bytes.fromhex(datagram), ("127.9.9.9", 443))
`;
    guarded.runAlone([python, "-c", script, first.toString("hex"), second.toString("hex")]);
    guarded.readEvents();
    expect(said.at(-1)).toMatchObject({ serverName: "video.example" });
    expect(said).toHaveLength(together ? 1 : 2);
    expect(guarded.namesOf("127.9.9.9")).toEqual([{ name: "video.example", trusted: false, source: "quic" }]);
  });

  it("is known for a public name once its resolver told of it", async () => {
    const hear = (name: string) => guarded.names.hear(name, address, asker, 1, segment(name, true));
    expect(hear("public.example")).toMatchObject({ encrypted: true, isPublicName: false });
    await guarded.run(["dig", `@${server.address}`, "+tries=1", "-t", "TYPE65", "hidden.example"]);
    guarded.names.drain();
    expect(hear("public.example")).toMatchObject({ encrypted: true, isPublicName: true });
    expect(hear("other.example")).toMatchObject({ encrypted: true, isPublicName: false });
  });
});

describe("one app that asks for very much", () => {
  const cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
  const lost = () => readCounters(guarded.programs.maps.counters, cpus).namesLost ?? 0;
  /** Python that asks so many times, with a pause after every 50 (seconds). */
  const asking = (times: number, pause: number) => `
import socket, sys, struct, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(${times}):
    s.sendto(struct.pack(">6H", i, 0x100, 1, 0, 0, 0) + b"\\5plain\\7example\\0\\0\\1\\0\\1", (sys.argv[1], 53))
    if i % 50 == 49: time.sleep(${pause})
`;

  it("loses its own look-ups, counted, and nobody else's", async () => {
    guarded.runAlone([python, "-c", asking(4000, 0), server.address]);
    const afterFlood = lost();
    expect(afterFlood).toBeGreaterThan(0);
    expect(afterFlood).toBeLessThan(8000);
    expect(guarded.runAlone(dig("modern.example"))).toBe("198.51.100.10\n");
    expect(lost()).toBe(afterFlood);
    guarded.names.drain();
    expect(guarded.namesOf("198.51.100.10")).toEqual([{ name: "modern.example", ...trusted }]);
  });

  it("has them read although nobody answers", async () => {
    guarded.names.drain();
    const before = lost();
    await guarded.run([python, "-c", asking(2000, 0.05), silent]);
    expect(lost()).toBe(before);
  });
});
