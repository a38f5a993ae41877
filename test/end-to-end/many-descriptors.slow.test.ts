// More descriptors on the machine than one reading of the kernel's iterators looks at (a million): what the helper asks of all sockets is
// answered all the same. Nobody needs a privilege for so many.
import { type ChildProcess, spawn } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { client, clientApp, type StreamResult } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, slowness, TestHelper, until } from "./helper-process.ts";

const ECONNABORTED = 103;
/** MAX_ITER_OBJECTS in the kernel's bpf_iter.c, and some. */
const descriptors = 1_050_000;

const helper = new TestHelper();
let network: Network;
let holder: ChildProcess;

beforeAll(async () => {
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  holder?.stdin?.end();
  await helper.stop();
  network.destroy();
});

test("a change of policy is carried out to its end", { timeout: 120_000 * slowness }, async () => {
  // First: what a reading finds before its millionth descriptor it hands over, and goes on from there.
  holder = spawn(client("descriptors")[0] as string, client("descriptors", descriptors).slice(1), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await new Promise((resolve) => holder.stdout?.once("data", resolve));

  const address = network.address(4);
  const app = clientApp("stream");
  const api = await helper.client();
  await api.call("rules.add", { app, action: "allow", address });
  const stream = guarded(helper, network.near, client("stream", "tcp", address, 7777, 60, "quiet"));
  await until("the stream's first answer", async () => (await network.arrivedAt(address)) > 3);
  const temporary = await api.call("rules.add", { app, action: "block", address, port: 7777, lifetime: "1m" });
  expect(JSON.parse((await stream).stdout.trim().split("\n").at(-1) ?? "") as StreamResult).toMatchObject({
    errno: ECONNABORTED,
  });
  holder.stdin?.end();
  // Its minute was noted: it ends.
  const isThere = async () => (await api.call("rules.list", {})).some(({ id }) => id === temporary.id);
  expect(await isThere()).toBe(true);
  await until("the end of the rule", async () => !(await isThere()), 90_000);
});
