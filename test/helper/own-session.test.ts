// The kernel's table of sockets, and whose connections a process works over.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import type { Flow } from "../../contract/words.ts";
import { ownFlows, parseLine, sessionOf } from "../../helper/own-session.ts";
import { slowness } from "../end-to-end/helper-process.ts";

it.each([
  ["  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode", null],
  [
    "   0: 0100007F:1F90 0A02000A:D431 01 00000000:00000000 02:000A8C2E 00000000  1000        0 48213 2 0000 20 4 30 10 -1",
    { state: "01", address: "10.0.2.10", port: 8080, inode: "48213" },
  ],
  [
    "   1: B80D0120000000000000000001000000:0016 B80D0120000000000000000002000000:D431 01 00000000:00000000 00:00000000 00000000     0        0 7 1 0",
    { state: "01", address: "2001:db8::2", port: 22, inode: "7" },
  ],
  // A dual-stack listener's caller over IPv4.
  [
    "   2: 0000000000000000FFFF00000100007F:0016 0000000000000000FFFF00000A02000A:D431 01 0:0 0:0 0 0 0 9 1 0",
    { state: "01", address: "10.0.2.10", port: 22, inode: "9" },
  ],
  ["", null],
])("reads a line: %s", (line, expected) => {
  expect(parseLine(line)).toEqual(expected);
});

it("is what an ancestor was called on, not what it called itself", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const caller = connect(port, "127.0.0.1");
  const [own] = await accepted;
  const child: ChildProcess = spawn("sh", ["-c", "sleep 60 & echo $!; wait"], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  try {
    const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    const grandchild = Number(said.toString());
    expect(sessionOf(grandchild, { live: () => [], guarded: () => ["elsewhere"] })).toEqual([]);
    const flow = {
      id: "own",
      direction: "inbound",
      endpoint: { host: null, address: "127.0.0.1", port, protocol: "tcp" },
    } as Flow;
    const outbound = { ...flow, direction: "outbound" } as Flow;
    expect(sessionOf(grandchild, { live: () => [outbound, flow], guarded: () => [] })).toEqual([flow]);
    expect(ownFlows(grandchild, { live: () => [outbound, flow] })).toEqual(new Set(["own"]));
    expect(ownFlows(grandchild, { live: () => [outbound] })).toEqual(new Set());
    expect(sessionOf(1, { live: () => [flow], guarded: () => [] })).toEqual([]);
  } finally {
    process.kill(-(child.pid ?? 0), "SIGKILL"); // its child too
    own.destroy();
    caller.destroy();
    server.close();
  }
});

/** A process with as many descriptors, and that many forks below one another that share them; resolves with the last one's pid. */
async function crowded(descriptors: number, forks: number, children: ChildProcess[]): Promise<number> {
  const script = `import os, sys
for i in range(${descriptors}): os.dup(0)
for i in range(${forks}):
    if os.fork(): os.wait(); os._exit(0)
print(os.getpid(), flush=True); sys.stdin.read()`;
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  return Number(await once(child.stdout as NodeJS.ReadableStream, "data"));
}

it("is looked for among any number of descriptors in a moment; what may be one of a caller with too many to look at is one", async () => {
  const children: ChildProcess[] = [];
  const endpoint = { host: null, address: "192.0.2.1", port: 22, protocol: "tcp" };
  const inbound = { id: "theirs", direction: "inbound", endpoint } as Flow;
  const others = [
    { ...inbound, id: "out", direction: "outbound" },
    { ...inbound, id: "udp", endpoint: { ...endpoint, protocol: "udp" } },
  ] as Flow[];
  const live = () => [...others, inbound];
  try {
    const pid = await crowded(15_000, 8, children);
    // The first look of all meets cold code.
    sessionOf(process.pid, { live, guarded: () => [] });
    const before = performance.now();
    const found = sessionOf(pid, { live, guarded: () => [] });
    const took = performance.now() - before;
    expect(found).toEqual([inbound]);
    expect(ownFlows(pid, { live })).toEqual(new Set(["theirs"]));
    expect(took).toBeLessThan(500 * slowness);
    // Some hundred are what programs have.
    expect(ownFlows(await crowded(300, 0, children), { live })).toEqual(new Set());
  } finally {
    for (const child of children) child.stdin?.end();
  }
});
