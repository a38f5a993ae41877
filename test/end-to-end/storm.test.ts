// Mutated messages of every method, of a person's own program, against a real helper: the longer run is storm.slow.test.ts.
import { afterAll, beforeAll, expect, test } from "vitest";
import { methods } from "../../contract/methods.ts";
import { samples } from "./mutants.ts";
import { Storming, weather } from "./storming.ts";

let field: Storming;
beforeAll(async () => {
  field = await Storming.create();
});
afterAll(() => field?.destroy());

test("every method has a valid message to begin with", () => {
  expect(Object.keys(samples({ prompts: [], rules: [], flows: [], users: [] })).sort()).toEqual(
    Object.keys(methods).sort(),
  );
});

test("20,000 mutated messages: the helper lives, its memory is flat, nothing is granted", async () => {
  const { codes } = await weather(field, 20_000, Date.now() % 2 ** 31);
  // They were near enough to valid ones to reach what matters.
  for (const code of ["result", "bad_params", "bad_message", "not_permitted", "unknown_prompt", "unknown_rule"])
    expect(codes[code] ?? 0, code).toBeGreaterThan(20);
}, 300_000);
