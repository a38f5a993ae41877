// Live and recent flows: what is remembered, counted, told and forgotten.

import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { type Flow, flowSchema } from "../../../contract/words.ts";
import { Flows, type NewFlow } from "../../../helper/flows/flows.ts";

const capacity = 12_000;
const noon = Date.UTC(2026, 10, 23, 12);

const flow = (key: string, part: Partial<NewFlow> = {}): NewFlow => ({
  key,
  cookie: BigInt(key.length),
  app: { name: "/usr/bin/curl", path: "/usr/bin/curl", verified: false, icon: null, via: null },
  direction: "outbound",
  endpoint: { host: null, address: "192.0.2.1", port: 443, protocol: "tcp" },
  user: 1000,
  at: noon,
  verdict: "held",
  rule: null,
  layer: "mode",
  reason: "No rule covers it, so you are asked.",
  ...part,
});

function start() {
  const told: [string, Flow | null][] = [];
  const flows = new Flows((flow, id) => told.push([id, flow]));
  return { flows, told };
}

describe("a flow", () => {
  it("is told and listed in the contract's words, newest first", () => {
    const { flows, told } = start();
    flows.add(flow("a"));
    flows.add(flow("b", { at: noon + 1 }));
    const list = flows.list(10);
    expect(list.map(({ time }) => time)).toEqual(["2026-11-23T12:00:00.001Z", "2026-11-23T12:00:00.000Z"]);
    for (const one of list) v.parse(v.strictObject(flowSchema.entries), one);
    expect(told.map(([, flow]) => flow)).toEqual([...list].reverse());
    expect(flows.list(1)).toEqual(list.slice(0, 1));
  });

  it("receives its verdict while it lives", () => {
    const { flows, told } = start();
    flows.add(flow("a"));
    flows.judge("a", { verdict: "allow", rule: "7", layer: "rule", reason: "r" });
    expect(flows.get("a")).toMatchObject({ verdict: "allow", rule: "7", layer: "rule", reason: "r", live: true });
    flows.end("a");
    flows.judge("a", { verdict: "block", rule: null, layer: "mode", reason: "late" });
    flows.count("a", 9, 9);
    flows.addResent("a", 9);
    expect(flows.list(1)[0]).toMatchObject({ verdict: "allow", live: false, bytesIn: 0, bytesOut: 0 });
    expect([flows.has("a"), flows.get("a"), flows.liveKeys()]).toEqual([false, undefined, []]);
    expect(told).toHaveLength(3);
  });

  it("counts what the kernel saw and what was re-sent past it, once each", () => {
    const { flows, told } = start();
    flows.add(flow("a"));
    flows.addResent("a", 60);
    expect(flows.get("a")?.bytesOut).toBe(60);
    flows.count("a", 52, 100);
    flows.addResent("a", 60);
    expect(flows.get("a")).toMatchObject({ bytesIn: 52, bytesOut: 220 });
    flows.count("a", 52, 100);
    expect(flows.get("a")).toMatchObject({ bytesIn: 52, bytesOut: 220 });
    expect(told).toHaveLength(4);
  });

  it("is found by its socket, together with the socket's others", () => {
    const { flows } = start();
    for (const key of ["a", "b", "c"]) flows.add(flow(key, { cookie: key === "c" ? 2n : 1n }));
    expect(flows.ofSocket(1n)).toEqual(["a", "b"]);
    flows.end("a");
    expect(flows.ofSocket(1n)).toEqual(["b"]);
    flows.end("b");
    expect([flows.ofSocket(1n), flows.ofSocket(2n), flows.ofSocket(3n)]).toEqual([[], ["c"], []]);
  });

  it("that nobody knows is nobody's: nothing is told", () => {
    const { flows, told } = start();
    flows.end("x");
    flows.count("x", 1, 1);
    flows.addResent("x", 1);
    expect(told).toEqual([]);
  });
});

describe("too many flows", () => {
  it("push out what ended first, and whoever watches hears of it", () => {
    const { flows, told } = start();
    for (let i = 0; i < capacity; i++) flows.add(flow(`k${i}`));
    flows.end("k7");
    flows.end("k3");
    const gone = () => told.filter(([, flow]) => flow === null).map(([id]) => id);
    flows.add(flow("new"));
    flows.add(flow("newer"));
    expect(gone()).toEqual(["8", "4"]);
    expect(flows.list(capacity + 5)).toHaveLength(capacity);
    expect([flows.has("k0"), flows.has("newer")]).toEqual([true, true]);
  });

  it("push out the oldest of all when every one lives, and keep no trace of it", () => {
    const { flows } = start();
    for (let i = 0; i <= capacity; i++) flows.add(flow(`k${i}`, { cookie: BigInt(i), verdict: "allow" }));
    expect([flows.has("k0"), flows.ofSocket(0n), flows.has("k1")]).toEqual([false, [], true]);
    expect(flows.liveKeys()).toHaveLength(capacity);
  });

  it("never push out one that waits for an answer", () => {
    const { flows } = start();
    flows.add(flow("waiting", { verdict: "held" }));
    for (let i = 0; i <= capacity; i++) flows.add(flow(`k${i}`, { verdict: "allow" }));
    expect([flows.has("waiting"), flows.has("k0"), flows.has("k1")]).toEqual([true, false, false]);
  });
});
