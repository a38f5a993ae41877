// Who holds packet sockets in a guard, found in a moment whatever runs there.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Budget } from "../../../helper/budget.ts";
import { moveProcess } from "../../../helper/guard/cgroups.ts";
import { packetSocketHolders } from "../../../helper/guard/packet-sockets.ts";
import { deepCgroups, OwnCgroup } from "../../bpf/own-cgroup.ts";
import { slowness } from "../../end-to-end/helper-process.ts";

let own: OwnCgroup;
const children: ChildProcess[] = [];

beforeEach(() => {
  own = new OwnCgroup();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.stdin?.end();
    await once(child, "exit");
  }
  await own.remove();
});

/** Steps for so many readings of a table, with what is looked at beside them. */
const readings = (count: number) => count * 64 + 32;

/** A program with a packet socket in a network namespace of its own, and what else it says and does; resolves with its pid. */
async function holder(directory: string, then = ""): Promise<number> {
  const script = `import os, socket, sys
sys.stdin.readline()
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
${then}
print(os.getpid(), flush=True); sys.stdin.read()`;
  const words = ["--net", "/usr/bin/python3", "-c", script];
  const child = spawn("unshare", words, { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  moveProcess(child.pid ?? 0, directory);
  child.stdin.write("go\n");
  return Number(await once(child.stdout, "data"));
}

it("names them, also where a cgroup beside theirs cannot be looked into", async () => {
  const deep = deepCgroups(own.child("a"));
  try {
    const pid = await holder(own.child("b"));
    const { holders, whole } = packetSocketHolders([own.directory]);
    expect(holders).toEqual([expect.stringMatching(new RegExp(`^python3[.\\d]* \\(${pid}\\)$`))]);
    expect(whole).toBe(false);
  } finally {
    deep.remove();
  }
});

it("looks no longer than a moment, and says when that was not enough", async () => {
  expect(packetSocketHolders([own.directory])).toEqual({ holders: [], whole: true });
  await holder(
    own.child("crowd"),
    `for i in range(15000): os.dup(0)
for i in range(12):
    if os.fork() == 0: s.close(); sys.stdin.read(); os._exit(0)`,
  );
  const before = performance.now();
  const { whole } = packetSocketHolders([own.directory]);
  expect(performance.now() - before).toBeLessThan(500 * slowness);
  expect(whole).toBe(false);
});

it("reads no more of a table of them than there is time for: the kernel begins anew with each page", async () => {
  const many = `inside = os.fork()
if inside == 0: os.close(s.detach()); sys.stdin.read(); os._exit(0)
more = [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) for i in range(200)]`;
  const maker = await holder(own.child("outside"), many);
  const directory = own.child("inside");
  moveProcess(Number(readFileSync(`/proc/${maker}/task/${maker}/children`, "utf8")), directory);
  expect(packetSocketHolders([directory])).toEqual({ holders: [], whole: true });
  expect(packetSocketHolders([directory], new Budget(readings(2), 0)).whole).toBe(false);
  expect(packetSocketHolders([directory], new Budget(readings(8), 0)).whole).toBe(true);
});
