// The helper is killed between each pair of steps of an answer: nothing is lost, nothing is let through that was not allowed.
import { test as base, describe, expect } from "vitest";
import type { Step } from "../../helper/answers.ts";
import { client, type StreamResult, type TcpResult } from "../network/clients.ts";
import { createNetwork, ip, type Network } from "../network/network.ts";
import { guarded, type Ran, slowness, TestHelper, until } from "./helper-process.ts";

const ECONNREFUSED = 111;

interface Sides {
  helper: TestHelper;
  network: Network;
}

/** Every test has a helper and a network of its own. */
const test = base.extend<{ sides: Sides }>({
  sides: async ({ task: _ }, use) => {
    const [helper, network] = [new TestHelper(), await createNetwork()];
    await use({ helper, network });
    await helper.stop();
    network.destroy();
  },
});

const json = <T>(ran: Ran): T => JSON.parse(ran.stdout) as T;

const startStoppingAt = (helper: TestHelper, step: Step): Promise<void> =>
  helper.start("test/end-to-end/stopping-helper.ts", [], ["env", `PICKET_STOP_AT=${step}`]);

const steps: Step[] = ["answered", "committed", "compiled", "released"];
const answers = [
  ["allow", "once"],
  ["allow", "forever"],
  ["block", "once"],
  ["block", "forever"],
] as const;

// The four answers of a step side by side.
describe.for(steps)("killed when the answer is %s", { timeout: 240_000 * slowness }, (step) => {
  test.concurrent.for(answers)("%s %s", async ([action, lifetime], { sides: { helper, network }, expect }) => {
    const address = network.address(4);
    await startStoppingAt(helper, step);
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    const api = await helper.client();
    await expect(api.call("prompts.answer", { id, action, lifetime })).rejects.toMatchObject({ code: "no_helper" });
    await helper.ended();
    // From `compiled` on the kernel knows an allow by itself; before, and always for a block, nothing may have gone.
    const mayGo = action === "allow" && (step === "compiled" || step === "released");
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (!mayGo) expect(await network.arrived("tcp", address, 80)).toBe(0);
    await helper.start();
    const again = await helper.client();
    const rules = (await again.call("rules.list", {})).filter((rule) => rule.address === address);
    const prompts = await again.call("prompts.list", {});
    if (step === "answered") {
      // Not committed: the question is still there, and answering it now works.
      expect(rules).toEqual([]);
      expect(prompts.map((prompt) => prompt.id)).toContain(id);
      await helper.prompt(address);
      await again.call("prompts.answer", { id, action, lifetime });
    } else {
      expect(rules).toHaveLength(lifetime === "forever" ? 1 : 0);
    }
    const result = json<TcpResult>(await running);
    if (action === "allow") expect(result.ok).toBe(true);
    else expect(result).toMatchObject({ ok: false, errno: ECONNREFUSED });
    if (action === "block") expect(await network.arrived("tcp", address, 80)).toBe(0);
    expect((await again.call("prompts.list", {})).filter((prompt) => prompt.endpoint.address === address)).toEqual([]);
  });
});

test("a verdict of a helper that was killed is taken back with its rule", async ({ sides: { helper, network } }) => {
  const address = network.address(4);
  await startStoppingAt(helper, "released");
  const running = guarded(helper, network.near, client("stream", "tcp", address, 7777, 20 * slowness));
  const { id } = await helper.prompt(address);
  const answer = (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "forever" });
  await expect(answer).rejects.toMatchObject({ code: "no_helper" });
  await helper.ended();
  await until("the stream", async () => (await network.arrived("tcp", address, 7777)) > 10);
  await helper.start();
  const api = await helper.client();
  const [rule] = (await api.call("rules.list", {})).filter((each) => each.address === address);
  await api.call("rules.remove", { ids: [rule?.id ?? ""] });
  const again = await helper.prompt(address);
  await api.call("prompts.answer", { id: again.id, action: "block", lifetime: "once" });
  expect(
    json<StreamResult>({ ...(await running), stdout: (await running).stdout.trim().split("\n").at(-1) ?? "" }),
  ).toMatchObject({
    errno: 104,
  });
});

describe("killed while it holds", () => {
  test("the flow stays held, is asked about again, and rules go on without a helper", async ({
    sides: { helper, network },
  }) => {
    const [decided, undecided] = [network.address(4), network.address(6)];
    await helper.start();
    const first = guarded(helper, network.near, client("tcp", decided, 80));
    const { id } = await helper.prompt(decided);
    await (await helper.client()).call("prompts.answer", { id, action: "allow", lifetime: "forever" });
    expect(json<TcpResult>(await first).ok).toBe(true);

    const running = guarded(helper, network.near, client("tcp", undecided, 80));
    const before = await helper.prompt(undecided);
    await helper.signal("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await network.arrived("tcp", undecided, 80)).toBe(0);

    await helper.start();
    const after = await helper.prompt(undecided);
    expect(after.id).toBe(before.id);
    await (await helper.client()).call("prompts.answer", { id: after.id, action: "allow", lifetime: "once" });
    expect(json<TcpResult>(await running).ok).toBe(true);
    const known = json<TcpResult>(await guarded(helper, network.near, client("tcp", decided, 80, 5 * slowness)));
    expect(known.ok).toBe(true);
  });

  test("a connection whose retransmissions lead nowhere: the next helper finds it all the same", async ({
    sides: { helper, network },
  }) => {
    const address = network.address(4);
    await helper.start();
    const running = guarded(helper, network.near, client("tcp", address, 80));
    const { id } = await helper.prompt(address);
    const captures = async () => (await (await helper.client()).call("status", {})).counters.held ?? 0;
    // They end before any hook sees them.
    const nowhere = (how: "add" | "del") => ip("-n", network.near, "route", how, "blackhole", address);
    nowhere("add");
    await helper.signal("SIGKILL");
    await helper.start();
    const seen = await captures();
    expect((await helper.prompt(address)).id).toBe(id);
    expect(await captures()).toBe(seen);
    nowhere("del");
    await (await helper.client()).call("prompts.answer", { id, action: "block", lifetime: "once" });
    expect(json<TcpResult>(await running)).toMatchObject({ ok: false, errno: ECONNREFUSED });
  });
});
