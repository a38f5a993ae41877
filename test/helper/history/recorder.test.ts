// What is handed out of flows adds up to what the kernel counted, whatever is asked when, and whoever asks first.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Flow } from "../../../contract/words.ts";
import { type Amounts, addAmounts, noAmounts, type Place } from "../../../helper/history/amounts.ts";
import { Recorder } from "../../../helper/history/recorder.ts";
import { flowId, layouts } from "../../../helper/kernel/layout.ts";

function keyOf(cookie: bigint, protocol: 6 | 17, port = 443): string {
  const flow = { cookie, address: Buffer.alloc(16, 1), port, protocol, direction: 0, attempt: protocol === 6 ? 1 : 0 };
  return flowId(layouts.flow_key.read(layouts.flow_key.write(flow)));
}

function flow(verdict: Flow["verdict"], host: string | null = null): Flow {
  return {
    id: "1",
    time: "2026-11-23T09:30:00.000Z",
    app: { name: "A", path: "/usr/bin/a", verified: false, icon: null, via: null },
    direction: "outbound",
    endpoint: { host, address: "192.0.2.7", port: 443, protocol: "tcp" },
    user: 1000,
    verdict,
    rule: null,
    layer: "mode",
    reason: "",
    bytesIn: 0,
    bytesOut: 0,
    live: true,
  };
}

const placeOf = ({ app, endpoint, user }: Flow): Place => ({
  app,
  host: endpoint.host ?? endpoint.address,
  country: null,
  protocol: endpoint.protocol,
  user,
  loopback: false,
});

function sum(recorder: Recorder): Amounts {
  const all = noAmounts();
  for (const { amounts } of recorder.take().entries) addAmounts(all, amounts);
  return all;
}

const tcp = keyOf(1n, 6);

describe("a flow", () => {
  it("is counted as it grows, and once", () => {
    const recorder = new Recorder(placeOf);
    recorder.tell(tcp, flow("allow"), 0);
    recorder.count(tcp, 100, 50, 1);
    expect(sum(recorder)).toEqual({ bytesIn: 100, bytesOut: 50, connections: 1, blocked: 0 });
    expect(sum(recorder)).toEqual(noAmounts());
    recorder.count(tcp, 100, 80, 2);
    recorder.end(tcp, 110, 90, 3);
    expect(sum(recorder)).toEqual({ bytesIn: 10, bytesOut: 40, connections: 0, blocked: 0 });
    recorder.end(tcp, 110, 90, 4);
    expect(sum(recorder)).toEqual(noAmounts());
  });

  it("that was held is a connection when it is allowed, blocked when it is refused, and neither when it gives up", () => {
    const recorder = new Recorder(placeOf);
    recorder.tell(tcp, flow("held"), 0);
    expect(sum(recorder)).toEqual(noAmounts());
    recorder.tell(tcp, flow("allow"), 0);
    recorder.tell(tcp, flow("allow", "example.org"), 0);
    recorder.addResent(tcp, 60, 0);
    expect(sum(recorder)).toEqual({ bytesIn: 0, bytesOut: 60, connections: 1, blocked: 0 });
    recorder.tell(tcp, flow("block"), 0);
    expect(sum(recorder)).toEqual({ bytesIn: 0, bytesOut: 0, connections: 0, blocked: 1 });
    const other = keyOf(2n, 6);
    recorder.tell(other, flow("held"), 0);
    recorder.end(other, 0, 0, 0);
    expect(sum(recorder)).toEqual(noAmounts());
  });

  it("is booked under the name that it has by then", () => {
    const recorder = new Recorder(placeOf);
    recorder.tell(tcp, flow("allow"), 0);
    recorder.tell(tcp, flow("allow", "example.org"), 0);
    expect(recorder.take().entries.map(({ place }) => place.host)).toEqual(["example.org"]);
  });

  it("whose counters the kernel began anew loses nothing", () => {
    const recorder = new Recorder(placeOf);
    const udp = keyOf(3n, 17);
    recorder.tell(udp, flow("allow"), 0);
    recorder.count(udp, 100, 100, 0);
    expect(sum(recorder)).toMatchObject({ bytesIn: 100 });
    recorder.count(udp, 150, 150, 0);
    recorder.count(udp, 20, 20, 0);
    expect(sum(recorder)).toMatchObject({ bytesIn: 70, bytesOut: 70 });
  });
});

it("sockets of datagrams know their flows", () => {
  const recorder = new Recorder(placeOf);
  const [first, second] = [keyOf(7n, 17, 53), keyOf(7n, 17, 443)];
  for (const key of [first, second, tcp]) recorder.tell(key, flow("allow"), 0);
  expect(recorder.datagramsOf(7n)).toEqual([first, second]);
  expect([...recorder.allDatagrams()]).toEqual([first, second]);
  recorder.end(first, 0, 0, 0);
  expect(recorder.datagramsOf(7n)).toEqual([second]);
});

describe("over a restart", () => {
  it("nothing is counted twice or lost, whenever batches are written and the helper dies", () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant("count" as const), more: fc.nat(1000) }),
      fc.record({ do: fc.constant("write" as const) }),
      fc.record({ do: fc.constant("die" as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let recorder = new Recorder(placeOf);
        let written = { bytes: 0, connections: 0, live: new Map<string, Parameters<Recorder["restore"]>[0][0]>() };
        let counted = 0;
        recorder.tell(tcp, flow("allow"), 0);
        const write = () => {
          const { entries, live, over } = recorder.take();
          for (const { amounts } of entries) {
            written.bytes += amounts.bytesIn;
            written.connections += amounts.connections;
          }
          for (const each of live) written.live.set(each.flow, { ...each, place: JSON.stringify(each.place) });
          for (const key of over) written.live.delete(key);
        };
        for (const each of steps) {
          if (each.do === "count") {
            counted += each.more;
            recorder.count(tcp, counted, 0, 0);
          } else if (each.do === "write") write();
          else {
            recorder = new Recorder(placeOf);
            recorder.restore([...written.live.values()], 0);
            // The next helper finds in the kernel what the last one had not written.
            if (!recorder.has(tcp)) recorder.tell(tcp, flow("allow"), 0);
          }
        }
        recorder.end(tcp, counted, 0, 0);
        write();
        expect(written).toMatchObject({ bytes: counted, connections: 1 });
        expect(written.live.size).toBe(0);
        written = { bytes: 0, connections: 0, live: new Map() };
      }),
      { numRuns: 300 },
    );
  });

  it("a flow that ended without a word is let go after an hour of silence, unless the kernel knows it", () => {
    const recorder = new Recorder(placeOf);
    recorder.tell(tcp, flow("allow"), 0);
    recorder.take();
    recorder.sweep(() => false, 3_500_000);
    expect(recorder.has(tcp)).toBe(true);
    recorder.sweep(() => true, 3_700_000);
    expect(recorder.has(tcp)).toBe(true);
    recorder.sweep(() => false, 3_700_000);
    expect(recorder.has(tcp)).toBe(false);
    expect(recorder.take().over).toEqual([tcp]);
  });
});
