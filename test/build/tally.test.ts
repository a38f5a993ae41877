// What the last line of `npm test` counts, and which skips it forgives.
import { describe, expect, test } from "vitest";
import { lastLine, parseAllowedSkips, type Result, succeeded, tally } from "../../build/tally.ts";

const results: Result[] = [
  { name: "a.test.ts > one", state: "passed" },
  { name: "a.test.ts > two", state: "passed" },
  { name: "a.test.ts > three", state: "skipped" },
];

describe("the tally", () => {
  test("counts a listed skip as a skip", () => {
    const counted = tally(results, new Set(["a.test.ts > three"]));
    expect(lastLine(counted)).toBe("2 passed, 0 failed, 1 skipped");
    expect(succeeded(counted)).toBe(true);
  });

  test("counts a skip that is not listed as a failure and names it", () => {
    const counted = tally(results, new Set(["b.test.ts > three"]));
    expect(lastLine(counted)).toBe("2 passed, 1 failed, 0 skipped");
    expect(counted.unlisted).toEqual(["a.test.ts > three"]);
    expect(succeeded(counted)).toBe(false);
  });

  test("does not take a run without a passed test for a success", () => {
    expect(succeeded(tally([], new Set()))).toBe(false);
    expect(succeeded(tally([{ name: "x", state: "skipped" }], new Set(["x"])))).toBe(false);
  });
});

describe("test/allowed-skips", () => {
  test("is read as names with reasons, comments left out", () => {
    const text = "# comment\n\na.test.ts > one # needs KVM\nb.test.ts > issue # 3 # needs IPv6\n";
    expect(parseAllowedSkips(text)).toEqual(new Set(["a.test.ts > one", "b.test.ts > issue # 3"]));
  });

  test("refuses a name without a reason", () => {
    expect(() => parseAllowedSkips("a.test.ts > one\n")).toThrow(/"a.test.ts > one" has no reason/);
    expect(() => parseAllowedSkips("a.test.ts > one #  \n")).toThrow(/has no reason/);
  });
});
