// Ring buffers of the kernel under real load: every record once, in order and whole, over many times round.
import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { abi, type FlowRecord, layouts, recordType } from "../../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../../helper/kernel/policy-maps.ts";
import { ringBytes } from "../../../helper/kernel/programs.ts";
import { countCpus, packetOf, readCounters, readRecord } from "../../../helper/kernel/records.ts";
import { compile } from "../../../helper/policy/compile.ts";
import type { Policy } from "../../../helper/policy/decide.ts";
import { emptyPolicy, newTarget } from "../policy/model.ts";
import { type Probe, Prober } from "./prober.ts";

let prober: Prober;
let maps: PolicyMaps;
const counters = () => readCounters(prober.programs.maps.counters, possibleCpus);
let possibleCpus: number;

beforeAll(async () => {
  possibleCpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
  prober = await Prober.start();
  maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
}, 60_000);
afterAll(() => prober?.stop());
afterEach(() => {
  prober.onRecord = () => {};
  prober.isReady = true;
  prober.failures.length = 0;
});

function setMode(mode: Policy["mode"]): void {
  maps.apply(compile(emptyPolicy(mode), { ...newTarget(), ...target }));
}

const datagram = (size: number): Probe => ({ protocol: "udp", number: 17, address: "192.0.2.1", port: 9, size });
const many = (count: number, size = 8) => Array.from({ length: count }, () => datagram(size));

/** Records from now on. */
function listen(): FlowRecord[] {
  const records: FlowRecord[] = [];
  prober.onRecord = (record) => records.push(record);
  return records;
}

describe("a ring", () => {
  it("wakes the loop by itself for a held packet", async () => {
    setMode("ask");
    const records = listen();
    // Nothing else keeps the poll alive: it must outlive a collection of garbage.
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    const [outcome] = await prober.probe([datagram(8)], { drain: false });
    await expect
      .poll(() => records.map(({ flow }) => flow.cookie), { timeout: 5000, interval: 2 })
      .toContain(outcome?.cookie);
  });

  it("gives every record once and in order, several times round the journal", async () => {
    setMode("allow");
    const records = listen();
    const cookies: bigint[] = [];
    const rounds = 3 * Math.ceil(ringBytes.journal / (layouts.record.size + 8) / 2000 / 2);
    for (let i = 0; i < rounds; i++) cookies.push(...(await prober.probe(many(2000))).map(({ cookie }) => cookie));
    prober.drain();
    const decided = records.filter(({ type }) => type === recordType.decided).map(({ flow }) => flow.cookie);
    const ended = records.filter(({ type }) => type === recordType.ended).map(({ flow }) => flow.cookie);
    expect(records.length * (layouts.record.size + 8)).toBeGreaterThan(2.5 * ringBytes.journal);
    expect(decided).toEqual(cookies);
    // Two sockets that close on two processors may end in either order.
    const byNumber = (a: bigint, b: bigint) => Number(a - b);
    expect(ended.toSorted(byNumber)).toEqual(cookies.toSorted(byNumber));
    expect(prober.failures).toEqual([]);
  });

  it("gives packets whole, several times round the ring", async () => {
    setMode("ask");
    const sizes = Array.from({ length: 600 }, (_, i) => 1 + ((i * 7919) % 60_000));
    let bytes = 0;
    // As many as one app may leave unread (EVENTS_SHARE in bpf/share.bpf.h).
    const atOnce = Math.floor(ringBytes.events / 4 / 2 ** 16) - 1;
    for (let at = 0; at < sizes.length; at += atOnce) {
      const outcomes = await prober.probe(sizes.slice(at, at + atOnce).map(datagram));
      for (const [i, { packet, record }] of outcomes.entries()) {
        const size = sizes[at + i] as number;
        expect(record?.packet_bytes).toBe(28 + size);
        expect(packet).toHaveLength(28 + size);
        expect(packet?.subarray(28).every((byte, n) => byte === (n & 255))).toBe(true);
        bytes += (packet?.length ?? 0) > 2048 ? 65536 : 2048;
      }
    }
    expect(bytes).toBeGreaterThan(2 * ringBytes.events);
  });

  it("loses only the record whose reader failed", async () => {
    setMode("ask");
    const seen: bigint[] = [];
    let calls = 0;
    prober.onRecord = (record) => {
      if (record.type !== recordType.held) return;
      if (calls++ === 3) throw new Error("on purpose");
      seen.push(record.flow.cookie);
    };
    const cookies = (await prober.probe(many(10))).map(({ cookie }) => cookie);
    expect(prober.failures.map((error) => (error as Error).message)).toEqual(["on purpose"]);
    expect(seen).toEqual(cookies.filter((_, at) => at !== 3));
  });

  it("is not read twice when a reader asks for it to be read", async () => {
    setMode("ask");
    const seen: bigint[] = [];
    prober.onRecord = (record) => {
      prober.drain();
      if (record.type === recordType.held) seen.push(record.flow.cookie);
    };
    const cookies = (await prober.probe(many(50))).map(({ cookie }) => cookie);
    expect(seen).toEqual(cookies);
  });

  it("is read for as long as whoever reads it has time, and the rest later", async () => {
    setMode("ask");
    prober.isReady = false;
    const cookies = (await prober.probe(many(200), { drain: false })).map(({ cookie }) => cookie);
    prober.isReady = true;
    const held: bigint[] = [];
    prober.onRecord = ({ type, flow }) => {
      if (type !== recordType.held) return;
      const end = performance.now() + 1;
      while (performance.now() < end);
      held.push(flow.cookie);
    };
    prober.drain(20);
    // However slow they are, some are read each time.
    expect(held.length).toBeGreaterThanOrEqual(20);
    expect(held.length).toBeLessThan(100);
    prober.drain();
    expect(held).toEqual(cookies);
  });

  it("keeps a record whose reader is not ready, and gives it again", async () => {
    setMode("ask");
    const records = listen();
    prober.isReady = false;
    const [outcome] = await prober.probe([datagram(8)], { drain: false });
    prober.drain();
    expect(records).toEqual([]);
    prober.isReady = true;
    prober.drain();
    expect(records.map(({ flow }) => flow.cookie)).toContain(outcome?.cookie);
  });

  it("that is full loses what comes, counts it, and goes on once it is read", async () => {
    setMode("ask");
    const before = counters();
    const held: FlowRecord[] = [];
    prober.onRecord = (record) => record.type === recordType.held && held.push(record);
    prober.isReady = false; // as a helper that hangs
    await prober.probe(many(300, 40_000), { drain: false });
    prober.isReady = true;
    prober.drain();
    // One app alone does not fill it: what one leaves unread, all others wait behind.
    const lost = (counters().overShare ?? 0) - (before.overShare ?? 0);
    expect(counters().ringFull).toBe(before.ringFull);
    expect(lost).toBeGreaterThan(0);
    expect(held.length + lost).toBe(300);
    expect(held.length).toBe(Math.floor(ringBytes.events / 4 / (2 ** 16 + layouts.record.size)));
    expect((counters().held ?? 0) - (before.held ?? 0)).toBe(300);
    const [next] = await prober.probe([datagram(100)]);
    expect(next?.packet).toHaveLength(128);
  });

  it("has room for 1,024 unread records of one app, however small: others wait for their number", async () => {
    setMode("ask");
    prober.drain();
    const before = counters().overShare ?? 0;
    let held = 0;
    prober.onRecord = (record) => void (record.type === recordType.held && held++);
    prober.isReady = false;
    await prober.probe(many(1500), { drain: false });
    prober.isReady = true;
    prober.drain();
    expect(held + (counters().overShare ?? 0) - before).toBe(1500);
    expect(held).toBe(1024);
  });

  it("has room again for an app that used up its share once others had as much time as it took", async () => {
    setMode("ask");
    const over = () => counters().overShare ?? 0;
    const pause = () => new Promise((resolve) => setTimeout(resolve, 2000));
    const isTold = async () => {
      const before = over();
      await prober.probe([datagram(8)]); // which reads all there is
      return over() === before;
    };
    prober.drain();
    prober.isReady = false;
    await prober.probe(many(1200), { drain: false });
    let heard = 0;
    prober.onRecord = () => {
      prober.isReady = ++heard < 3;
    };
    prober.isReady = true;
    prober.drain();
    const before = over();
    await prober.probe([datagram(8)], { drain: false }); // its first is read by now
    await pause();
    await prober.probe([datagram(8)], { drain: false }); // and its last not yet
    expect(over()).toBe(before + 2);
    prober.isReady = true;
    prober.onRecord = () => {};
    prober.drain();
    expect(await isTold()).toBe(false);
    await pause();
    expect(await isTold()).toBe(true);
    expect(await isTold()).toBe(true);
  });
});

describe("records", () => {
  const bytes = layouts.record.write({ abi, packet_bytes: 10 });

  it("of another ABI or too short are nothing", () => {
    expect(readRecord(bytes)?.packet_bytes).toBe(10);
    expect(readRecord(bytes.subarray(0, bytes.length - 1))).toBeNull();
    expect(readRecord(layouts.record.write({ abi: abi + 1 }))).toBeNull();
    expect(readRecord(Buffer.alloc(0))).toBeNull();
  });

  it("that lie about their packet have none", () => {
    const record = layouts.record.read(bytes);
    expect(packetOf(Buffer.concat([bytes, Buffer.alloc(10, 1)]), record)).toEqual(Buffer.alloc(10, 1));
    expect(packetOf(Buffer.concat([bytes, Buffer.alloc(9)]), record)).toHaveLength(0);
    expect(packetOf(bytes, { ...record, packet_bytes: 0xffffffff })).toHaveLength(0);
  });

  it.each([
    ["0\n", 1],
    ["0-3\n", 4],
    ["0-3,8", 5],
    ["0,2-3,6-7", 5],
  ])("possible CPUs %j are %d", (text, count) => {
    expect(countCpus(text)).toBe(count);
  });
});
