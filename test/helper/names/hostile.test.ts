// Whatever bytes come: nothing throws, nothing takes long. A million of them: hostile.slow.test.ts.
import { expect, it } from "vitest";
import { attack } from "./hostile.ts";

it("20,000 mutated packets are read without a throw, some of them with sense", () => {
  const { understood, slowest } = attack(20_000, 1);
  expect(understood).toBeGreaterThan(2000);
  expect(slowest).toBeLessThan(100);
});
