// Millions of mutated packets against everything that reads what apps and strangers write.
import { encode } from "dns-packet";
import { parseHandshake, parseTls } from "../../../helper/names/client-hello.ts";
import { parseDns } from "../../../helper/names/dns.ts";
import { DnsStream } from "../../../helper/names/dns-stream.ts";
import { Handshakes } from "../../../helper/names/handshakes.ts";
import { Lookups } from "../../../helper/names/lookups.ts";
import { QuicInitial } from "../../../helper/names/quic-initial.ts";
import { answersOf } from "../../../helper/names/resolved-monitor.ts";
import { clientHello, cryptoFrame, initialPacket, records, rfcKeys, serverName } from "./hellos.ts";

/** xorshift32: the same packets in every run of a seed. */
export function generator(seed: number): (below: number) => number {
  let state = seed || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const hello = clientHello([
  serverName("a.example"),
  [16, Buffer.from("0003026832", "hex")],
  [0xfe0d, Buffer.alloc(20)],
]);
const answer = encode({
  type: "response",
  id: 1,
  flags: 0x8180,
  questions: [{ type: "A", name: "a.example" }],
  answers: [
    { type: "CNAME", name: "a.example", ttl: 60, data: "b.example" },
    { type: "A", name: "b.example", ttl: 60, data: "192.0.2.1" },
    { type: "AAAA", name: "b.example", ttl: 60, data: "2001:db8::1" },
    {
      type: "UNKNOWN_65" as "NULL",
      name: "b.example",
      ttl: 60,
      data: Buffer.from("0001000004000401020304000500080006fe0d00020000", "hex"),
    },
    { type: "TXT", name: "b.example", ttl: 60, data: "text" },
    { type: "SOA", name: "b.example", ttl: 1, data: { mname: "a", rname: "b" } },
  ],
});
const query = encode({ type: "query", id: 1, questions: [{ type: "A", name: "a.example" }] });
const frames = Buffer.concat([
  cryptoFrame(20, hello.subarray(20)),
  Buffer.alloc(3),
  cryptoFrame(0, hello.subarray(0, 40)),
]);
const datagram = initialPacket(rfcKeys.v1, 1, frames);

const seeds = { answer, query, hello, records: records(hello, 30), frames, datagram };

/** Flips, overwrites, cuts, repeats and inserts; a few times. */
function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let out = Buffer.from(bytes);
  for (let times = 1 + random(4); times > 0; times--) {
    const at = random(out.length + 1);
    const kind = random(6);
    if (kind === 0 && at < out.length) out.writeUInt8(out.readUInt8(at) ^ (1 << random(8)), at);
    if (kind === 1 && at < out.length) out.writeUInt8([0, 1, 63, 64, 127, 128, 192, 255][random(8)] as number, at);
    if (kind === 2) out = out.subarray(0, at);
    if (kind === 3) out = Buffer.concat([out.subarray(0, at), out.subarray(random(out.length + 1))]);
    if (kind === 4) out = Buffer.concat([out.subarray(0, at), Buffer.alloc(random(9), random(256)), out.subarray(at)]);
    if (kind === 5 && at + 2 <= out.length)
      out.writeUInt16BE(random(2) ? 0xc000 | random(out.length) : random(65536), at);
  }
  return Buffer.from(out.subarray(0, 4096));
}

export interface Outcome {
  packets: number;
  /** Packets that still said something: the mutations are not all noise. */
  understood: number;
  /** The slowest, and all of them: milliseconds of this thread's CPU time, for the machine may be busy. */
  slowest: number;
  cpu: number;
}

function cpuTime(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Throws what a parser throws. */
export function attack(packets: number, seed: number): Outcome {
  const random = generator(seed);
  const lookups = new Lookups();
  const handshakes = new Handshakes();
  const plain = ["answer", "query", "hello", "records"] as const;
  // What has to be opened costs fifty times what is plain.
  const names: (keyof typeof seeds)[] = [...plain, ...plain, ...plain, ...plain, "frames", "datagram"];
  const outcome = { packets, understood: 0, slowest: 0, cpu: 0 };
  const began = cpuTime();
  let stream = new DnsStream(0);
  let quic = new QuicInitial();
  for (let n = 0; n < packets; n++) {
    const kind = names[n % names.length] as keyof typeof seeds;
    const bytes = mutate(seeds[kind], random);
    const start = cpuTime();
    let said: unknown;
    if (kind === "answer" || kind === "query") {
      said = parseDns(bytes);
      const passing = {
        socket: `${random(9)}`,
        remote: "r",
        owner: `${random(3)}`,
        sequence: random(3000),
        opens: random(20) === 0,
      };
      lookups.pass({ ...passing, protocol: random(2) ? "udp" : "tcp", arriving: kind === "answer" }, bytes, n);
      if (random(50) === 0) stream = new DnsStream(random(1000));
      stream.push(random(3000), bytes);
      if (n % 64 === 0)
        answersOf({
          parameters: {
            state: "success",
            question: [{ class: 1, type: 1, name: bytes.toString("latin1", 0, 20) }],
            answer: [{ raw: bytes.toString("base64") }],
          },
        });
    } else if (kind === "hello") said = parseHandshake(bytes);
    else if (kind === "records") {
      said = parseTls(bytes);
      handshakes.segment(`${random(700)}`, random(2) ? 0 : random(0xffffffff), bytes);
    } else {
      // Half of them well sealed, so that what is within is read.
      const packet =
        kind === "frames"
          ? initialPacket(
              rfcKeys[random(2) ? "v1" : "v2"],
              random(70_000),
              Buffer.concat([bytes.subarray(0, 1400), Buffer.alloc(4)]),
            )
          : bytes;
      if (random(24) === 0) quic = new QuicInitial();
      said = quic.push(packet);
      if (random(4) === 0) handshakes.datagram(`${random(70)}`, packet);
    }
    if (said) outcome.understood++;
    outcome.slowest = Math.max(outcome.slowest, cpuTime() - start);
  }
  outcome.cpu = cpuTime() - began;
  return outcome;
}
