// What the hold itself costs: from connect() to the prompt event, from the answer to the app going on, and the helper at rest.
// Ratios are interleaved with the same exchange outside the guard. Writes dist/bench/hold.json.
import { join } from "node:path";
import { windowTopics } from "../../contract/bridge.ts";
import type { Topic } from "../../contract/methods.ts";
import { HelperClient } from "../../main/client/client.ts";
import { picket, TestHelper } from "../end-to-end/helper-process.ts";
import { Listener } from "../end-to-end/inbound-sides.ts";
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

/** One attempt after another, each held and then allowed; `free`: the same past Picket. */
async function measureHold(
  helper: TestHelper,
  title: string,
  held: LatencyClient,
  free?: LatencyClient,
): Promise<void> {
  const client = await HelperClient.connect(helper.socket, "bench");
  let heard: ((prompt: { id: string; at: number }) => void) | undefined;
  await client.watch(["prompts"], (_topic, data) => {
    const at = nowMs();
    for (const prompt of data.changed) if (prompt.state === "held") heard?.({ id: prompt.id, at });
  });

  const [toEvent, toApp, unguarded]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round++) {
    const prompted = new Promise<{ id: string; at: number }>((resolve) => {
      heard = resolve;
    });
    const attempt = held.attempt();
    const { id, at } = await prompted;
    heard = undefined;
    await sleep(holdTime);
    const answered = nowMs();
    await client.call("prompts.answer", { id, action: "allow", lifetime: "once" });
    const { start, end } = await attempt;
    toEvent.push(at - start);
    toApp.push(end - answered);
    if (free !== undefined) {
      const without = await free.attempt();
      unguarded.push(without.end - without.start);
    }
    await sleep(betweenRounds);
  }
  for (const [name, values] of [
    ["connect to prompt event", toEvent],
    ["answer to app goes on", toApp],
    ["the same exchange without Picket", unguarded],
  ] as const) {
    if (values.length === 0) continue;
    figures.note(`${title}: ${name}, p50`, percentile(values, 0.5), "ms");
    figures.note(`${title}: ${name}, p90`, percentile(values, 0.9), "ms");
    figures.note(`${title}: ${name}, p99`, percentile(values, 0.99), "ms");
  }
  held.close();
  free?.close();
  client.close();
}

const clientIn = (namespace: string, ...args: (string | number)[]) => [
  "nsenter",
  `--net=/run/netns/${namespace}`,
  python,
  join(import.meta.dirname, "latency-client.py"),
  ...args.map(String),
];

async function measureOutbound(helper: TestHelper, network: Network, protocol: "tcp" | "udp"): Promise<void> {
  const command = clientIn(network.near, protocol, network.address(4), protocol === "tcp" ? 80 : 7777);
  const held = new LatencyClient([picket, "run", "--", ...command], helper.socket);
  await measureHold(helper, protocol, held, new LatencyClient(command, helper.socket));
}

/** Calls from the far side, which nobody guards, to a guarded listener. */
async function measureInbound(helper: TestHelper, network: Network): Promise<void> {
  const port = 3000;
  const listener = await Listener.start(helper, network, "tcp", "0.0.0.0", port);
  const held = new LatencyClient(clientIn(network.far, "tcp", network.nearAddress(4), port), helper.socket);
  await measureHold(helper, "inbound tcp", held);
  await listener.stop();
}

async function measureRest(helper: TestHelper, figure: string): Promise<void> {
  await sleep(1000);
  figures.note(figure, await restingCpu(helper.pid, restSeconds), "% of a core", "≤ 0.1");
}

const helper = new TestHelper();
const network = await createNetwork();
try {
  await helper.start();
  await measureOutbound(helper, network, "tcp");
  await measureOutbound(helper, network, "udp");
  await measureInbound(helper, network);
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
