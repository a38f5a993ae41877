// Which failures of `npm test` are run again by themselves, and what the second run is worth.
import { describe, expect, test } from "vitest";
import { filesToRunAgain, withSecondRun } from "../../build/second-run.ts";
import type { Result } from "../../build/tally.ts";

const passed = (name: string): Result => ({ name, state: "passed" });
const failed = (name: string): Result => ({ name, state: "failed" });
const hold = "test/end-to-end/hold.test.ts";

describe("run again", () => {
  test("are the files of a few failures, each once", () => {
    const results = [
      passed(`${hold} > a`),
      failed(`${hold} > b`),
      failed(`${hold} > c`),
      failed("test/window/x.test.ts > d"),
    ];
    expect(filesToRunAgain(results)).toEqual([hold, "test/window/x.test.ts"]);
    expect(filesToRunAgain([failed(`${hold} (the file itself)`)])).toEqual([hold]);
  });

  test("is nothing where nothing failed, or too much", () => {
    expect(filesToRunAgain([passed(`${hold} > a`)])).toEqual([]);
    expect(filesToRunAgain(["a", "b", "c", "d"].map((name) => failed(`${hold} > ${name}`)))).toEqual([]);
  });

  test("is nothing where anything failed that is not a test with real parts", () => {
    const others = [
      "the linter (npm run lint)",
      "test/helper/policy/compile.test.ts > x",
      "test/helper/kernel/policy-maps.test.ts > x",
    ];
    for (const other of others) expect(filesToRunAgain([failed(`${hold} > a`), failed(other)])).toEqual([]);
  });
});

describe("a second run", () => {
  test("makes good what failed, and says so", () => {
    const first = [passed(`${hold} > a`), failed(`${hold} > b`)];
    const { results, passedAlone } = withSecondRun(first, [passed(`${hold} > a`), passed(`${hold} > b`)]);
    expect(results).toEqual([passed(`${hold} > a`), passed(`${hold} > b`)]);
    expect(passedAlone).toEqual([`${hold} > b`]);
  });

  test("makes nothing good that fails again, is skipped or was not reached", () => {
    for (const second of [[failed(`${hold} > b`)], []]) {
      expect(withSecondRun([failed(`${hold} > b`)], second)).toEqual({
        results: [failed(`${hold} > b`)],
        passedAlone: [],
      });
    }
    const skipped: Result = { name: `${hold} > b`, state: "skipped" };
    expect(withSecondRun([failed(`${hold} > b`)], [skipped])).toEqual({ results: [skipped], passedAlone: [] });
  });

  test("counts what it breaks anew", () => {
    const first = [passed(`${hold} > a`), failed(`${hold} > b`)];
    const { results } = withSecondRun(first, [
      failed(`${hold} > a`),
      passed(`${hold} > b`),
      failed(`${hold} > a hook`),
    ]);
    expect(results).toEqual([failed(`${hold} > a`), passed(`${hold} > b`), failed(`${hold} > a hook`)]);
  });
});
