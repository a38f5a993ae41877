// MPTCP: the kernel itself makes the connection, past the hooks that other connections meet. Its end is told like any other's.
import { afterAll, beforeAll, expect, test } from "vitest";
import { abi, layouts } from "../../helper/kernel/layout.ts";
import { BpfMap, openPin } from "../../helper/kernel/libbpf.ts";
import { bpfFileSystem } from "../../helper/kernel/pins.ts";
import { client } from "../network/clients.ts";
import { Field } from "./field.ts";
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
