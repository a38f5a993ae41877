// The Electron runtime that set-up put in place.
import { statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { describeRuntime, electronPath, electronRuntime, setUpElectron } from "../../build/electron.ts";

describe("the Electron runtime", () => {
  test("is in place after set-up, and setting it up again leaves it alone", async () => {
    const before = statSync(electronPath());
    const runtime = await setUpElectron({ download: false });
    expect(statSync(electronPath())).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    expect(electronRuntime()).toMatchObject({ source: runtime.source, version: runtime.version });
  });

  test("may be run by others than who set it up", () => {
    expect(statSync(electronPath()).mode & 0o555).toBe(0o555);
  });

  test("is called past its end of life where it is", () => {
    expect(describeRuntime({ source: "registry", version: "33.2.1" })).toMatch(
      /^Electron 33\.2\.1 .* past its end of life, for development and tests only/,
    );
    expect(describeRuntime({ source: "vendor", version: "45.4.1" })).not.toMatch(/end of life/);
  });
});
