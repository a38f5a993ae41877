// The lockfile must work anywhere: whole for every machine, and silent about where its packages came from.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { packagesAreCurrent } from "../../build/bootstrap.mjs";
import { type Lockfile, missingEntries, platformOf } from "../../build/lockfile.ts";

const root = join(import.meta.dirname, "../..");
const text = readFileSync(join(root, "package-lock.json"), "utf8");

describe("package-lock.json", () => {
  test("has an entry for every build of every package", () => {
    expect([...missingEntries(JSON.parse(text) as Lockfile).keys()]).toEqual([]);
  });

  test("names no registry", () => {
    expect(text).not.toMatch(/"resolved"/);
  });

  test("and package.json pin exact versions", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    for (const [name, version] of Object.entries(all)) expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
  });
});

describe("a build's name", () => {
  test("says where it runs", () => {
    expect(platformOf("@biomejs/cli-linux-x64-musl")).toEqual({ os: ["linux"], cpu: ["x64"], libc: ["musl"] });
    expect(platformOf("@rolldown/binding-wasm32-wasi")).toEqual({ cpu: ["wasm32"] });
    expect(platformOf("fsevents")).toBeNull();
  });
});

describe("installed packages", () => {
  const lock = {
    packages: {
      "": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "1.0.0", optional: true },
    },
  };
  const current = (installed: object | null) => {
    const folder = mkdtempSync(join(tmpdir(), "picket-lock-"));
    try {
      writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
      mkdirSync(join(folder, "node_modules"));
      if (installed) {
        writeFileSync(join(folder, "node_modules/.package-lock.json"), JSON.stringify({ packages: installed }));
      }
      return packagesAreCurrent(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test("are current when they are the lockfile's, builds for other machines aside", () => {
    expect(current({ "node_modules/a": { version: "1.0.0" } })).toBe(true);
  });

  test("are not when one is absent or of another version, or npm never finished", () => {
    expect(current({})).toBe(false);
    expect(current({ "node_modules/a": { version: "1.0.1" } })).toBe(false);
    expect(current({ "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0" } })).toBe(false);
    expect(current(null)).toBe(false);
  });
});
