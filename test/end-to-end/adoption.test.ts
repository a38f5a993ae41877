// Sockets that are older than the guard: found through the processes that hold them, listed, and under the policy from then on.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Flow } from "../../contract/words.ts";
import { enteringCgroup } from "../bpf/entering-cgroup.ts";
import { OwnCgroup } from "../bpf/own-cgroup.ts";
import { client, type StreamResult } from "../network/clients.ts";
import { createNetwork, ip, type Network } from "../network/network.ts";
import { slowness, TestHelper, until } from "./helper-process.ts";

const [EPERM, ECONNABORTED, ECONNRESET, ECONNREFUSED] = [1, 103, 104, 111];
/** Of the far side: nobody listens there. */
const closedPort = 4;

const helper = new TestHelper();
const children: ChildProcess[] = [];
let network: Network;
let cgroup: OwnCgroup;
let outside: OwnCgroup;
let folder: string;
/** A copy of Python: by its name no interpreter, so an app by itself. */
let program: string;

interface Older {
  output: string;
  child: ChildProcess;
}

/** Starts a command in a cgroup and waits for its first word. */
async function before(directory: string, [, ...args]: readonly string[]): Promise<Older> {
  const [shell, words] = enteringCgroup(directory, [program, ...args]);
  return startIn(network.near, [shell, ...words]);
}

async function startIn(namespace: string, command: string[]): Promise<Older> {
  const child = spawn("nsenter", [`--net=/run/netns/${namespace}`, ...command], { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const older: Older = { output: "", child };
  child.stdout.on("data", (chunk: Buffer) => {
    older.output += chunk.toString();
  });
  await until("it to run", () => older.output.includes("\n"));
  return older;
}

const addresses = {
  tcp: "",
  silent: "",
  late: "",
  never: "",
  udp: "",
  busy: "",
  full: "",
  unguarded: "",
  errors4: "",
  errors6: "",
};
const streams: Record<string, Older> = {};
const served = `import socket, threading, time
s = socket.create_server(("127.0.0.1", 4711))
c = socket.create_connection(("127.0.0.1", 4711))
a, _ = s.accept()
print("up", flush=True)
time.sleep(${600 * slowness})`;

/** Calls somebody who does not answer yet, from a port at which it listens as well; says what became of it, sends a byte, and waits for the end. */
const calling = `import select, socket, sys
listener = socket.create_server(("127.0.0.1", 0))
s = socket.socket()
s.bind((sys.argv[2], listener.getsockname()[1]))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 12) # outlives the start of a helper where everything is slow
s.setblocking(False)
s.connect_ex((sys.argv[1], 7777))
print("calling", flush=True)
select.select([], [s], [])
print("errno", s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), flush=True)
s.setblocking(True)
try:
    s.send(b"x")
    s.recv(1)
except OSError as error: print("ended", error.errno, flush=True)`;

/** Sends all the time, and so while its guard is made. */
const busy = `import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 7777))
print("up", flush=True)
end = time.monotonic() + ${120 * slowness}
while time.monotonic() < end:
    try: s.send(b"x")
    except OSError: pass
    time.sleep(0.001)`;

/** Asks for errors at once and sends once a file is there; says each error that it has not said. */
const errors = `import os, socket, sys, time
six = ":" in sys.argv[1]
s = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
option = (socket.IPPROTO_IPV6, 25) if six else (socket.IPPROTO_IP, 11)
s.setsockopt(*option, 1)
s.settimeout(0.05)
said = set()
print("up", flush=True)
while not os.path.exists(sys.argv[3]): time.sleep(0.02)
print("option", s.getsockopt(*option), flush=True)
while True:
    for call in (lambda: s.sendto(b"x", (sys.argv[1], int(sys.argv[2]))), lambda: s.recv(10)):
        try: call()
        except socket.timeout: pass
        except OSError as error:
            if error.errno not in said: print("errno", error.errno, flush=True)
            said.add(error.errno)`;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-adoption-")));
  program = join(folder, "program");
  copyFileSync("/usr/bin/python3", program);
  network = await createNetwork();
  cgroup = new OwnCgroup();
  outside = new OwnCgroup();
  for (const name of Object.keys(addresses) as (keyof typeof addresses)[])
    addresses[name] = network.address(name === "errors6" ? 6 : 4);
  const stream = (protocol: string, address: string, ...quiet: string[]) =>
    client("stream", protocol, address, 7777, 120 * slowness, ...quiet);
  const inside = cgroup.child("deeper");
  streams.tcp = await before(inside, stream("tcp", addresses.tcp));
  streams.silent = await before(inside, stream("tcp", addresses.silent, "quiet"));
  streams.udp = await before(inside, stream("udp", addresses.udp));
  streams.busy = await before(inside, ["", "-c", busy, addresses.busy]);
  for (const name of ["errors4", "errors6"] as const)
    streams[name] = await before(inside, ["", "-c", errors, addresses[name], String(closedPort), join(folder, "go")]);
  streams.full = await before(inside, client("older-full", addresses.full, 80, 7777));
  streams.served = await before(inside, ["", "-c", served]);
  streams.unguarded = await before(outside.directory, stream("tcp", addresses.unguarded));
  // Where the pauses between two SYNs double from the first on, the guard hardly begins just as one is sent again.
  const linear = "/proc/sys/net/ipv4/tcp_syn_linear_timeouts";
  execFileSync("nsenter", [`--net=/run/netns/${network.near}`, "sh", "-c", `[ ! -e ${linear} ] || echo 0 > ${linear}`]);
  const remote = [
    "/usr/bin/python3",
    join(import.meta.dirname, "../network/late-answer.py"),
    "wire",
    addresses.late,
    "7777",
  ];
  streams.remote = await startIn(network.far, remote);
  for (const name of ["late", "never"] as const) {
    ip("-n", network.far, "rule", "add", "from", addresses[name], "blackhole");
    streams[name] = await before(inside, ["", "-c", calling, addresses[name], network.nearAddress(4)]);
  }
  await helper.start("helper/main.ts", ["--guard", cgroup.instance]);
  // Its SYN left before there was a guard, and the answer comes after: the handshake is over before another SYN.
  streams.remote.child.stdin?.write("\n");
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await helper.stop();
  await cgroup.remove();
  await outside.remove();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

async function flowTo(address: string): Promise<Flow> {
  return until(`a flow to ${address}`, async () =>
    (await (await helper.client()).call("flows.list", {})).find(({ endpoint }) => endpoint.address === address),
  );
}

const resultOf = ({ output }: Older): StreamResult =>
  JSON.parse(output.trim().split("\n").at(-1) ?? "") as StreamResult;

describe("a connection older than the guard", () => {
  test("is listed with its app and goes on", async () => {
    for (const address of [addresses.tcp, addresses.silent]) {
      expect(await flowTo(address)).toMatchObject({
        app: { path: program },
        direction: "outbound",
        endpoint: { address, port: 7777, protocol: "tcp" },
        verdict: "allow",
        rule: null,
        live: true,
      });
    }
    const arrived = await network.arrived("tcp", addresses.tcp, 7777);
    await until("more of it", async () => (await network.arrived("tcp", addresses.tcp, 7777)) > arrived + 5);
    expect((await flowTo(addresses.tcp)).bytesOut).toBeGreaterThan(0);
  });

  test("is inbound where its port is a listener's", async () => {
    const flows = await (await helper.client()).call("flows.list", {});
    const own = flows.filter(({ endpoint }) => endpoint.address === "127.0.0.1");
    expect(own.map(({ direction, endpoint }) => [direction, endpoint.port]).sort()).toEqual([
      ["inbound", 4711],
      ["outbound", 4711],
    ]);
  });

  test("outside of it is nobody's business", async () => {
    const flows = await (await helper.client()).call("flows.list", {});
    expect(flows.filter(({ endpoint }) => endpoint.address === addresses.unguarded)).toEqual([]);
  });

  test.for(["tcp", "silent"] as const)("ends when a rule blocks it (%s)", async (which) => {
    const address = addresses[which];
    const api = await helper.client();
    await api.call("rules.add", { app: program, action: "block", address });
    const older = streams[which] as Older;
    await until("its end", () => /"errno".*\n/.test(older.output));
    expect(resultOf(older).errno).toBe(ECONNABORTED);
    expect(await flowTo(address)).toMatchObject({ verdict: "block", layer: "rule" });
  });
});

describe("a connection that is being made when the guard begins", () => {
  test("is refused before anybody has answered it when a rule blocks it", async () => {
    const older = streams.never as Older;
    const api = await helper.client();
    await api.call("rules.add", { app: program, action: "block", address: addresses.never });
    await until("its end", () => /errno \d+\n/.test(older.output));
    expect(older.output).toContain(`errno ${ECONNREFUSED}\n`);
  });

  test("is a new one: not a byte of it goes before it is answered, and then it goes on", async () => {
    const [older, remote] = [streams.late as Older, streams.remote as Older];
    await until("the connection", () => /errno \d+\n/.test(older.output));
    expect(older.output).toBe("calling\nerrno 0\n");
    const { id, app, direction } = await helper.prompt(addresses.late);
    expect({ path: app.path, direction }).toEqual({ path: program, direction: "outbound" });
    expect(remote.output).toBe("ready\nsyn\n");
    const api = await helper.client();
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    await until("what it has to say", () => remote.output.includes("data"));
    expect(await flowTo(addresses.late)).toMatchObject({ direction: "outbound", verdict: "allow" });
    await api.call("rules.add", { app: program, action: "block", address: addresses.late });
    await until("its end", () => /ended \d+\n/.test(older.output));
    // By its socket, or by a segment of it that was sent again and met the rule.
    expect(older.output).toMatch(new RegExp(`^calling\nerrno 0\nended (${ECONNABORTED}|${ECONNRESET})\n$`));
  });
});

test("what is sent while the guard is made is its app's as well", async () => {
  const { app } = await helper.prompt(addresses.busy);
  expect(app.path).toBe(program);
});

test("a datagram socket older than the guard is its app's, and asked about as it sends", async () => {
  const { id, app } = await helper.prompt(addresses.udp);
  expect(app.path).toBe(program);
  const api = await helper.client();
  await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  const arrived = await network.arrived("udp", addresses.udp, 7777);
  await until("more of it", async () => (await network.arrived("udp", addresses.udp, 7777)) > arrived);
  expect((await api.call("status", {})).counters.preexisting).toBe(0);
});

test("one that asked for errors hears of no hold, and of errors once it is allowed", async () => {
  writeFileSync(join(folder, "go"), "");
  const api = await helper.client();
  for (const name of ["errors4", "errors6"] as const) {
    const older = streams[name] as Older;
    const { id } = await helper.prompt(addresses[name]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(older.output.trim().split("\n")).toEqual(["up", "option 1"]);
    await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    await until("an error", () => /errno \d+\n/.test(older.output));
    expect(older.output.trim().split("\n")).toEqual(["up", "option 1", `errno ${ECONNREFUSED}`]);
  }
});

test("a socket older than the guard, in which nothing more has room, sends nothing", async () => {
  const older = streams.full as Older;
  const lines = () => older.output.trim().split("\n");
  for (const number of (JSON.parse(lines()[0] ?? "") as { filled: number[] }).filled) expect(number).toBeGreaterThan(0);
  const api = await helper.client();
  const noStorage = async () => (await api.call("status", {})).counters.noStorage ?? 0;
  const before = await noStorage();
  older.child.kill("SIGUSR1");
  const said = await until("what came of it", () => lines()[1]);
  expect(JSON.parse(said)).toEqual({ tcp: EPERM, udp: EPERM, connected: EPERM, empty: 0 });
  // The one that has room is asked about, and goes on: the others would have arrived as well.
  const { id } = await helper.prompt(addresses.full);
  expect(await network.arrivedAt(addresses.full)).toBe(0);
  await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  await until("its datagram", async () => (await network.arrived("udp", addresses.full, 7777)) === 1);
  expect(await network.arrivedAt(addresses.full)).toBe(1);
  expect(await noStorage()).toBeGreaterThan(before);
  expect((await api.call("status", {})).degraded.map(({ code }) => code)).toContain("noStorage");
});
