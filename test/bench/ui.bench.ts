// What the windows cost and how soon they are there: from connect() to the card on the screen, the longest script task while thousands of
// connections come and go, whether the heap grows over an hour's worth of updates, and the memory of a shell at rest.
// Writes dist/bench/ui.json.
import { join } from "node:path";
import { HelperClient } from "../../main/client/client.ts";
import { picket, TestHelper } from "../end-to-end/helper-process.ts";
import { python } from "../network/clients.ts";
import { createNetwork } from "../network/network.ts";
import { App } from "../window/app.ts";
import { ScenarioHelper } from "../window/scenario-helper.ts";
import { Figures, percentile } from "./figures.ts";
import { LatencyClient } from "./latency-client.ts";
import { familyMemory } from "./process-cost.ts";
import { CardClock } from "./ui/card-clock.ts";
import { flood, framesOfScrolling, heapAfter, longestTasks } from "./ui/load.ts";
import { shellAtRest } from "./ui/resting-shell.ts";

const rounds = 200;
const figures = new Figures();
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The real helper, the real kernel, the real window: the whole way. */
async function measureCards(): Promise<void> {
  const helper = new TestHelper();
  const network = await createNetwork();
  let app: App | undefined;
  try {
    await helper.start();
    app = await App.start(helper.socket);
    await app.main.locator("[data-health=up]").waitFor();
    await sleep(3000);
    const clock = await CardClock.start(app.prompt);
    const script = [python, join(import.meta.dirname, "latency-client.py"), "tcp", network.address(4), "80"];
    const inside = ["nsenter", `--net=/run/netns/${network.near}`, ...script];
    const client = new LatencyClient([picket, "run", "--", ...inside], helper.socket);
    const api = await HelperClient.connect(helper.socket, "bench");
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const card = clock.next();
      const attempt = client.attempt();
      const { id, at } = await card;
      await api.call("prompts.answer", { id, action: "allow", lifetime: "once" });
      times.push(at - (await attempt).start);
      await clock.gone();
      await sleep(100);
    }
    client.close();
    api.close();
    figures.note("connect to the pixels of the first card after a start", times[0] ?? Number.NaN, "ms");
    figures.note("connect to the card's pixels, p50", percentile(times, 0.5), "ms");
    figures.note("connect to the card's pixels, p99", percentile(times, 0.99), "ms", "≤ 150");
  } finally {
    await app?.end();
    await helper.stop();
    network.destroy();
  }
}

/** At rest is in the tray, with the prompt's page waiting: as a session starts, and after the main window was closed. */
async function measureMemory(): Promise<void> {
  const helper = await ScenarioHelper.start();
  try {
    const { total, parts } = await shellAtRest(helper.socketPath, ["--background"]);
    figures.note("memory of the shell at rest (PSS)", total, "MB", "≤ 200");
    for (const [name, pss] of parts) figures.note(`  of which ${name}`, pss, "MB");
    const open = await shellAtRest(helper.socketPath, []);
    figures.note("  the same with the main window open", open.total, "MB");
    const app = await App.start(helper.socketPath);
    try {
      await app.main.locator("[data-health=up]").waitFor();
      const pid = app.electron.process().pid ?? 0;
      await app.main.close();
      await sleep(10_000);
      figures.note("  once it was closed, with what drives it in tests", familyMemory(pid).total, "MB");
    } finally {
      await app.end();
    }
  } finally {
    await helper.end();
  }
}

async function measureWindow(): Promise<void> {
  const helper = await ScenarioHelper.start();
  const app = await App.start(helper.socketPath);
  try {
    await app.main.locator("[data-health=up]").waitFor();
    const tasks = await longestTasks(app, helper, () => flood(helper));
    figures.note("longest task at 2,000 connections a second", tasks.wall, "ms", "≤ 16");
    figures.note("  its thread's own time", tasks.cpu, "ms");
    figures.note("  of its own time, p99 of all tasks", tasks.p99, "ms");
    const [before, after] = await heapAfter(app, helper);
    figures.note("heap after a minute's worth of updates", before, "MB");
    figures.note("heap after an hour's worth of updates", after, "MB");
    figures.note("heap that an hour adds", after - before, "MB", "≤ 1");
    const frames = await framesOfScrolling(app, helper);
    figures.note("frame while 10,000 live rows are scrolled, p50", percentile(frames, 0.5), "ms", "≤ 17");
    figures.note("frame while 10,000 live rows are scrolled, p99", percentile(frames, 0.99), "ms", "≤ 34");
  } finally {
    await app.end();
    await helper.end();
  }
}

// The window first: what it costs at rest is to be seen before anything else ran.
await measureMemory();
await measureWindow();
await measureCards();
figures.finish("ui");
