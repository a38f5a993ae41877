// What happens while no helper runs is told to the next one late, or not at all: nothing old goes out, and nobody is asked for ever.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Flow } from "../../contract/words.ts";
import { client } from "../network/clients.ts";
import { Field, Talker } from "./field.ts";
import { slowness, until } from "./helper-process.ts";

/** Behind which held packets of an earlier time are too old (helper/kernel-news.ts), milliseconds. */
const tooOld = 10_000;
/** Of the far side: nobody listens there. */
const closedPort = 4;

let field: Field;
beforeAll(async () => {
  field = await Field.create();
});
afterAll(() => field.destroy());

async function flowTo(address: string, protocol: "tcp" | "udp"): Promise<Flow | undefined> {
  const flows = await (await field.helper.client()).call("flows.list", {});
  return flows.find(({ endpoint }) => endpoint.address === address && endpoint.protocol === protocol);
}

test("packets that nobody read in time do not go, whoever allows them", { timeout: 120_000 * slowness }, async () => {
  const address = field.network.address(4);
  // Ranges of ports are for the helper to judge.
  const range = { port: 7000, portTo: 8000 };
  await (await field.helper.client()).call("rules.add", { app: null, action: "allow", address, ...range });
  const datagram = (seconds: number) => client("udp", address, 7777, "unconnected", 1, 16, seconds);
  await field.helper.signal("SIGKILL");
  // Who started them lives on in their network namespace: what they sent could be sent again.
  const both = [datagram(0.1), client("tcp", address, 7777, 1)].map((command) => `${command.join(" ")} > /dev/null`);
  const parent = new Talker(field.spawn(["sh", "-c", `${both.join("; ")}; echo sent; cat`]));
  expect(await parent.line()).toBe("sent");
  await new Promise((resolve) => setTimeout(resolve, tooOld));
  await field.helper.start();
  for (const protocol of ["udp", "tcp"] as const)
    await until(`the ${protocol} flow`, async () => (await flowTo(address, protocol))?.live === false);
  expect(await flowTo(address, "udp")).toMatchObject({ verdict: "allow", bytesOut: 0 });
  expect(await field.network.arrivedAt(address)).toBe(0);
  const { counters } = await (await field.helper.client()).call("status", {});
  expect(counters.droppedAtRelease).toBe(1);
  // What comes now does.
  parent.go(true);
  const { stdout } = await field.run(datagram(60));
  expect(JSON.parse(stdout)).toMatchObject({ replies: [0] });
});

test("an attempt whose end found no room asks nobody", { timeout: 300_000 * slowness }, async () => {
  const [open, asked] = [field.addresses(), field.network.address(4)];
  await field.rules({ asked: [asked] });
  await field.helper.signal("SIGKILL");
  const made = await field.attempts(20_000, open, closedPort, ["tcp4"]);
  expect(made.tcp4?.taken).toBe(20_000);
  await field.run(client("tcp", asked, 80, 1));
  await field.helper.start();
  await until("its flow", async () => (await flowTo(asked, "tcp"))?.live === false);
  const api = await field.helper.client();
  const prompts = await api.call("prompts.list", {});
  expect(prompts.filter(({ state, endpoint }) => state === "held" && endpoint.address === asked)).toEqual([]);
  expect((await api.call("status", {})).degraded.map(({ code }) => code)).toContain("logFull");
  // One that still waits is still asked about.
  const waiting = field.run(client("tcp", asked, 80));
  const { id } = await field.helper.prompt(asked);
  await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
  expect(JSON.parse((await waiting).stdout)).toMatchObject({ ok: true });
});
