// A thousand clients of one user, of every bad manner: they are bounded, others are answered as if they were not there, and nothing is granted
// to them and nothing is lost.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { contractVersion } from "../../contract/methods.ts";
import type { HelperClient } from "../../main/client/client.ts";
import { connectAs } from "./as-user.ts";
import { slowness } from "./helper-process.ts";
import { alice, bob, Storming, standingOf, unused, windowGroup } from "./storming.ts";

const clients = 1000;
/** Of one user. */
const mostClients = 64;
let field: Storming;
/** What one question is about, which waits all the while; and its id. */
let asked: string;
let question: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  field = await Storming.create();
  const api = await field.helper.client();
  // Answers that are long enough to fill memory, where nobody reads them.
  for (let part = 0; part < 20; part++) {
    const rules = Array.from({ length: 100 }, (_, at) => ({
      ...{ action: "block" as const, address: `10.${part}.${at}.0/24`, note: "x".repeat(400) },
    }));
    await api.call("rules.stage", { first: part === 0, rules });
  }
  await api.call("rules.apply", {});
  asked = field.network.address(4);
  question = await field.question(alice, asked);
});
afterAll(() => field?.destroy());
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function crowd(kind: string, count = clients, group = bob): Promise<void> {
  const script = join(import.meta.dirname, "flood.py");
  const words = ["/usr/bin/python3", script, field.helper.socket, String(count), kind, String(contractVersion)];
  const become = [`--reuid=${bob}`, `--regid=${group}`, "--clear-groups", "prlimit", "--nofile=4096"];
  const child = spawn("setpriv", [...become, ...words], { stdio: ["ignore", "pipe", "inherit"], cwd: "/" });
  children.push(child);
  await once(child.stdout, "data");
}

const descriptors = () => readdirSync(`/proc/${field.helper.pid}/fd`).length;

/** How long an answer takes, milliseconds. */
async function patience(api: HelperClient): Promise<number> {
  const began = performance.now();
  await api.call("explain", { app: "/usr/bin/curl", address: "192.0.2.1", port: 80 });
  return performance.now() - began;
}

test.each(["silent", "half", "slow", "busy"])(
  "%s clients: bounded, others are answered, nothing is granted or lost",
  async (kind) => {
    const root = await field.helper.client();
    const rules = (await root.call("rules.list", {})).map(unused);
    const standing = await standingOf(root);
    const before = { descriptors: descriptors(), memory: field.memory() };
    await crowd(kind);
    const most = { descriptors: 0, memory: 0, wait: 0 };
    for (let round = 0; round < 5; round++) {
      // Another user, root, and the same person's window: newly connected each, in the midst of it.
      for (const api of [await connectAs(alice, field.helper), await connectAs(bob, field.helper, windowGroup)]) {
        most.wait = Math.max(most.wait, await patience(api));
        api.close();
      }
      most.wait = Math.max(most.wait, await patience(await field.helper.client()));
      most.descriptors = Math.max(most.descriptors, descriptors());
      most.memory = Math.max(most.memory, field.memory());
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    console.log(
      `${kind}: ${most.descriptors - before.descriptors} more descriptors, ${(most.memory - before.memory) >> 20} MiB more, ${most.wait.toFixed(0)} ms at most`,
    );
    // Those that are served, those that are being told that they are not, and a few of one's own.
    expect(most.descriptors - before.descriptors).toBeLessThanOrEqual(2 * mostClients + 10);
    expect(most.memory - before.memory).toBeLessThan(160 * 1024 * 1024);
    expect(most.wait).toBeLessThan(3000 * slowness);
    // One more of the same manner is told why not; or the crowd was sent away by then, and it is served.
    await connectAs(bob, field.helper).then(
      (api) => api.close(),
      (error) => expect(error).toMatchObject({ code: expect.stringMatching(/too_many_clients|no_helper/) }),
    );
    expect((await root.call("rules.list", {})).map(unused)).toEqual(rules);
    expect(rules.length).toBeGreaterThanOrEqual(2000);
    expect(await standingOf(root)).toEqual(standing);
    // Not answered; its app may have given up by then.
    const waiting = await root.call("prompts.list", {});
    expect(["held", "inbox"]).toContain(waiting.find(({ id }) => id === question)?.state);
    expect(await field.network.arrivedAt(asked)).toBe(0);
  },
  120_000,
);

test("one person in many groups has no more places than in one", async () => {
  const before = descriptors();
  for (let group = 2000; group < 2010; group++) await crowd("there", mostClients, group);
  for (const api of [await connectAs(alice, field.helper), await connectAs(bob, field.helper, windowGroup)]) {
    await patience(api);
    api.close();
  }
  expect(descriptors() - before).toBeLessThanOrEqual(2 * mostClients + 10);
  await expect(connectAs(bob, field.helper, 2010)).rejects.toMatchObject({
    code: expect.stringMatching(/too_many_clients|no_helper/),
  });
}, 120_000);
