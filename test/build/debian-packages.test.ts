// Which Debian packages set-up finds missing, from what dpkg says.
import { describe, expect, test } from "vitest";
import {
  describePackages,
  missingPackages,
  packages,
  packagesFor,
  parseInstalled,
} from "../../build/debian-packages.ts";

const listing = [
  "installed\tclang-14\tc-compiler, objc-compiler",
  "installed\tlibgtk-3-0t64\tlibgtk-3-0 (= 3.24.49-3)",
  "config-files\tunzip\t",
  "not-installed\tcurl\t",
  "installed\tlibbpf1\t",
  "",
].join("\n");

const only = (...names: string[]) => packages.filter(({ name }) => names.includes(name));

describe("the list of missing Debian packages", () => {
  test("holds what is absent, removed or never configured", () => {
    const missing = missingPackages(only("unzip", "curl", "libbpf1"), parseInstalled(listing));
    expect(missing.map(({ name }) => name)).toEqual(["unzip", "curl"]);
  });

  test("takes what another package provides as installed", () => {
    expect(missingPackages(only("libgtk-3-0"), parseInstalled(listing))).toEqual([]);
  });

  test("is content with any version of the compiler", () => {
    expect(missingPackages(only("clang"), parseInstalled(listing))).toEqual([]);
    expect(missingPackages(only("clang"), new Set(["clang-format"]))).toHaveLength(1);
  });

  test("gives every package one reason, and those of a reason on one line", () => {
    for (const { reason } of packages) expect(reason).not.toBe("");
    expect(new Set(packages.map(({ name }) => name)).size).toBe(packages.length);
    expect(describePackages(only("libnss3", "libgbm1", "unzip"))).toBe(
      "  unzip: unpacks Electron\n  libnss3 libgbm1: Electron's window",
    );
  });

  test("asks nobody who only starts Picket for what the tests need", () => {
    const names = packagesFor("start").map(({ name }) => name);
    expect(names).toContain("clang");
    expect(names).not.toContain("xvfb");
    expect(packagesFor("test").map(({ name }) => name)).toContain("xvfb");
  });
});
