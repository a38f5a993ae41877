// An app's socket is found among its process's descriptors, and nobody's descriptors keep the helper busy.
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, expect, test } from "vitest";
import type { FlowRecord } from "../../../helper/kernel/layout.ts";
import { close } from "../../../helper/kernel/libc.ts";
import { abandonedSearches, takeErrorSocket } from "../../../helper/kernel/socket-options.ts";

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** Python with so many datagram sockets; the record speaks of the last one, SO_COOKIE 57. */
async function record(sockets: number): Promise<FlowRecord> {
  const code = `import socket, time
s = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(${sockets})]
print(int.from_bytes(s[-1].getsockopt(1, 57, 8), "little"), flush=True)
time.sleep(60)`;
  return recordOf(["prlimit", `--nofile=${sockets + 100}`, "/usr/bin/python3", "-c", code]);
}

/** `command` says its socket's cookie. */
async function recordOf(command: string[]): Promise<FlowRecord> {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const line = await new Promise<string>((resolve) => child.stdout?.once("data", (chunk) => resolve(String(chunk))));
  const flow = { cookie: BigInt(line.trim()), port: 443 };
  return { errors_wanted: 1, flow, process: { pid: child.pid } } as unknown as FlowRecord;
}

test("a socket is found", async () => {
  const fd = takeErrorSocket(await record(10));
  expect(fd).toBeDefined();
  if (fd !== undefined) close(fd);
});

test("a search among very many is given up, and counted", async () => {
  const wanted = await record(10_000);
  const before = abandonedSearches();
  for (let i = 0; i < 20; i++) expect(takeErrorSocket(wanted)).toBeUndefined();
  expect(abandonedSearches() - before).toBe(20);
});

test("a connection is never taken, so that closing it is never ours", async () => {
  const code = `import socket, time
s = socket.socket()
print(int.from_bytes(s.getsockopt(1, 57, 8), "little"), flush=True)
time.sleep(60)`;
  expect(takeErrorSocket(await recordOf(["/usr/bin/python3", "-c", code]))).toBeUndefined();
});
