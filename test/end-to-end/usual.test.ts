// The short way of datagrams that go where those before them went (bpf/usual.bpf.h): counted like any other, and no way past a verdict.
import { afterAll, beforeAll, expect, test } from "vitest";
import { compiled } from "../network/compiled.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, TestHelper, until } from "./helper-process.ts";

const helper = new TestHelper();
let network: Network;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
});

const count = 150;
const payload = 64;
/** Somebody there sends everything back: a refusal would be an error of the next send(). */
const port = 7777;
/**
 * Sends from a connected socket, reads what comes back, then does `more`. An answer that finds its socket gone, or connected elsewhere, is
 * refused, and the refusal goes to `address` and would count as well.
 */
const sender = (family: 4 | 6, address: string, more: string) => [
  "/usr/bin/python3",
  "-c",
  `import socket, time
s = socket.socket(socket.AF_INET${family === 6 ? "6" : ""}, socket.SOCK_DGRAM)
s.settimeout(60)
def send(count):
    for _ in range(count): s.send(bytes(${payload}))
    for _ in range(count): s.recv(${payload})
s.connect(("${address}", ${port}))
send(${count})
${more}`,
];

async function flowTo(address: string) {
  return (await (await helper.client()).call("flows.list", {})).find(({ endpoint }) => endpoint.address === address);
}

test.for([4, 6] as const)(
  "datagrams over IPv%d are counted to the byte, while the socket lives and when it is gone",
  async (family) => {
    const address = network.address(family);
    const api = await helper.client();
    await api.call("rules.add", { app: null, action: "allow", address });
    const running = guarded(helper, network.near, sender(family, address, "time.sleep(3)"));
    const whole = count * (payload + 8 + (family === 4 ? 20 : 40));
    await until("all of them", async () => (await flowTo(address))?.bytesOut === whole);
    expect(await flowTo(address)).toMatchObject({ live: true });
    await running;
    await until("the socket's end", async () => (await flowTo(address))?.live === false);
    expect((await flowTo(address))?.bytesOut).toBe(whole);
  },
);

test("neither another address named, nor another connected to, goes the way of the first", async () => {
  const [open, named, next] = [network.address(4), network.address(4), network.address(4)];
  const api = await helper.client();
  await api.call("rules.add", { app: null, action: "allow", address: open });
  for (const address of [named, next]) await api.call("rules.add", { app: null, action: "block", address });
  const more = `def refused(work):
    try: work()
    except PermissionError: print("refused")
refused(lambda: s.sendto(bytes(${payload}), ("${named}", ${port})))
s.connect(("${next}", ${port}))
refused(lambda: s.send(bytes(${payload})))
s.connect(("${open}", ${port}))
send(5)`;
  const { stdout } = await guarded(helper, network.near, sender(4, open, more));
  expect(stdout.match(/refused/g)).toHaveLength(2);
  // The far side counts in its own time.
  await until("the last of them", async () => (await network.arrivedAt(open)) >= count + 5);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await network.arrivedAt(open)).toBe(count + 5);
  for (const address of [named, next]) expect(await network.arrivedAt(address)).toBe(0);
});

test.for([4, 6] as const)(
  "a datagram over IPv%d that one thread corks and another pushes goes where it goes, whatever that one named",
  async (family) => {
    const app = compiled("corked");
    const [named, target, allowed] = [network.address(family), network.address(family), network.address(family)];
    const api = await helper.client();
    for (const address of [named, allowed]) await api.call("rules.add", { app, action: "allow", address });
    await api.call("rules.add", { app, action: "block", address: target });
    const corked = async (to: string): Promise<number> => {
      const { stdout } = await guarded(helper, network.near, [app, named, to, String(port), "3"]);
      return (JSON.parse(stdout) as { corked: number }).corked;
    };
    expect(await corked(target)).toBeGreaterThan(0);
    expect(await network.arrivedAt(target)).toBe(0);
    // The control: they do go where that is allowed.
    expect(await corked(allowed)).toBeGreaterThan(0);
    expect(await network.arrivedAt(allowed)).toBeGreaterThan(0);
  },
);

test("a block ends them with the next one", async () => {
  const address = network.address(4);
  const api = await helper.client();
  await api.call("rules.add", { app: null, action: "allow", address });
  // Slowly: the short way would go on for more than a second.
  const more = `while True:
    time.sleep(0.02)
    try: s.send(bytes(${payload}))
    except PermissionError: break`;
  const running = guarded(helper, network.near, sender(4, address, more));
  await until("the stream", async () => (await network.arrivedAt(address)) > count + 10);
  await api.call("rules.add", { app: null, action: "block", address, port });
  const before = await network.arrivedAt(address);
  expect((await running).code).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  // What was under way or not counted yet, and what refuses the answers to a socket that is gone.
  expect((await network.arrivedAt(address)) - before).toBeLessThan(25);
});
