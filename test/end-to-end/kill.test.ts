// The helper is killed under load: nothing blocked gets through, nothing allowed breaks, what waits goes on waiting.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Field } from "./field.ts";
import { slowness } from "./helper-process.ts";
import { expectNothingBreaks } from "./kill.ts";

let field: Field;

beforeAll(async () => {
  field = await Field.create();
});

afterAll(() => field.destroy());

test(
  "15 times kill -9",
  async () => {
    const { answered } = await expectNothingBreaks(field, 15);
    expect(answered).toBe(3);
  },
  300_000 * slowness,
);
