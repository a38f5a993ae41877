// What a program with CAP_NET_RAW sends is judged like any datagram, TCP segments included.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flowState, recordType } from "../../helper/kernel/layout.ts";
import { PolicyMaps, target } from "../../helper/kernel/policy-maps.ts";
import { compile } from "../../helper/policy/compile.ts";
import type { Policy } from "../../helper/policy/decide.ts";
import { type Probe, Prober } from "../helper/kernel/prober.ts";
import { emptyPolicy, newTarget } from "../helper/policy/model.ts";

const EPERM = 1;
const ENOBUFS = 105;

let prober: Prober;
beforeAll(async () => {
  prober = await Prober.start();
}, 60_000);
afterAll(() => prober?.stop());

function setMode(mode: Policy["mode"]): void {
  const maps = new PolicyMaps(prober.programs.maps, { holdTicks: 25, pidNamespace: 1 });
  maps.apply(compile(emptyPolicy(mode), { ...newTarget(), ...target }));
}

// The payload counts 0, 1, 2, …: ports 1 and 515, and at the flags' place 13, which is FIN, RST, PSH and no SYN.
const raw = (number: number, address: string, size = 20): Probe => ({
  protocol: "other",
  number,
  address,
  port: 0,
  size,
});

describe.each(["192.0.2.1", "2001:db8::1"])("raw packets to %s", (address) => {
  it.each([
    ["a TCP segment that opens nothing", 6],
    ["a UDP datagram", 17],
    ["SCTP", 132],
  ])("%s is held, blocked and allowed like any other", async (_, number) => {
    setMode("ask");
    const [held] = await prober.probe([raw(number, address)]);
    expect(held?.record).toMatchObject({ type: recordType.held, flow: { protocol: number, attempt: 0 } });
    // Linux passes "dropped" on to senders of raw IPv6 (rawv6_sendmsg), unlike those of raw IPv4 and of UDP.
    expect(held?.errno).toBe(address.includes(":") ? ENOBUFS : 0);
    setMode("block");
    const [blocked] = await prober.probe([raw(number, address)]);
    expect(blocked?.record).toMatchObject({ type: recordType.decided, state: flowState.blocked });
    expect(blocked?.errno).toBe(EPERM);
    setMode("allow");
    const [allowed] = await prober.probe([raw(number, address)]);
    expect(allowed?.record).toMatchObject({ type: recordType.decided, state: flowState.allowed });
    expect(allowed?.errno).toBe(0);
  });

  it("too short to have ports are refused whatever the policy", async () => {
    setMode("allow");
    for (const [number, size] of [
      [6, 13],
      [6, 3],
      [17, 3],
    ] as const) {
      const [outcome] = await prober.probe([raw(number, address, size)]);
      expect([outcome?.errno, outcome?.record]).toEqual([EPERM, undefined]);
    }
  });
});

describe("fragments, which only raw sockets send", () => {
  const udp = { source: "d431", to: (port: number) => port.toString(16).padStart(4, "0"), rest: "00100000" };
  const words = "0102030405060708";
  /** An IPv6 fragment header (RFC 8200, 4.5) and what follows; `offset` in bytes. */
  const fragment6 = (offset: number, port: number): Probe => ({
    protocol: "other",
    number: 44,
    address: "2001:db8::1",
    port: 0,
    payload: `1100${(offset | 1).toString(16).padStart(4, "0")}00000007${udp.source}${udp.to(port)}${udp.rest}${words}`,
  });
  /** A whole IPv4 packet (RFC 791) from a socket that writes its own header. */
  const fragment4 = (offset: number, port: number): Probe => ({
    protocol: "other",
    number: 255,
    address: "192.0.2.1",
    port: 0,
    payload: `450000240007${(0x2000 | (offset / 8)).toString(16)}40110000${"00000000"}c0000201${udp.source}${udp.to(port)}${udp.rest}${words}`,
  });

  it.each([
    ["IPv6", fragment6],
    ["IPv4", fragment4],
  ] as const)("the first of %s is judged by its own protocol and port, later ones are refused", async (_, fragment) => {
    setMode("ask");
    const [first] = await prober.probe([fragment(0, 5353)]);
    expect(first?.record).toMatchObject({ type: recordType.held, flow: { protocol: 17, port: 5353 } });
    setMode("allow");
    const [allowed, later] = await prober.probe([fragment(0, 5353), fragment(1480, 5353)]);
    expect(allowed?.record).toMatchObject({ state: flowState.allowed, flow: { protocol: 17, port: 5353 } });
    expect([later?.errno, later?.record]).toEqual([EPERM, undefined]);
  });
});
