// Packet surgery, checked by a reader and a checksum of the test's own (packets.ts).
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Addresses,
  destinationOf,
  fragments,
  refusedDatagram,
  refusedSegment,
  releasedDatagrams,
  releasedSegment,
  transport,
} from "../../../helper/kernel/packet.ts";
import { address, faults, ip, read, reassemble, tcpSyn, udp } from "./packets.ts";

const none: Addresses = { source: Buffer.alloc(16), sourcePort: 0 };
const families = [
  { name: "IPv4", from: "10.1.2.3", to: "192.0.2.7", before: "172.16.5.4", asked: "203.0.113.9", icmp: 1 },
  {
    name: "IPv6",
    from: "2001:db8::3",
    to: "2001:db8:ffff::7",
    before: "fd00::5:4",
    asked: "2001:db8:aaaa::9",
    icmp: 58,
  },
];

/** MSS, SACK permitted, timestamp, window scale: a SYN of Linux. */
function linuxOptions(timestamp: number): Buffer {
  const options = Buffer.from("020405b40402080a0000000000000000010303070000000000000000", "hex").subarray(0, 20);
  const copy = Buffer.from(options);
  copy.writeUInt32BE(timestamp, 8);
  return copy;
}

const bytes = (limits: { minLength?: number; maxLength?: number }) => fc.uint8Array(limits).map((a) => Buffer.from(a));

describe("the test's own checksum", () => {
  it("knows a packet from the wire, and one with a flipped bit", () => {
    // An ICMP echo request captured from ping, and its first word's neighbour.
    const ping = Buffer.from("45000054a6f2400040015b9dc0a80168c0a8010108009e5d0e3a0001", "hex");
    ping.writeUInt16BE(ping.length, 2);
    const header = ping.subarray(0, 20);
    let sum = 0;
    ping.writeUInt16BE(0, 10);
    for (let i = 0; i < 20; i += 2) sum += header.readUInt16BE(i);
    ping.writeUInt16BE(~((sum & 0xffff) + (sum >>> 16)) & 0xffff, 10);
    expect(faults(ping)).toEqual(["checksum"]);
    // RFC 1071's example: the words 0001 f203 f4f5 f6f7 sum to ddf2.
    const example = ip("0.0.0.0", "0.0.0.0", 1, Buffer.from("0001220df203f4f5f6f7", "hex"));
    expect(faults(example)).toContain("IP checksum");
    expect(faults(example)).not.toContain("checksum");
  });
});

describe.each(families)("a released SYN over $name", ({ from, to, before, asked }) => {
  it("is whole: lengths and checksums are right", () => {
    for (const data of [undefined, Buffer.from("x"), Buffer.from("early data")]) {
      const captured = ip(from, to, 6, tcpSyn({ options: linuxOptions(77), ...(data && { data }) }));
      const released = releasedSegment(captured, none, 0);
      expect(faults(released)).toEqual([]);
      expect(released.length).toBe(captured.length);
    }
  });

  it("has the addresses from before translation", () => {
    const captured = ip(from, to, 6, tcpSyn({ sourcePort: 61000, port: 8443 }));
    const addresses = { source: address(before), sourcePort: 50001, destination: address(asked), destinationPort: 443 };
    const released = releasedSegment(captured, addresses, 0);
    const packet = read(released);
    expect([packet.source, packet.destination]).toEqual([before, asked]);
    expect([packet.body.readUInt16BE(0), packet.body.readUInt16BE(2)]).toEqual([50001, 443]);
    expect(faults(released)).toEqual([]);
  });

  it("keeps its own addresses where the socket bound none", () => {
    const captured = ip(from, to, 6, tcpSyn({}));
    const unspecified = { source: address(from.includes(":") ? "::" : "0.0.0.0"), sourcePort: 0 };
    for (const addresses of [none, unspecified]) {
      const packet = read(releasedSegment(captured, addresses, 0));
      expect([packet.source, packet.destination]).toEqual([from, to]);
      expect(packet.body.readUInt16BE(0)).toBe(40000);
    }
  });

  it("ignores addresses of the other family", () => {
    const other = address(from.includes(":") ? "10.9.9.9" : "fd00::9");
    const addresses = { source: other, sourcePort: 50001, destination: other, destinationPort: 9 };
    const packet = read(releasedSegment(ip(from, to, 6, tcpSyn({})), addresses, 0));
    expect([packet.source, packet.destination]).toEqual([from, to]);
    expect(packet.body.readUInt16BE(2)).toBe(443);
  });

  it("has its timestamp advanced by the hold and nothing else changed", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), fc.double({ min: 0, max: 3e6, noNaN: true }), (timestamp, held) => {
        const captured = ip(from, to, 6, tcpSyn({ options: linuxOptions(timestamp) }));
        const at = read(captured).header.length;
        const released = releasedSegment(captured, none, held);
        expect(released.readUInt32BE(at + 28)).toBe((timestamp + Math.floor(held)) % 2 ** 32);
        for (const packet of [captured, released]) {
          packet.fill(0, at + 28, at + 32); // TSval
          packet.fill(0, at + 16, at + 18); // checksum
          if (packet[0] === 0x45) packet.fill(0, 10, 12);
        }
        expect(released.equals(captured)).toBe(true);
      }),
    );
  });

  it("leaves the captured packet alone: it is sent again when it gets lost", () => {
    const captured = ip(from, to, 6, tcpSyn({ options: linuxOptions(5) }));
    const copy = Buffer.from(captured);
    releasedSegment(captured, { ...none, source: address(before), sourcePort: 1 }, 500);
    expect(captured.equals(copy)).toBe(true);
  });

  it("survives any options: nothing thrown, no loop, no byte outside the timestamp touched", () => {
    const wild = fc.oneof(
      bytes({ maxLength: 40 }),
      // Likelier to get far: kinds and lengths that nearly make sense.
      fc
        .array(fc.tuple(fc.constantFrom(0, 1, 2, 4, 5, 8, 30, 254), fc.constantFrom(0, 1, 2, 4, 9, 10, 11, 40, 255)), {
          maxLength: 20,
        })
        .map((pairs) => Buffer.from(pairs.flat()).subarray(0, 40)),
    );
    fc.assert(
      fc.property(wild, fc.nat(15), fc.nat(5000), (options, dataOffset, held) => {
        const captured = ip(from, to, 6, tcpSyn({ options }));
        const at = read(captured).header.length;
        captured.writeUInt8(dataOffset << 4, at + 12); // may point before the options or past the end
        const released = releasedSegment(captured, none, held);
        expect(released.length).toBe(captured.length);
        expect(faults(released)).toEqual([]);
        const changed = [...captured.keys()].filter((i) => i >= at + 20 && captured[i] !== released[i]);
        if (changed.length > 0) expect(changed.at(-1)! - changed[0]!).toBeLessThan(4);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a timestamp among other options", () => {
  const advanced = (options: string) => {
    const captured = ip("10.0.0.1", "10.0.0.2", 6, tcpSyn({ options: Buffer.from(options, "hex") }));
    return releasedSegment(captured, none, 1).subarray(40).toString("hex");
  };

  it.each([
    ["first", "080a00000005000000000000", "080a00000006000000000000"],
    ["after padding", "0101080a0000000500000000", "0101080a0000000600000000"],
    ["wrapping round", "0101080affffffff00000000", "0101080a0000000000000000"],
    ["after the end of options: not one", "0000080a0000000500000000", "0000080a0000000500000000"],
    ["of the wrong length: not one", "0101080c000000050000000000000000", "0101080c000000050000000000000000"],
    ["cut off: not one", "0101080a00000005", "0101080a00000005"],
    ["inside another option: not one", "fe0c080a0000000500000000", "fe0c080a0000000500000000"],
    ["after an option of length 1: the rest is unreadable", "0201080a0000000500000000", "0201080a0000000500000000"],
    ["after an option of length 0: the rest is unreadable", "0200080a0000000500000000", "0200080a0000000500000000"],
  ])("%s", (_, before, after) => {
    expect(advanced(before)).toBe(after);
  });
});

describe.each(families)("released datagrams over $name", ({ from, to, before }) => {
  it("are one whole datagram without segmentation", () => {
    fc.assert(
      fc.property(bytes({ maxLength: 1500 }), (payload) => {
        const [datagram, ...others] = releasedDatagrams(ip(from, to, 17, udp(payload)), none, 0);
        expect(others).toEqual([]);
        expect(faults(datagram!)).toEqual([]);
        expect(read(datagram!).body.subarray(8).equals(payload)).toBe(true);
      }),
    );
  });

  it("are cut where the app asked for segments, in order, each whole and from the right source", () => {
    fc.assert(
      fc.property(bytes({ minLength: 1, maxLength: 5000 }), fc.integer({ min: 1, max: 1472 }), (payload, segment) => {
        const addresses = { source: address(before), sourcePort: 1234 };
        const datagrams = releasedDatagrams(ip(from, to, 17, udp(payload)), addresses, segment);
        expect(datagrams).toHaveLength(Math.ceil(payload.length / segment));
        for (const datagram of datagrams) {
          expect(faults(datagram)).toEqual([]);
          expect(read(datagram)).toMatchObject({ source: before, destination: to, protocol: 17 });
          expect(read(datagram).body.readUInt16BE(0)).toBe(1234);
          expect(read(datagram).body.length - 8).toBeLessThanOrEqual(segment);
        }
        const together = Buffer.concat(datagrams.map((datagram) => read(datagram).body.subarray(8)));
        expect(together.equals(payload)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("write a checksum that comes out as zero as ffff: zero would mean that there is none", () => {
    // The last word is chosen so that everything sums to ffff, whose complement is zero.
    const body = udp(Buffer.alloc(2));
    const probe = releasedDatagrams(ip(from, to, 17, body), none, 0)[0]!;
    const missing = read(probe).body.readUInt16BE(6);
    const [datagram] = releasedDatagrams(ip(from, to, 17, udp(Buffer.from([missing >> 8, missing & 255]))), none, 0);
    expect(read(datagram!).body.readUInt16BE(6)).toBe(0xffff);
    expect(faults(datagram!)).toEqual([]);
  });

  it("pass other protocols on as they are", () => {
    const body = Buffer.from("anything at all");
    const [packet] = releasedDatagrams(ip(from, to, 132, body), none, 0);
    expect(read(packet!).body.equals(body)).toBe(true);
    expect(faults(packet!)).toEqual([]);
  });

  it("finish an echo request", () => {
    const echo = Buffer.from([from.includes(":") ? 128 : 8, 0, 0xff, 0xff, 0, 1, 0, 1, 9, 9, 9]);
    const [packet] = releasedDatagrams(ip(from, to, from.includes(":") ? 58 : 1, echo), none, 0);
    expect(faults(packet!)).toEqual([]);
  });
});

describe("headers with options and extensions", () => {
  it("are stepped over in IPv4", () => {
    const options = Buffer.from("0727040000000000000000000101010101010101", "hex").subarray(0, 20);
    const captured = ip("10.0.0.1", "10.0.0.2", 6, tcpSyn({ options: linuxOptions(1) }), options);
    const released = releasedSegment(captured, { ...none, sourcePort: 7 }, 9);
    expect(faults(released)).toEqual([]);
    expect(read(released).body.readUInt16BE(0)).toBe(7);
    expect(read(released).body.readUInt32BE(28)).toBe(10);
  });

  it("are stepped over in IPv6", () => {
    const extension = (next: number, eights: number) =>
      Buffer.concat([Buffer.from([next, eights - 1]), Buffer.alloc(eights * 8 - 2)]);
    const chain = Buffer.concat([extension(43, 1), extension(60, 2), extension(17, 3), udp(Buffer.from("hello"))]);
    const captured = ip("2001:db8::1", "2001:db8::2", 0, chain);
    expect(transport(captured)).toEqual({ at: 40 + 48, protocol: 17 });
    const [datagram] = releasedDatagrams(captured, none, 0);
    expect(faults(datagram!)).toEqual([]);
    expect(read(datagram!).body.subarray(8).toString()).toBe("hello");
  });
});

describe("whatever a guarded program with raw sockets makes the kernel capture", () => {
  /** As far as bpf/packet.bpf.h reads: ports of TCP and UDP, TCP up to its flags. Shorter packets are refused there. */
  const readable = (packet: Buffer) => {
    const v4 = packet[0]! >> 4 === 4;
    let protocol = v4 ? packet[9]! : packet[6]!;
    let at = v4 ? (packet[0]! & 15) * 4 : 40;
    for (let i = 0; !v4 && i < 4 && [0, 43, 60].includes(protocol); i++) {
      if (at + 2 > packet.length) return false;
      protocol = packet[at]!;
      at += 8 + packet[at + 1]! * 8;
    }
    const needed = protocol === 6 ? 14 : protocol === 17 ? 4 : 0;
    // The kernel refuses an IPv4 header that is longer than its packet (raw_send_hdrinc).
    return at + needed <= packet.length || (needed === 0 && !v4);
  };
  const wild = fc
    .tuple(fc.constantFrom(4, 6), fc.nat(15), fc.constantFrom(0, 1, 6, 17, 43, 58, 60, 255), bytes({ maxLength: 120 }))
    .map(([version, low, protocol, rest]) => {
      const packet = Buffer.concat([Buffer.alloc(version === 4 ? 20 : 40, 7), rest]);
      packet.writeUInt8((version << 4) | low, 0);
      packet.writeUInt8(protocol, version === 4 ? 9 : 6);
      return packet;
    })
    .filter(readable);

  it("makes nothing throw, and keeps its length", () => {
    fc.assert(
      fc.property(wild, fc.nat(100), (packet, segment) => {
        const addresses = {
          source: address("10.0.0.9"),
          sourcePort: 5,
          destination: address("fd00::1"),
          destinationPort: 6,
        };
        const datagrams = releasedDatagrams(packet, addresses, segment);
        if (datagrams.length === 1) expect(datagrams[0]!.length).toBe(packet.length);
        refusedDatagram(packet, addresses);
        destinationOf(packet);
        if (transport(packet).protocol === 6 && transport(packet).at + 14 <= packet.length) {
          expect(releasedSegment(packet, addresses, 100).length).toBe(packet.length);
          refusedSegment(packet, addresses);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe.each(families)("fragments over $name", ({ from, to }) => {
  const big = ip(from, to, 17, udp(Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 31) & 255))));

  it("are the packet itself when it fits", () => {
    expect(fragments(big, big.length, 1)).toEqual([big]);
  });

  it("reassemble to the original, whatever the path", () => {
    fc.assert(
      fc.property(
        bytes({ minLength: 600, maxLength: 9000 }),
        fc.constantFrom(576, 1280, 1400, 1500),
        (payload, mtu) => {
          const packet = releasedDatagrams(ip(from, to, 17, udp(payload)), none, 0)[0]!;
          const pieces = fragments(packet, mtu, 0x77);
          if (packet.length <= mtu) return;
          for (const piece of pieces) {
            expect(piece.length).toBeLessThanOrEqual(mtu);
            expect(piece.readUInt16BE(from.includes(":") ? 4 : 2)).toBe(piece.length - (from.includes(":") ? 40 : 0));
          }
          const whole = reassemble(pieces);
          expect(whole.protocol).toBe(17);
          expect(whole.body.equals(read(packet).body)).toBe(true);
          expect(read(pieces[0]!)).toMatchObject({ source: from, destination: to });
        },
      ),
      { numRuns: 100 },
    );
  });

  it("do not forbid their own fragmentation, and carry a right header checksum", () => {
    for (const piece of fragments(big, 1280, 5)) {
      if (from.includes(":")) continue;
      expect(piece.readUInt16BE(6) & 0x4000).toBe(0);
      expect(faults(piece)).not.toContain("IP checksum");
    }
  });
});

describe.each(families)("a refused SYN over $name", ({ from, to, before, asked }) => {
  it("is a RST that acknowledges the SYN and its data, from where the app connected to", () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), bytes({ maxLength: 100 }), fc.boolean(), (sequence, data, options) => {
        const syn = tcpSyn({ sequence, data, ...(options && { options: linuxOptions(3) }) });
        const addresses = {
          source: address(before),
          sourcePort: 5555,
          destination: address(asked),
          destinationPort: 80,
        };
        const reset = refusedSegment(ip(from, to, 6, syn), addresses);
        expect(faults(reset)).toEqual([]);
        const { body, ...packet } = read(reset);
        expect(packet).toMatchObject({ source: asked, destination: before, protocol: 6 });
        expect(body).toHaveLength(20);
        expect([body.readUInt16BE(0), body.readUInt16BE(2)]).toEqual([80, 5555]);
        expect(body.readUInt32BE(8)).toBe((sequence + 1 + data.length) % 2 ** 32);
        expect(body[13]).toBe(0x14);
      }),
    );
  });
});

describe.each(families)("a refused datagram over $name", ({ from, to, before, icmp }) => {
  it("is a port unreachable from its destination that quotes it as the app sent it", () => {
    for (const length of [0, 1, 8, 500, 3000]) {
      const captured = ip(from, to, 17, udp(Buffer.alloc(length, 0x61), 60000, 4433));
      const error = refusedDatagram(captured, { source: address(before), sourcePort: 2222 });
      expect(faults(error)).toEqual([]);
      const { body, ...packet } = read(error);
      expect(packet).toMatchObject({ source: to, destination: before, protocol: icmp });
      expect([body[0], body[1]]).toEqual(icmp === 1 ? [3, 3] : [1, 4]);
      const quoted = read(body.subarray(8));
      expect(quoted).toMatchObject({ source: before, destination: to, protocol: 17 });
      expect([quoted.body.readUInt16BE(0), quoted.body.readUInt16BE(2)]).toEqual([2222, 4433]);
      // RFC 792: header and eight bytes. RFC 4443: as much as fits into 1280 bytes.
      if (icmp === 1) expect(quoted.body).toHaveLength(8);
      else expect(error.length).toBeLessThanOrEqual(1280);
    }
  });
});

it("finds the destination of either family", () => {
  expect(destinationOf(ip("10.0.0.1", "192.0.2.7", 17, udp(Buffer.alloc(0)))).toString("hex")).toBe("c0000207");
  expect(destinationOf(ip("::1", "2001:db8::7", 17, udp(Buffer.alloc(0)))).toString("hex")).toBe(
    "20010db8000000000000000000000007",
  );
});
