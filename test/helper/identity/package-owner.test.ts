// Whose file it is, out of the real databases of this machine.
import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { listedAs, PackageOwners, parseDiversions, versionIn } from "../../../helper/identity/package-owner.ts";

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-owner-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("dpkg's database", () => {
  it.each(["/usr/bin/stat", "/usr/bin/bash", "/usr/sbin/ip", "/usr/bin/dpkg"])("knows who owns %s", async (path) => {
    // Packages may list it by its name from before /usr was merged.
    const names = [path, path.replace("/usr", "")];
    const said = names.map((each) => spawnSync("dpkg-query", ["--search", each], { encoding: "utf8" }).stdout).join("");
    const name = said.split(":")[0] as string;
    const about = execFileSync("dpkg-query", ["--status", name], { encoding: "utf8" });
    const version = /^Version: (.*)$/m.exec(about)?.[1];
    expect(await new PackageOwners().of(path)).toEqual({ manager: "dpkg", name, version });
  });

  it("knows nobody of what no package brought, or of what is not there", async () => {
    const own = `/usr/lib/picket-owner-${process.pid}`;
    copyFileSync("/usr/bin/stat", own);
    try {
      const owners = new PackageOwners();
      expect([await owners.of(own), await owners.of("/usr/bin/picket-nothing")]).toEqual([null, null]);
    } finally {
      rmSync(own);
    }
  });

  it("is not asked about files that others may write, nor about two at once", async () => {
    const copy = join(folder, "stat");
    copyFileSync("/usr/bin/stat", copy);
    const owners = new PackageOwners();
    expect([await owners.of(copy), await owners.of("/usr/bin/nothing\n/usr/bin/stat")]).toEqual([null, null]);
  });
});

describe("a file is listed", () => {
  it("by its name, and by the one from before /usr was merged", () => {
    expect(listedAs("/usr/bin/ip", ["/bin", "/sbin"], []).names).toEqual(["/usr/bin/ip", "/bin/ip"]);
    expect(listedAs("/usr/local/bin/ip", ["/bin"], []).names).toEqual(["/usr/local/bin/ip"]);
    expect(listedAs("/usr/bin/ip", [], []).names).toEqual(["/usr/bin/ip"]);
  });

  it("as what it is called by its package when another has put it away", () => {
    const diversions = parseDiversions("/usr/bin/perf\n/usr/bin/perf.old\nwrapper\n/bin/x\n/bin/x.distrib\n:\n");
    const away = listedAs("/usr/bin/perf.old", [], diversions);
    expect([away.names, away.owns("perf"), away.owns("wrapper")]).toEqual([["/usr/bin/perf"], true, false]);
    const instead = listedAs("/usr/bin/perf", [], diversions);
    expect([instead.names, instead.owns("perf"), instead.owns("wrapper")]).toEqual([["/usr/bin/perf"], false, true]);
    // The administrator put something of his own there: it is no package's.
    expect(listedAs("/usr/bin/x", ["/bin"], diversions).owns("x")).toBe(false);
  });
});

it("a version is that of the package and architecture", () => {
  const text = Buffer.from(
    "Package: a\nVersion: 0\n\nPackage: ab\nArchitecture: i386\nVersion: 1\n\nPackage: ab\nArchitecture: amd64\nVersion: 2\n\n" +
      "Package: c\nDescription: x\n Package: ab\n",
  );
  expect([versionIn(text, "ab"), versionIn(text, "ab", "amd64"), versionIn(text, "b"), versionIn(text, "c")]).toEqual([
    "1",
    "2",
    null,
    null,
  ]);
});

it("rpm's database knows its own", async () => {
  const name = `picket-test-${process.pid}`;
  const path = `/usr/lib/${name}/program`;
  const tree = join(folder, "tree");
  mkdirSync(join(tree, `/usr/lib/${name}`), { recursive: true });
  copyFileSync("/usr/bin/stat", join(tree, path));
  chmodSync(join(tree, path), 0o755);
  const spec = [
    ...[`Name: ${name}`, "Version: 1.5", "Release: 2", "Summary: a test's", "License: none", "AutoReqProv: no"],
    ...["%description", "a test's", "%install", `mkdir -p %{buildroot} && cp -a ${tree}/. %{buildroot}/`],
    ...["%files", `%dir /usr/lib/${name}`, path],
  ];
  writeFileSync(join(folder, "test.spec"), spec.join("\n"));
  const define = ["--define", `_topdir ${folder}`, "--define", "debug_package %{nil}"];
  execFileSync("rpmbuild", ["-bb", ...define, join(folder, "test.spec")], { stdio: "ignore" });
  const [built] = execFileSync("find", [join(folder, "RPMS"), "-name", "*.rpm"], { encoding: "utf8" }).split("\n");
  // Debian's rpm has no database of its own before.
  const database = "/var/lib/rpm";
  const before = readdirSync(database);
  const rpm = (...args: string[]) => execFileSync("rpm", ["--dbpath", database, ...args], { stdio: "ignore" });
  rpm("--install", "--nodeps", built as string);
  const owners = new PackageOwners();
  try {
    expect(await owners.of(path)).toEqual({ manager: "rpm", name, version: "1.5-2" });
  } finally {
    rpm("--erase", name);
  }
  expect(existsSync(path)).toBe(false);
  copyFileSync("/usr/bin/stat", `/usr/lib/${name}`);
  try {
    // What it said before holds no more.
    expect(await owners.of(path)).toBeNull();
  } finally {
    rmSync(`/usr/lib/${name}`);
    if (before.length === 0) for (const file of readdirSync(database)) rmSync(join(database, file));
  }
});
