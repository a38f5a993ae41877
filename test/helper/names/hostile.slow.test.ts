// A million mutated packets: no throw, bounded time, flat memory. A million names: the same.
import { expect, it } from "vitest";
import { attack } from "./hostile.ts";
import { collectGarbage, floodOfNames } from "./learning.ts";

it("1,000,000 names of one app", { timeout: 600_000 }, () => {
  const { cpu, grown } = floodOfNames(1_000_000);
  console.log(`10^6 names: ${Math.round(cpu)} ms of CPU, heap +${(grown / 1e6).toFixed(1)} MB`);
});

it("1,000,000 mutated packets", { timeout: 1_800_000 }, () => {
  attack(20_000, 2);
  collectGarbage();
  const before = process.memoryUsage().rss;
  const outcome = attack(1_000_000, Number(process.env.PICKET_SEED ?? Date.now() & 0x7fffffff));
  collectGarbage();
  const grown = (process.memoryUsage().rss - before) / 1e6;
  console.log(`mutated packets: ${JSON.stringify(outcome)}, ${grown.toFixed(0)} MB more`);
  expect(outcome.understood).toBeGreaterThan(100_000);
  expect(outcome.slowest).toBeLessThan(250);
  expect(grown).toBeLessThan(200);
});
