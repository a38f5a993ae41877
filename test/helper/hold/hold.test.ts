// One verdict that the kernel does not take must not keep the others from theirs.
import { expect, test, vi } from "vitest";
import { Hold, type HoldParts } from "../../../helper/hold/hold.ts";
import { answer, type FlowKey, type FlowRecord, flowId, flowState, layouts } from "../../../helper/kernel/layout.ts";
import type { BpfMap } from "../../../helper/kernel/libbpf.ts";
import { ip, tcpSyn } from "../kernel/packets.ts";

/** A map that has no room for a certain flow: the kernel's own is never full on demand. */
function fullFor(unlucky: bigint, written: bigint[]): BpfMap {
  const set = (key: Buffer) => {
    const { cookie } = layouts.flow_key.read(key);
    if (cookie === unlucky) throw new Error("E2BIG");
    written.push(cookie);
  };
  return { get: () => false, set, delete: () => {}, keys: () => [] } as unknown as BpfMap;
}

test.each(["release", "refuse"] as const)("%s goes on past a verdict that finds no room, and counts it", (what) => {
  const written: bigint[] = [];
  const warnings: string[] = [];
  const parts: Partial<HoldParts> = {
    gates: fullFor(1n, written),
    generation: () => 1,
    kin: () => [],
    drain: () => {},
    catchUp: () => {},
    sockets: { prepare: () => true, send: () => true, route: () => undefined, keepOnly: () => {} } as never,
    deliveries: { keepOnly: () => {} } as never,
    foreign: () => true,
    resent: () => {},
    warn: (message) => warnings.push(message),
  };
  const hold = new Hold(parts as HoldParts);
  const empty = layouts.record.read(Buffer.alloc(layouts.record.size));
  const ids = [1n, 2n].map((cookie) => {
    const record: FlowRecord = { ...empty, family: 4, flow: { ...empty.flow, cookie, protocol: 17 } };
    hold.keep(
      record,
      Buffer.from(`450000240000000040110000c0000201c0000202d431000900100000${"00".repeat(8)}`, "hex"),
      false,
    );
    return flowId(record.flow);
  });
  for (const id of ids) hold[what](id, 0);
  expect(written).toEqual([2n]);
  expect(hold.counters.gatesUnwritten).toBe(1);
  expect(warnings).toContain("the kernel took no verdict");
  hold.close();
});

/** How often the kernel is told to ask every gate again when a flow of datagrams is ended, or blocked by a rule. */
function takenBack(before: number | null, how: "end" | "block"): number {
  let times = 0;
  const get = (_key: Buffer, gate: Buffer) => {
    if (before === null) return false;
    layouts.gate.write({ state: before, answered: answer.none }).copy(gate);
    return true;
  };
  const parts: Partial<HoldParts> = {
    gates: { get, set: () => {}, delete: () => {}, keys: () => [] } as unknown as BpfMap,
    generation: () => 1,
    notices: { takeBack: () => times++ } as never,
  };
  const hold = new Hold(parts as HoldParts);
  const key = { ...layouts.record.read(Buffer.alloc(layouts.record.size)).flow, cookie: 3n, protocol: 17 };
  if (how === "end") hold.end(key);
  else hold.writeGate(key, flowState.blocked, 1);
  hold.close();
  return times;
}

test("what somebody ends is taken back from the kernel, also where its gate is gone and it still goes by what that said", () => {
  expect(takenBack(flowState.allowed, "end")).toBe(1);
  expect(takenBack(null, "end")).toBe(1);
  expect(takenBack(flowState.blocked, "end")).toBe(0);
  expect(takenBack(flowState.allowed, "block")).toBe(1);
  // A verdict of what never went takes nothing back: each would cost every socket a look.
  expect(takenBack(null, "block")).toBe(0);
});

test("a SYN is re-sent until its connection is known to stand, and what lies unread counts as known", () => {
  vi.useFakeTimers();
  try {
    let [sent, looked, unread] = [0, 0, (): void => {}];
    const parts: Partial<HoldParts> = {
      gates: fullFor(0n, []),
      generation: () => 1,
      kin: () => [],
      catchUp: () => {
        looked++;
        unread();
      },
      sockets: {
        prepare: () => true,
        send: () => ++sent,
        route: () => ({ device: 3, source: null }),
        keepOnly: () => {},
      } as never,
      deliveries: { keepOnly: () => {} } as never,
      foreign: () => false,
      resent: () => {},
      warn: () => {},
    };
    const hold = new Hold(parts as HoldParts);
    const flows = [5n, 6n].map((cookie) => {
      const record = layouts.record.read(Buffer.alloc(layouts.record.size));
      const flow = { ...record.flow, cookie, protocol: 6, attempt: 1 };
      Object.assign(record, { family: 4, out_interface: 3, flow });
      hold.keep(record, ip("192.0.2.1", "192.0.2.2", 6, tcpSyn({})), false);
      return flow;
    });
    for (const flow of flows) hold.release(flowId(flow), 1);
    expect([sent, looked]).toEqual([2, 0]);
    vi.advanceTimersByTime(1000);
    // It takes its time under a flood, and thousands may be due at once.
    expect([sent, looked]).toEqual([4, 1]);
    unread = () => hold.established(flowId(flows[0] as FlowKey), flows[0] as FlowKey, flowState.allowed);
    vi.advanceTimersByTime(60_000);
    expect([sent, looked]).toEqual([6, 3]);
    hold.close();
  } finally {
    vi.useRealTimers();
  }
});
