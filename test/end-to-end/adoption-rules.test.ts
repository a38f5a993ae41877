// Sockets that are older than the guard, under a policy that is older than they: they are judged like any other as soon as they have an app.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { enteringCgroup } from "../bpf/entering-cgroup.ts";
import { OwnCgroup } from "../bpf/own-cgroup.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { TestHelper, until } from "./helper-process.ts";
import { call, flowsWith } from "./inbound-sides.ts";

const ECONNABORTED = 103;

const helper = new TestHelper();
const children: ChildProcess[] = [];
let network: Network;
let cgroup: OwnCgroup;
let folder: string;
/** A copy of Python: by its name no interpreter, so an app by itself. */
let program: string;

class Older {
  output = "";
  readonly child: ChildProcess;
  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  /** Resolves with the line of that number once it is said. */
  async line(number: number): Promise<string> {
    const lines = () => this.output.split("\n").slice(0, -1);
    await until("its word", () => lines().length > number);
    return lines()[number] ?? "";
  }

  go(): void {
    this.child.stdin?.write("\n");
  }
}

/** Runs a program in the cgroup that is guarded later; it says a line when it has its socket. */
async function before(code: string, ...args: (string | number)[]): Promise<Older> {
  return beforeGuard(cgroup, code, ...args);
}

async function beforeGuard(cgroup: OwnCgroup, code: string, ...args: (string | number)[]): Promise<Older> {
  const words = ["nsenter", `--net=/run/netns/${network.near}`, program, "-c", code, ...args.map(String)];
  const child = spawn(...enteringCgroup(cgroup.directory, words), { stdio: ["pipe", "pipe", "inherit"] });
  children.push(child);
  const older = new Older(child);
  await older.line(0);
  return older;
}

/** Never silent. */
const busy = `import socket, sys
s = socket.create_connection((sys.argv[1], 7777))
print("up", flush=True)
try:
    while True:
        s.send(b"x")
        s.recv(1)
except OSError as error:
    print(error.errno, flush=True)`;

/** Connected to one address; tries to pass for a call to another, which fails past the hooks (IP_PKTINFO names no device). */
const pretending = `import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], 7777))
print("up", flush=True)
sys.stdin.readline()
info = struct.pack("i4s4s", 9999, b"", b"")
for _ in range(20):
    try:
        s.sendmsg([b"x"], [(socket.IPPROTO_IP, 8, info)], 0, ("127.0.0.1", 7777))
    except OSError:
        pass
    s.send(b"leak")
print("sent", flush=True)
sys.stdin.readline()`;

const served = `import socket, sys
s = socket.create_server(("127.0.0.1", 4711))
c = socket.create_connection(("127.0.0.1", 4711))
a, _ = s.accept()
print("up", flush=True)
sys.stdin.readline()
c.close()
a.close()
print("closed", flush=True)
sys.stdin.readline()`;

const answering = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", 4712))
print("up", flush=True)
while True:
    data, remote = s.recvfrom(100)
    s.sendto(data, remote)`;

/** Asks for errors, and sends all the time to where nobody listens; from its line on it says once that it heard of some. */
const refused = `import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, 1)
s.setblocking(False)
print("up", flush=True)
heard, counts = 0, False
while heard < 4: # the kernel sends one a second
    for call in (lambda: s.sendto(b"x", (sys.argv[1], 4)), lambda: s.recv(10)):
        try: call()
        except BlockingIOError: pass
        except OSError as error: heard += counts and error.errno == 111
    if select.select([] if counts else [sys.stdin], [], [], 0.005)[0]:
        sys.stdin.readline()
        counts = True
print("heard", flush=True)
sys.stdin.readline()`;

const addresses = { busy: "", pretending: "", refused: "" };
const older: Record<string, Older> = {};

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-adoption-")));
  program = join(folder, "program");
  copyFileSync("/usr/bin/python3", program);
  network = await createNetwork();
  cgroup = new OwnCgroup();
  for (const name of Object.keys(addresses) as (keyof typeof addresses)[]) addresses[name] = network.address(4);
  await helper.start();
  await (await helper.client()).call("rules.add", { app: program, action: "block", address: addresses.busy });
  await (await helper.client()).call("rules.add", { app: null, action: "allow", address: addresses.refused });
  await helper.signal("SIGKILL");
  older.refused = await before(refused, addresses.refused);
  older.busy = await before(busy, addresses.busy);
  older.pretending = await before(pretending, addresses.pretending);
  older.served = await before(served);
  older.answering = await before(answering);
  await helper.start("helper/main.ts", ["--guard", cgroup.instance]);
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await helper.stop();
  await cgroup.remove();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

test("a connection that a rule blocks ends, however busy it is while its app is being named", async () => {
  expect(await older.busy?.line(1)).toBe(String(ECONNABORTED));
});

test("a datagram of a connected socket is not judged by a call that failed", async () => {
  older.pretending?.go();
  await older.pretending?.line(1);
  await helper.prompt(addresses.pretending);
  expect(await network.arrived("udp", addresses.pretending, 7777)).toBe(0);
});

test("what others began is over when it ends", async () => {
  const inbound = async () =>
    (await flowsWith(helper, "127.0.0.1")).find(
      ({ direction, endpoint }) => direction === "inbound" && endpoint.port === 4711,
    );
  expect(await inbound()).toMatchObject({ live: true });
  older.served?.go();
  await older.served?.line(1);
  await until("its end", async () => (await inbound())?.live === false);
});

test("who calls a port that it chose is asked about", async () => {
  const from = network.address(4);
  const to = network.nearAddress(4);
  const called = call(network, { protocol: "udp", from, fromPort: 5000, to, port: 4712, seconds: 20 });
  const { id, direction } = await helper.prompt(from);
  expect(direction).toBe("inbound");
  await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "once" });
  expect((await called).errno).toBe(0);
});

test("one that asked for errors, and sent while its guard was made, hears of them", async () => {
  older.refused?.go();
  expect(await older.refused?.line(1)).toBe("heard");
});

test("a helper that is killed while it looks for them leaves that to the next one", async () => {
  const [killed, own] = [new TestHelper(), new OwnCgroup()];
  const address = network.address(4);
  const guard = ["--guard", own.instance];
  try {
    await killed.start();
    await (await killed.client()).call("rules.add", { app: program, action: "block", address });
    await killed.signal("SIGKILL");
    const connected = await beforeGuard(own, busy, address);
    const stopping = killed.start("test/end-to-end/stopping-helper.ts", guard, ["env", "PICKET_STOP_AT=adopting"]);
    await expect(stopping).rejects.toThrow("the helper ended with null");
    await killed.start("helper/main.ts", guard);
    expect(await connected.line(1)).toBe(String(ECONNABORTED));
    expect((await flowsWith(killed, address))[0]).toMatchObject({ app: { path: program }, verdict: "block" });
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await killed.stop();
    await own.remove();
  }
});
