// The long form of full.test.ts: to the sizes the maps have.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Field } from "./field.ts";
import { expectCrowd, expectFairness, expectManyFlows, expectPrograms, expectRecovery, memory } from "./full.ts";

let field: Field;

beforeAll(async () => {
  field = await Field.create();
});

afterAll(() => field.destroy());

// Two floods have twice as many remotes as `gates` has entries.
test("two processes against 65,000 remotes each, for half a minute", () => expectFairness(field, 2, 30), 300_000);

test(
  "a script against 65,000 remotes: another of its interpreter gets its prompt and its answer meanwhile",
  () => expectFairness(field, 1, 10, "script"),
  300_000,
);

test("the ring buffer overflows while the helper stands still", () => expectRecovery(field), 120_000);

test(
  "10,000 different programs, 1,000 at once, are named and answered one by one",
  () => expectPrograms(field, 10_000, 1000),
  1_200_000,
);

// Two processes: one may have 20,000 descriptors.
test(
  "18,000 held connections of one app: more than held_syns has room for",
  () => expectCrowd(field, 2, 9000),
  300_000,
);

test("100,000 allowed flows are counted, and the helper does not grow with them", async () => {
  await expectManyFlows(field, 100_000);
  expect(memory(field)).toBeLessThan(500);
}, 300_000);
