// A million mutated messages: most of them in this process, through everything that a message meets before the room that serves it
// (bombard.ts); the others over the socket of a real helper, as storm.test.ts. `npm run test:all`, or alone, some ten minutes:
// PICKET_TESTS=all node build/run-vitest.ts test/end-to-end/storm.slow.test.ts
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bombard } from "../helper/server/bombard.ts";
import { Storming, weather } from "./storming.ts";

const megabyte = 1024 * 1024;
const [within, overSocket] = [900_000, 100_000];
/** So many at once, and what they left behind is looked at. */
const part = 90_000;
let field: Storming;
beforeAll(async () => {
  field = await Storming.create();
});
afterAll(() => field?.destroy());

/** Bytes of what is in use, after collection. */
function heap(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test(`${within} mutated messages within a process`, async () => {
  const seed = Date.now() % 2 ** 31;
  const began = performance.now();
  const codes: Record<string, number> = {};
  const heaps: number[] = [];
  let [sent, served] = [0, 0];
  while (sent < within) {
    const told = await bombard(part, seed + sent);
    sent += told.sent;
    served += told.served;
    for (const [code, count] of Object.entries(told.codes)) codes[code] = (codes[code] ?? 0) + count;
    heaps.push(Math.round((heap() / megabyte) * 10) / 10);
    console.log(`seed ${seed + sent - part}: ${sent} sent, ${told.kinds} kinds of answers, heap ${heaps.at(-1)} MiB`);
  }
  const seconds = (performance.now() - began) / 1000;
  console.log(`${sent} in ${seconds.toFixed(0)} s, ${served} served, ${JSON.stringify(codes)}`);
  expect(Object.values(codes).reduce((sum, count) => sum + count, 0)).toBe(sent);
  expect((heaps.at(-1) ?? 0) - (heaps[1] ?? 0), "MiB since the second part").toBeLessThan(8);
}, 3_600_000);

test(`${overSocket} mutated messages over the socket of a helper`, async () => {
  const began = performance.now();
  await weather(field, overSocket, Date.now() % 2 ** 31);
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
}, 3_600_000);
