// MPTCP: the kernel itself makes the connections (subflows), some of them of its own accord. They are their app's, and end like any others.
import { spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { abi, layouts } from "../../helper/kernel/layout.ts";
import { BpfMap, openPin } from "../../helper/kernel/libbpf.ts";
import { bpfFileSystem } from "../../helper/kernel/pins.ts";
import { client, python } from "../network/clients.ts";
import { ip } from "../network/network.ts";
import { Field, Talker } from "./field.ts";
import { slowness, until } from "./helper-process.ts";

let field: Field;

beforeAll(async () => {
  field = await Field.create();
});

afterAll(() => field.destroy());

/** How many connections the kernel keeps for a helper that starts anew. */
function keptConnections(): number {
  const map = new BpfMap(openPin(`${bpfFileSystem}/${field.helper.instance}/v${abi}/maps/held_syns`));
  return map.keys(layouts.flow_key.size).length;
}

test("an attempt that is given up leaves nothing behind", { timeout: 120_000 * slowness }, async () => {
  const address = field.network.address(4);
  const child = field.spawn(client("reach", "multipath", address, 80));
  const { id } = await field.helper.prompt(address);
  expect(keptConnections()).toBe(1);
  child.kill("SIGKILL");
  await until("an end of what is kept", () => keptConnections() === 0);
  const stateOf = async () =>
    (await (await field.helper.client()).call("prompts.list", {})).find((prompt) => prompt.id === id)?.state;
  await until("the card to hear of it", async () => (await stateOf()) !== "held");
  await field.helper.signal("SIGKILL");
  await field.helper.start();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await stateOf()).not.toBe("held");
});

test("one that is allowed goes on, and its end is told once", { timeout: 120_000 * slowness }, async () => {
  const address = field.network.address(4);
  const child = field.spawn(client("reach", "multipath", address, 80));
  const output: string[] = [];
  child.stdout?.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const { id } = await field.helper.prompt(address);
  const api = await field.helper.client();
  await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  await new Promise((resolve) => child.once("exit", resolve));
  expect(JSON.parse(output.join(""))).toMatchObject({ ok: true, errno: 0 });
  expect(keptConnections()).toBe(0);
  const flow = async () => (await api.call("flows.list", {})).filter(({ endpoint }) => endpoint.address === address);
  await until("its end", async () => (await flow())[0]?.live === false);
  expect(await flow()).toMatchObject([{ verdict: "allow" }]);
  expect((await flow())[0]?.bytesIn).toBeGreaterThan(100);
});

test("one that is allowed and refused is over", { timeout: 120_000 * slowness }, async () => {
  const address = field.network.address(4);
  const api = await field.helper.client();
  await api.call("rules.add", { app: null, action: "allow", address });
  const ran = await field.run(client("reach", "multipath", address, 4));
  expect(JSON.parse(ran.stdout)).toMatchObject({ ok: false, errno: 111 });
  const flow = async () => (await api.call("flows.list", {})).filter(({ endpoint }) => endpoint.address === address);
  await until("its end", async () => (await flow())[0]?.live === false);
  expect(await flow()).toMatchObject([{ verdict: "allow" }]);
});

/** Talks to one that speaks TCP alone, until it cannot. */
const talking = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.connect((sys.argv[1], 7777))
print("up", flush=True)
try:
    while True:
        s.send(b"x")
        s.recv(1)
except OSError as error: print(error.errno, flush=True)`;

test("one that talks hears of a rule that blocks it", { timeout: 120_000 * slowness }, async () => {
  const address = field.network.address(4);
  const api = await field.helper.client();
  await api.call("rules.add", { app: null, action: "allow", address });
  const said = new Talker(field.spawn([python, "-c", talking, address]));
  expect(await said.line()).toBe("up");
  await api.call("rules.add", { app: null, action: "block", address, port: 7777 });
  expect(await said.line()).toBe("104"); // ECONNRESET
});

const server = `import socket, sys, threading
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind((sys.argv[1], 9000))
s.listen()
print("up", flush=True)
def echo(c):
    while data := c.recv(1000): c.sendall(data)
while True:
    threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()`;
const caller = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
s.connect((sys.argv[1], 9000))
for _ in range(3):
    s.sendall(b"hello")
    s.recv(1000)
print("connected", flush=True)
sys.stdin.read()`;

test("a second way of a connection is its app's", {
  timeout: 120_000 * slowness,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-multipath-"));
  const app = join(folder, "multipath");
  const { network } = field;
  const address = network.address(4);
  ip("-n", network.near, "link", "set", "tunnel", "up");
  for (const side of [network.near, network.far])
    ip("-n", side, "mptcp", "limits", "set", "subflow", "2", "add_addr_accepted", "2");
  ip("-n", network.near, "mptcp", "endpoint", "add", "198.51.100.1", "subflow");
  const serving = spawn("nsenter", [`--net=/run/netns/${network.far}`, python, "-c", server, address], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    await new Promise((resolve) => serving.stdout.once("data", resolve));
    copyFileSync(realpathSync(python), app);
    const api = await field.helper.client();
    await api.call("rules.add", { app, action: "allow", address });
    // Known by now: one that is held for two retransmissions falls back to TCP (net.mptcp.syn_retrans_before_tcp_fallback).
    await field.run([app, "-c", "import socket, sys; socket.create_connection((sys.argv[1], 9000))", address]);
    const child = field.spawn([app, "-c", caller, address]);
    const flows = async () => (await api.call("flows.list", {})).filter(({ endpoint }) => endpoint.address === address);
    await until("both ways", async () => (await flows()).length === 3);
    for (const flow of await flows()) expect(flow).toMatchObject({ app: { path: app }, verdict: "allow", user: 0 });
    child.kill("SIGKILL");
    await until("their ends", async () => (await flows()).every(({ live }) => !live));
    expect(keptConnections()).toBe(0);
  } finally {
    serving.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  }
});
