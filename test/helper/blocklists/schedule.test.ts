import { describe, expect, it } from "vitest";
import { nextAsk } from "../../../helper/blocklists/schedule.ts";

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 20);

describe("a list is asked for", () => {
  it("at once when it never was", () => {
    expect(nextAsk({ checked: null, failed: null }, 0.5)).toBeLessThan(now);
  });

  it.each([0, 0.5, 1])("once a day, more or less (%d)", (chance) => {
    const hours = (nextAsk({ checked: now, failed: null }, chance) - now) / hour;
    expect(hours).toBeCloseTo(21.6 + 4.8 * chance);
  });

  it.each([0, 0.5, 1])("about an hour after a failure, however long ago it worked (%d)", (chance) => {
    for (const checked of [null, now - 100 * hour, now - hour]) {
      expect((nextAsk({ checked, failed: now }, chance) - now) / hour).toBeCloseTo(0.5 + chance);
    }
  });
});
