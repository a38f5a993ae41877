// DNS over TCP in any pieces, and answers paired with their questions.

import { encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DnsStream } from "../../../helper/names/dns-stream.ts";
import { Lookups, type Passing } from "../../../helper/names/lookups.ts";
import { question } from "../../network/dns-server.ts";

const framed = (message: Buffer) => Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

describe("a stream of messages", () => {
  it("gives every message once, whatever the segments' sizes, order and repetitions", () => {
    const messages = fc.array(fc.uint8Array({ minLength: 1, maxLength: 90 }), { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        messages,
        cuts,
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.infiniteStream(fc.nat(9)),
        (bodies, sizes, first, luck) => {
          const stream = Buffer.concat(bodies.map((body) => framed(Buffer.from(body))));
          const segments: [number, Buffer][] = [];
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = sizes[n % sizes.length] as number;
            segments.push([(first + at) >>> 0, stream.subarray(at, at + size)]);
            at += size;
          }
          // Neighbours change places, some come twice.
          for (let n = 1; n < segments.length; n++) {
            const chance = luck.next().value as number;
            const [one, other] = [segments[n - 1], segments[n]] as [[number, Buffer], [number, Buffer]];
            if (chance < 3) [segments[n - 1], segments[n]] = [other, one];
            if (chance === 9) segments.splice(n, 0, one);
          }
          const found = new DnsStream(first);
          const got = segments.flatMap(([sequence, bytes]) => found.push(sequence, bytes));
          expect(got.map((message) => message.toString("hex"))).toEqual(
            bodies.map((body) => Buffer.from(body).toString("hex")),
          );
        },
      ),
    );
  });

  it("passes over a message that is too long, and goes on behind it", () => {
    const stream = Buffer.concat([framed(Buffer.alloc(40_000)), framed(Buffer.from("next"))]);
    const found = new DnsStream(0);
    const got: Buffer[] = [];
    for (let at = 0; at < stream.length; at += 1460) got.push(...found.push(at, stream.subarray(at, at + 1460)));
    expect(got.map(String)).toEqual(["next"]);
  });

  it("is given up where too much is missing", () => {
    const found = new DnsStream(0);
    for (let n = 1; n < 40; n++) expect(found.push(n * 100, Buffer.alloc(100, 1))).toEqual([]);
    expect(found.push(0, framed(Buffer.from("late")))).toEqual([]);
  });
});

describe("look-ups", () => {
  const answer = (name: string, id: number) =>
    encode({
      type: "response",
      id,
      questions: [{ type: "A", name }],
      answers: [{ type: "A", name, ttl: 60, data: "192.0.2.1" }],
    });
  const passing = (arriving: boolean, more: Partial<Passing> = {}): Passing => ({
    socket: "1",
    remote: "r",
    protocol: "udp",
    opens: false,
    sequence: 0,
    owner: "app",
    arriving,
    ...more,
  });

  it("pair an answer with its question once, of the same socket, server, id and name", () => {
    const lookups = new Lookups();
    const ask = () => lookups.pass(passing(false), question("A.example", "A", 7), 0);
    const hosts = (more: Partial<Passing>, name: string, id: number, at = 10) =>
      lookups.pass(passing(true, more), answer(name, id), at).map(({ host }) => host);
    ask();
    expect(hosts({ socket: "2" }, "a.example", 7)).toEqual([]);
    expect(hosts({ remote: "x" }, "a.example", 7)).toEqual([]);
    expect(hosts({ protocol: "tcp" }, "a.example", 7)).toEqual([]);
    expect(hosts({ owner: "other" }, "a.example", 7)).toEqual([]);
    expect(hosts({}, "a.example", 8)).toEqual([]);
    expect(hosts({}, "b.example", 7)).toEqual([]);
    expect(hosts({}, "a.example", 7, 31_000)).toEqual([]);
    ask();
    expect(hosts({}, "a.example", 7)).toEqual(["a.example"]);
    expect(hosts({}, "a.example", 7)).toEqual([]);
    // A question that arrives, and an answer that leaves, are a server's business.
    lookups.pass(passing(true), question("c.example", "A", 9), 0);
    expect(lookups.pass(passing(false), answer("c.example", 9), 0)).toEqual([]);
    expect(hosts({}, "c.example", 9)).toEqual([]);
  });

  it("of one app that asks for very much are forgotten, of others not", () => {
    const lookups = new Lookups();
    lookups.pass(passing(false, { owner: "quiet" }), question("quiet.example", "A", 1), 0);
    for (let id = 0; id < 5000; id++) lookups.pass(passing(false), question("loud.example", "A", id), 0);
    expect(lookups.pass(passing(true), answer("loud.example", 1), 1)).toEqual([]);
    expect(lookups.pass(passing(true), answer("loud.example", 4999), 1)).toHaveLength(1);
    expect(lookups.pass(passing(true, { owner: "quiet" }), answer("quiet.example", 1), 1)).toHaveLength(1);
  });
});
