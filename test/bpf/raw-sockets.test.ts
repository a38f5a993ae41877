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
