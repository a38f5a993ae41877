// What the hold itself costs: from connect() to the prompt event, from the answer to the app going on, and the helper at rest.
// Ratios are interleaved with the same exchange outside the guard. Writes dist/bench/hold.json.
import { join } from "node:path";
import { windowTopics } from "../../contract/bridge.ts";
import type { Topic } from "../../contract/methods.ts";
import { HelperClient } from "../../main/client/client.ts";
import { picket, TestHelper } from "../end-to-end/helper-process.ts";
import { aView } from "../helper/monitor/flows.ts";
import { python } from "../network/clients.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { Figures, percentile } from "./figures.ts";
import { LatencyClient } from "./latency-client.ts";
import { mapMemory, memory, restingCpu, sum } from "./process-cost.ts";

const rounds = 100;
/** Ten events a second go at once, each round makes three: it must not wait for the one before. Milliseconds. */
const betweenRounds = 400;
/** How long a flow stays held in a round, milliseconds. */
const holdTime = 20;
const restSeconds = 10;

const figures = new Figures();

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

async function measureProtocol(helper: TestHelper, network: Network, protocol: "tcp" | "udp"): Promise<void> {
  const port = protocol === "tcp" ? 80 : 7777;
  const address = network.address(4);
  const script = [python, join(import.meta.dirname, "latency-client.py"), protocol, address, String(port)];
  const inside = ["nsenter", `--net=/run/netns/${network.near}`, ...script];
  const free = new LatencyClient(inside, helper.socket);
  const guarded = new LatencyClient([picket, "run", "--", ...inside], helper.socket);
  const client = await HelperClient.connect(helper.socket, "bench");
  let heard: ((prompt: { id: string; at: number }) => void) | undefined;
  await client.watch(["prompts"], (_topic, data) => {
    const at = nowMs();
    for (const prompt of data.changed) if (prompt.state === "held") heard?.({ id: prompt.id, at });
  });

  const [toEvent, toApp, unguarded]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const prompted = new Promise<{ id: string; at: number }>((resolve) => {
      heard = resolve;
    });
    const attempt = guarded.attempt();
    const { id, at } = await prompted;
    heard = undefined;
    await sleep(holdTime);
    const answered = nowMs();
    await client.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    const { start, end } = await attempt;
    toEvent?.push(at - start);
    toApp?.push(end - answered);
    const without = await free.attempt();
    unguarded?.push(without.end - without.start);
    await sleep(betweenRounds);
  }
  for (const [name, values] of [
    ["connect to prompt event", toEvent],
    ["answer to app goes on", toApp],
    ["the same exchange without Picket", unguarded],
  ] as const) {
    figures.note(`${protocol}: ${name}, p50`, percentile(values ?? [], 0.5), "ms");
    figures.note(`${protocol}: ${name}, p99`, percentile(values ?? [], 0.99), "ms");
  }
  free.close();
  guarded.close();
  client.close();
}

async function measureRest(helper: TestHelper, figure: string): Promise<void> {
  await sleep(1000);
  figures.note(figure, await restingCpu(helper.pid, restSeconds), "% of a core", "≤ 0.1");
}

const helper = new TestHelper();
const network = await createNetwork();
try {
  await helper.start();
  await measureProtocol(helper, network, "tcp");
  await measureProtocol(helper, network, "udp");
  await measureRest(helper, "helper CPU at rest");
  const watcher = await HelperClient.connect(helper.socket, "bench");
  // As the window does: what is not on its screen it does not ask for.
  await watcher.watch<Topic>(windowTopics, () => {});
  await watcher.watch<(typeof windowTopics)[number]>(windowTopics, () => {});
  await measureRest(helper, "helper CPU at rest, window open");
  await watcher.call("monitor.watch", aView());
  await measureRest(helper, "helper CPU at rest, monitor on the screen");
  watcher.close();
  figures.note("helper memory (PSS)", memory(helper.pid).pss, "MB");
  figures.note("maps", sum(mapMemory(helper.instance).values()), "MB");
} finally {
  await helper.stop();
  network.destroy();
}
figures.finish("hold");
