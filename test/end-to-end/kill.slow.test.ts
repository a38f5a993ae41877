// The long form of kill.test.ts: two helpers with networks of their own, side by side on two cores.
import { expect, test } from "vitest";
import { Field } from "./field.ts";
import { expectNothingBreaks } from "./kill.ts";

const sideBySide = 2;
const kills = 1000;

test("1,000 times kill -9", async () => {
  const results = await Promise.all(
    Array.from({ length: sideBySide }, async () => {
      const field = await Field.create();
      try {
        return await expectNothingBreaks(field, kills / sideBySide);
      } finally {
        await field.destroy();
      }
    }),
  );
  for (const { answered } of results) expect(answered).toBe(kills / sideBySide / 5);
}, 6_000_000);
