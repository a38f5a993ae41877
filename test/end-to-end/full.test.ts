// Rings, maps, hold and questions filled up by one app: others get their turn, nothing passes unasked, and status says what was lost.
import { afterAll, beforeAll, test } from "vitest";
import { Field } from "./field.ts";
import {
  expectBudget,
  expectCrowd,
  expectFairness,
  expectFullRing,
  expectManyFlows,
  expectPrograms,
  expectRecovery,
  expectScriptsApart,
} from "./full.ts";
import { slowness } from "./helper-process.ts";

/** Milliseconds; each takes seconds where nobody else is at work. */
const patience = 300_000 * slowness;

let field: Field;

beforeAll(async () => {
  field = await Field.create();
});

afterAll(() => field.destroy());

test(
  "one app against 65,000 remotes: another gets its prompt and its answer meanwhile",
  () => expectFairness(field, 1, 6),
  patience,
);

test("the ring buffer overflows while the helper stands still", () => expectRecovery(field), patience);

test(
  "one script takes its share, and another of its interpreter has its own",
  () => expectScriptsApart(field),
  patience,
);

test("more datagrams of one flow than are kept", () => expectBudget(field), patience);

test("so many apps at once that the ring is full to its last byte", () => expectFullRing(field, 18), patience);

test(
  "200 different programs at once are named and answered one by one",
  () => expectPrograms(field, 200, 200),
  patience,
);

test("2,000 held connections of one app, half of them over its budget", () => expectCrowd(field, 1, 2000), patience);

test("10,000 allowed flows are counted", () => expectManyFlows(field, 10_000), patience);
