// A share of what bombard.slow.test.ts does nine hundred thousand times.
import { expect, it } from "vitest";
import { bombard } from "./bombard.ts";

it("10,000 mutated messages: each is answered once, with a code; none that widens or is another's reaches its room", async () => {
  const seed = Date.now() % 2 ** 31;
  const { served, codes, kinds } = await bombard(10_000, seed);
  console.log(`seed ${seed}: ${served} served, ${kinds} kinds of answers, ${JSON.stringify(codes)}`);
  expect(served).toBeGreaterThan(500);
  for (const code of [
    "result",
    "bad_params",
    "bad_message",
    "not_permitted",
    "unknown_prompt",
    "unknown_rule",
    "locked",
  ])
    expect(codes[code] ?? 0, code).toBeGreaterThan(20);
}, 120_000);
