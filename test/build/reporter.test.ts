// The reporter, on a run of its own with every outcome that a test can have.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Result } from "../../build/tally.ts";
import { run } from "./process.ts";

const root = join(import.meta.dirname, "../..");
let folder: string;
let results: Result[];

const file = `import { beforeAll, describe, expect, test } from "vitest";
test("passes", () => {});
describe("a suite", () => {
  test("fails", () => expect(1).toBe(2));
  test.skip("is skipped", () => {});
  test.todo("is not written yet");
  test("skips itself", (context) => context.skip());
});
describe("with a broken hook", () => {
  beforeAll(() => { throw new Error("no") });
  test("never runs", () => {});
});
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "picket-reporter-"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "test"));
  writeFileSync(join(folder, "test/a.test.ts"), file);
  writeFileSync(join(folder, "test/b.test.ts"), 'import "./absent.ts";\n');
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const path = join(folder, "results.json");
  const { VITEST: _, ...outside } = process.env;
  await run([process.execPath, vitest, "run", "--root", folder, "--reporter", join(root, "build/reporter.ts")], {
    cwd: folder,
    env: { ...outside, PICKET_RESULTS: path },
  });
  results = JSON.parse(readFileSync(path, "utf8"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the reporter", () => {
  const stateOf = (name: string) => results.find((result) => result.name === name)?.state;

  test("names a test by its file, suites and title", () => {
    expect(stateOf("test/a.test.ts > passes")).toBe("passed");
    expect(stateOf("test/a.test.ts > a suite > fails")).toBe("failed");
  });

  test("takes every way of skipping for a skip", () => {
    expect(stateOf("test/a.test.ts > a suite > is skipped")).toBe("skipped");
    expect(stateOf("test/a.test.ts > a suite > is not written yet")).toBe("skipped");
    expect(stateOf("test/a.test.ts > a suite > skips itself")).toBe("skipped");
  });

  test("counts a hook that throws and a file that cannot be loaded as failures", () => {
    expect(stateOf("test/a.test.ts > with a broken hook (a hook)")).toBe("failed");
    expect(stateOf("test/b.test.ts (the file itself)")).toBe("failed");
  });
});
