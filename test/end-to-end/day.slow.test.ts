// A busy day in a quarter of an hour: the helper's memory is as large at its end as it was in its midst. What is bounded (flows that are
// remembered, ten minutes of history by the second) is full by then. Alone: PICKET_TESTS=all node build/run-vitest.ts test/end-to-end/day.slow.test.ts
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Topic } from "../../contract/methods.ts";
import { HelperClient } from "../../main/client/client.ts";
import { client } from "../network/clients.ts";
import { Field, Talker } from "./field.ts";
import { until } from "./helper-process.ts";

/** Of load. Shorter than twelve: what is bounded is not full yet, and only the figures are worth something. */
const minutes = Number(process.env.PICKET_DAY_MINUTES ?? 15);
const full = 11;
const megabyte = 1024 * 1024;

interface Measured {
  /** Minutes since the beginning, and flows so far. */
  minute: number;
  flows: number;
  /** Megabytes, after collection. */
  heap: number;
  pss: number;
}

let field: Field;
beforeAll(async () => {
  field = await Field.create("test/end-to-end/measured-helper.ts");
});
afterAll(() => field.destroy());

async function measure(began: number, flows: number): Promise<Measured> {
  const { helper } = field;
  const before = helper.log.length;
  process.kill(helper.pid, "SIGUSR2");
  const line = await until("what the helper measured", () => /\{"measured":.*\}\n/.exec(helper.log.slice(before))?.[0]);
  const { heapUsed, arrayBuffers } = (JSON.parse(line) as { measured: Record<"heapUsed" | "arrayBuffers", number> })
    .measured;
  const pss = Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${helper.pid}/smaps_rollup`, "utf8"))?.[1]) / 1024;
  const round = (value: number) => Math.round(value * 10) / 10;
  return {
    minute: round((performance.now() - began) / 60_000),
    flows,
    heap: round((heapUsed + arrayBuffers) / megabyte),
    pss: round(pss),
  };
}

/** What a person and their apps do in some ten minutes, in some seconds. Returns how many flows that were. */
async function someTime(open: { v4: string; v6: string }, asked: string): Promise<number> {
  const api = await HelperClient.connect(field.helper.socket, "a window");
  try {
    await api.watch<Topic>(["status", "prompts", "flows", "rules", "blocklists"], () => {});
    const made = Object.values(await field.attempts(200, open, 9, ["tcp4", "tcp6", "udp4", "udp6Connected"]));
    for (let question = 0; question < 4; question++) {
      const talker = new Talker(field.spawn(client("tcp", asked, 1000 + question, 20)));
      const { id } = await field.helper.prompt(asked);
      await api.call("prompts.details", { id });
      await api.call("prompts.answer", { id, action: question % 2 === 0 ? "allow" : "block", lifetime: "once" });
      await talker.says();
    }
    for (let turn = 0; turn < 10; turn++) {
      const rule = await api.call("rules.add", { app: "/usr/bin/curl", action: "block", host: `h${turn}.example` });
      await (turn % 2 === 0 ? api.call("rules.undo", {}) : api.call("rules.remove", { ids: [rule.id] }));
    }
    await api.call("mode.set", { mode: "learn" });
    await api.call("learn.review", {});
    await api.call("mode.set", { mode: "ask" });
    await api.call("flows.list", {});
    await api.call("history.query", { by: "app", range: "24h", zone: "Europe/Berlin" });
    return made.reduce((sum, { taken }) => sum + taken, 0);
  } finally {
    api.close();
  }
}

test("the helper holds no more at the end of a day than in its midst", {
  timeout: (minutes + 5) * 60_000,
}, async () => {
  const open = field.addresses();
  const asked = field.network.address(4);
  for (const address of Object.values(open)) await field.rule("allow", address);
  await field.rule("ask", asked);
  const began = performance.now();
  const measured: Measured[] = [];
  let flows = 0;
  while (performance.now() - began < minutes * 60_000) {
    flows += await someTime(open, asked);
    if (performance.now() - began < measured.length * 60_000) continue;
    measured.push(await measure(began, flows));
    // As it goes: a run that is cut short has told something as well.
    console.log(JSON.stringify(measured.at(-1)));
  }
  measured.push(await measure(began, flows));
  console.table(measured);
  const midst = measured.find(({ minute }) => minute >= Math.min(full, minutes / 2)) as Measured;
  const end = measured.at(-1) as Measured;
  expect(flows).toBeGreaterThan(minutes * 500);
  if (minutes <= full) return;
  expect(end.heap - midst.heap, "megabytes of heap").toBeLessThan(2);
  expect(end.pss - midst.pss, "megabytes in all").toBeLessThan(6);
});
