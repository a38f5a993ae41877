// Every format that `npm run package` makes: the same bytes from the same sources, no remark of Debian's own checker, and an .rpm that rpm
// installs, upgrades and removes. Alone: PICKET_TESTS=all node build/run-vitest.ts test/machine/formats.slow
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { caller, far, GuardedMachine } from "./guarded.ts";
import {
  cgroupsLeft,
  insidePath,
  makeNext,
  makePackages,
  meanwhile,
  next,
  packagePath,
  removePackages,
  runGuarded,
  wrongs,
} from "./installed.ts";

vi.setConfig({ testTimeout: 900_000 });

let work: string;
let digests: string[];
const formats = ["deb", "rpm"] as const;
const digest = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), "picket-formats-"));
  await makePackages([...formats]);
  digests = formats.map((format) => digest(packagePath(format)));
}, 900_000);
afterAll(() => {
  rmSync(work, { recursive: true, force: true });
  removePackages();
});

const run = (program: string, words: string[]) => {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (error) throw error;
  return { code: status, stdout, stderr };
};

test("without its runtime an AppImage is refused, in words that say what to do", async () => {
  const refused = await makePackages(["appimage"], { PICKET_APPIMAGE_RUNTIME: "" }).catch((error) => error);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/PICKET_APPIMAGE_RUNTIME=/) });
});

test("an AppImage is its runtime and the same tree behind it; the same sources make the same .deb and .rpm", async () => {
  const runtime = join(work, "runtime");
  // In the place of the real one, which mounts what follows it: the place is what is tested.
  writeFileSync(runtime, "#!/bin/sh\nexit 7\n".padEnd(4096, "\n"));
  await makePackages([...formats, "appimage"], { PICKET_APPIMAGE_RUNTIME: runtime });
  expect(formats.map((format) => digest(packagePath(format)))).toEqual(digests);

  const image = packagePath("AppImage");
  expect(run(image, []).code).toBe(7);
  const into = join(work, "unpacked");
  expect(run("unsquashfs", ["-q", "-n", "-o", String(statSync(runtime).size), "-d", into, image])).toMatchObject({
    code: 0,
  });
  expect(run(join(into, "AppRun"), ["--version"]).stdout).toMatch(/^picket \d/);
  expect(run("desktop-file-validate", [join(into, "org.picket.Picket.desktop")])).toMatchObject({
    code: 0,
    stdout: "",
  });
});

test("lintian has nothing to say about the .deb that is not answered", () => {
  expect(run("lintian", ["--fail-on", "error,warning", packagePath("deb")])).toMatchObject({ code: 0, stdout: "" });
});

test("the .rpm has the files of the .deb", () => {
  const ofDeb = run("dpkg-deb", ["--contents", packagePath("deb")]).stdout.split("\n");
  const listed = ofDeb.filter((line) => line.startsWith("-")).map((line) => line.replace(/^.* \.\//, "/"));
  const moved = listed
    .filter((path) => !/^\/usr\/share\/(doc|lintian)\//.test(path))
    .map((path) => path.replace("/zsh/vendor-completions/", "/zsh/site-functions/"));
  const query = ["-qp", "--qf", "[%{FILEMODES:perms} %{FILENAMES}\n]", packagePath("rpm")];
  const ofRpm = execFileSync("rpm", query, { encoding: "utf8", maxBuffer: 1 << 26 }).split("\n");
  const files = ofRpm.filter((line) => line.startsWith("-"));
  expect(files.map((line) => line.slice(line.indexOf("/"))).sort()).toEqual(moved.sort());
  expect(files.find((line) => line.endsWith("/chrome-sandbox"))).toMatch(/^-rws/);
});

test("where the window's group is somebody's, the .rpm says so and starts nothing", async () => {
  const machine = await GuardedMachine.start({ kind: "desktop", far: false });
  try {
    await machine.root(["groupadd", "--gid", "1500", "_picket"]);
    const { stderr } = await machine.machine.run(["rpm", "--nodeps", "-i", insidePath("rpm")], { timeout: 300_000 });
    expect(stderr).toContain("would pass for Picket's window");
    for (const [question, answer] of [
      ["is-active", "inactive"],
      ["is-enabled", "disabled"],
    ] as const)
      expect((await machine.machine.run(["systemctl", question, "picket-helper"])).stdout).toBe(`${answer}\n`);
    expect(await machine.exists("/sys/fs/bpf/picket")).toBe(false);
  } finally {
    await machine.stop();
  }
});

test("rpm installs it, upgrades it without a pause, and its removal leaves nothing", async () => {
  const machine = await GuardedMachine.start({ kind: "desktop" });
  try {
    const following = makeNext("rpm");
    const rpm = (...words: string[]) => machine.root(["rpm", "--nodeps", ...words], 300_000);
    const state = async (...words: string[]) => (await machine.machine.run(["systemctl", ...words])).stdout.trim();
    await rpm("-i", insidePath("rpm"));
    expect(await state("is-active", "picket-helper")).toBe("active");
    expect(await state("is-enabled", "picket-helper")).toBe("enabled");
    expect(JSON.parse(await machine.root(["picket", "status", "--json"]))).toMatchObject({
      level: "protected",
      mode: "learn",
      guarded: expect.arrayContaining(["user.slice"]),
    });
    expect(await wrongs(machine)).toEqual([]);
    const pid = await state("show", "--value", "--property=MainPID", "picket-helper");
    const rule = ["--app", "any", "--action", "block", "--address", "192.0.2.9"];
    await machine.root(["picket", "rules", "add", ...rule]);
    const blocks = ["--app", caller, "--action", "block", "--address", far.address];
    await machine.root(["picket", "rules", "add", ...blocks]);
    const seen = await meanwhile(machine, () => rpm("-U", following));
    console.log(`upgraded: ${seen.length} blocked attempts`);
    // One of the three at least began in its midst.
    expect(seen.length).toBeGreaterThan(3);
    expect(new Set(seen)).toEqual(new Set(["111"])); // ECONNREFUSED, each time
    expect(machine.arrivals()).toBe(0);
    expect(await machine.root(["picket", "--version"])).toBe(`picket ${next.version}\n`);
    expect(await machine.root(["ls", "/sys/fs/bpf/picket"])).toMatch(next.pins);
    expect(await state("show", "--value", "--property=MainPID", "picket-helper")).not.toBe(pid);
    expect(await machine.root(["picket", "rules"])).toContain("192.0.2.9");

    await machine.root(["systemctl", "disable", "--quiet", "--now", "picket-helper"]);
    await rpm("-U", "--replacepkgs", "--replacefiles", following);
    expect(await state("is-active", "picket-helper")).toBe("inactive");
    await machine.root(["systemctl", "enable", "--quiet", "--now", "picket-helper"]);

    const guarded = await runGuarded(machine);
    expect(await machine.cgroupOf(guarded.pid)).toMatch(/^\/picket\.slice\/picket-run-/);
    await rpm("-e", "picket");
    expect(await cgroupsLeft(machine)).toBe("");
    // What ran in the guard lives on, free.
    await guarded.go();
    expect(await guarded.outcome).toMatchObject({ code: 0, stdout: "welcome\n" });
    for (const left of ["/sys/fs/bpf/picket", "/usr/lib/picket", "/usr/share/picket", "/usr/bin/picket"])
      expect(await machine.exists(left), left).toBe(false);
    const attached = await machine.root(["bpftool", "-j", "cgroup", "tree", "/sys/fs/cgroup"]);
    expect(attached).not.toContain("on_egress");
  } finally {
    await machine.stop();
  }
});
