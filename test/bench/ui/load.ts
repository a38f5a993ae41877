// What the main window is made to show, and what it takes it: connections by the thousand, and an hour's updates in a minute.
import { readFileSync, rmSync } from "node:fs";
import type { Flow } from "../../../contract/words.ts";
import { Meters } from "../../../helper/monitor/meters.ts";
import { Subscription } from "../../../helper/monitor/subscription.ts";
import type { App } from "../../window/app.ts";
import { aFlow, anEndpoint, curl, firefox, nextcloud, thunderbird } from "../../window/scenario.ts";
import type { ScenarioHelper } from "../../window/scenario-helper.ts";
import { percentile } from "../figures.ts";

const apps = [firefox, thunderbird, nextcloud, curl];
const seconds = 10;
const perSecond = 2000;
/** Two updates a second, each of twenty connections that came and went: a busy desktop. */
const hour = 7_200;
const minute = 120;

function connection(number: number): Flow {
  const app = apps[number % apps.length] ?? firefox;
  const host = `host${number % 500}.example${number % 40}.org`;
  return aFlow(`b${number}`, app, anEndpoint(`10.0.${(number >> 8) & 255}.${number & 255}`, 443, { host }), {
    live: true,
    time: new Date().toISOString(),
  });
}

/** New connections at an even pace; each lasts a second and is forgotten after two. */
export async function flood(helper: ScenarioHelper): Promise<void> {
  const began = performance.now();
  let made = 0;
  let second = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; made < due; made++) {
      helper.put("flows", connection(made));
      const earlier = made - perSecond;
      if (earlier >= 0) helper.put("flows", { ...connection(earlier), live: false, bytesIn: 1500, bytesOut: 300 });
      if (earlier >= perSecond) helper.drop("flows", `b${earlier - perSecond}`);
    }
    if ((performance.now() - began) / 1000 > second) {
      second++;
      helper.passSecond();
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Two of the apps are open in the tree before anything is measured: what playwright does in the page would count as the page's. */
async function openApps(app: App, helper: ScenarioHelper): Promise<void> {
  helper.put("flows", ...apps.map((_, at) => connection(at)));
  for (const name of ["Firefox", "Thunderbird"]) {
    const row = app.main.locator(".monitor .row[data-kind=app]").filter({ hasText: name });
    await row.first().click();
    await row.and(app.main.locator("[aria-expanded=true]")).first().waitFor();
  }
  await app.main.mouse.move(1, 1);
}

export interface Tasks {
  /** The longest, milliseconds: as it passed, and as its thread worked on it, which other programs do not lengthen. */
  readonly wall: number;
  readonly cpu: number;
  /** What one task of a hundred takes longer than, of its own time: not the first ones, whose code is not compiled yet. */
  readonly p99: number;
}

/** The longest tasks of the main page's thread while `work` goes on. */
export async function longestTasks(app: App, helper: ScenarioHelper, work: () => Promise<void>): Promise<Tasks> {
  await openApps(app, helper);
  const window = await app.electron.browserWindow(app.main);
  const pid = await window.evaluate((browserWindow) => browserWindow.webContents.getOSProcessId());
  await app.electron.evaluate(({ contentTracing }) =>
    contentTracing.startRecording({
      recording_mode: "record-until-full",
      trace_buffer_size_in_kb: 200_000,
      included_categories: ["disabled-by-default-devtools.timeline", "devtools.timeline", "__metadata"],
      excluded_categories: ["*"],
    } as Parameters<typeof contentTracing.startRecording>[0]),
  );
  await work();
  const path = await app.electron.evaluate(({ contentTracing }) => contentTracing.stopRecording());
  const { traceEvents } = JSON.parse(readFileSync(path, "utf8")) as {
    traceEvents: {
      name: string;
      pid: number;
      tid: number;
      dur?: number;
      tdur?: number;
      args?: { name?: string };
    }[];
  };
  rmSync(path, { force: true });
  const main = traceEvents.find(
    (event) => event.name === "thread_name" && event.pid === pid && event.args?.name === "CrRendererMain",
  );
  const tasks = traceEvents.filter((event) => event.name === "RunTask" && event.pid === pid && event.tid === main?.tid);
  if (tasks.length < 100) throw new Error(`only ${tasks.length} tasks were traced`);
  const longest = (of: "dur" | "tdur") => tasks.map((task) => (task[of] ?? 0) / 1000).sort((one, other) => other - one);
  const [wall, cpu] = [longest("dur"), longest("tdur")];
  const few = (times: number[]) => times.slice(0, 6).map((each) => each.toFixed(1));
  console.log(`  ${tasks.length} tasks; the longest took ${few(wall)} ms, of CPU ${few(cpu)} ms`);
  return { wall: wall[0] ?? Number.NaN, cpu: cpu[0] ?? Number.NaN, p99: percentile(cpu, 0.99) };
}

/** Heap of the main page after a minute's and after an hour's worth of updates, collected, MB. */
export async function heapAfter(app: App, helper: ScenarioHelper): Promise<[number, number]> {
  const session = await app.main.context().newCDPSession(app.main);
  const heap = async (): Promise<number> => {
    for (let round = 0; round < 3; round++) await session.send("HeapProfiler.collectGarbage");
    const { usedSize } = (await session.send("Runtime.getHeapUsage")) as { usedSize: number };
    return usedSize / 1e6;
  };
  const view = helper.view;
  if (view === null) throw new Error("the window shows nothing");
  const meters = new Meters();
  const flows = new Map(Array.from({ length: 2000 }, (_, at) => [`b${at}`, connection(at)]));
  const subscription = new Subscription(view, meters, flows.values());
  helper.tellView(subscription.snapshot());
  let number = 2000;
  let rows = 0;
  const play = async (updates: number): Promise<void> => {
    for (let at = 0; at < updates; at++) {
      for (let each = 0; each < 20; each++, number++) {
        const flow = connection(number);
        subscription.note(flow);
        subscription.forget(`b${number - 2000}`);
        meters.forget(`b${number - 2000}`);
      }
      const update = subscription.next();
      if (update !== null) {
        helper.tellView(update);
        rows = update.total;
      }
      // The page must have drawn what it was told: an hour's updates in its inbox would be no measure of its heap.
      if (at % 50 === 49) await drawn(app, helper);
    }
  };
  await play(minute);
  const before = await heap();
  await play(hour - minute);
  const shown = Number(await app.main.getByRole("treegrid").getAttribute("aria-rowcount"));
  if (shown !== rows || helper.view !== view)
    throw new Error(`the window shows ${shown} rows, not the ${rows} it was told of`);
  return [before, await heap()];
}

/** Times between frames, milliseconds, while somebody scrolls through ten thousand live rows for ten seconds, a row a frame. */
export async function framesOfScrolling(app: App, helper: ScenarioHelper): Promise<number[]> {
  const rows = 10_000;
  const many = Array.from({ length: rows }, (_, at) =>
    aFlow(`s${at}`, firefox, anEndpoint("192.0.2.7", 443, { host: `host${at}.example.net` }), { live: true }),
  );
  helper.put("flows", ...many);
  await app.main.getByRole("radio", { name: "By time", exact: true }).click({ force: true });
  const grid = app.main.locator("[aria-rowcount]").first();
  while (Number(await grid.getAttribute("aria-rowcount")) < rows) await drawn(app, helper);
  // They live meanwhile: a hundred of them move bytes, ten times a second.
  let turn = 0;
  const living = setInterval(() => {
    const moved = many.filter((_, at) => at % 100 === turn % 100);
    turn++;
    helper.put("flows", ...moved.map((flow) => ({ ...flow, bytesIn: turn * 1500, bytesOut: turn * 300 })));
    helper.passSecond();
  }, 100);
  const times = await app.main.locator(".rows-box").evaluate(async (box) => {
    const times: number[] = [];
    let last = await new Promise<number>(requestAnimationFrame);
    for (const end = last + 10_000; last < end; ) {
      box.scrollBy({ top: 24 });
      const now = await new Promise<number>(requestAnimationFrame);
      times.push(now - last);
      last = now;
    }
    return times;
  });
  clearInterval(living);
  helper.drop("flows", ...many.map(({ id }) => id));
  return times;
}

async function drawn(app: App, helper: ScenarioHelper): Promise<void> {
  await helper.drained();
  await app.main.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => resolve(null))));
}
