// Where cgroups are, what an instance is called, and which directories may be guarded.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  cgroupOf,
  cgroupRoot,
  defaultState,
  dissolve,
  guardDirectory,
  instanceName,
  makeCgroup,
  moveProcess,
  processesIn,
} from "../../../helper/guard/cgroups.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";

describe("the cgroup2 mount", () => {
  it("is found where systemd mounts it", () => {
    const mounts = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw,nosuid 0 0\n";
    expect(cgroupRoot(mounts)).toBe("/sys/fs/cgroup");
  });

  it("is found beside version 1 hierarchies", () => {
    const mounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0
`;
    expect(cgroupRoot(mounts)).toBe("/sys/fs/cgroup/unified");
  });

  it.each(["", "cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\n", "cgroup2 /mnt tmpfs rw 0 0\n"])(
    "may be missing: %j",
    (mounts) => {
      expect(() => cgroupRoot(mounts)).toThrow(/not mounted/);
    },
  );
});

describe("an instance", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-instance-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is named by its state folder, whatever way leads there", () => {
    mkdirSync(join(folder, "a"));
    mkdirSync(join(folder, "b"));
    symlinkSync(join(folder, "a"), join(folder, "link"));
    const name = instanceName(join(folder, "a"));
    expect(name).toMatch(/^picket-[0-9a-f]{8}$/);
    for (const same of ["a/", "./a", "b/../a", "link"]) expect(instanceName(`${folder}/${same}`)).toBe(name);
    expect(instanceName(join(folder, "b"))).not.toBe(name);
  });

  it("has a name of its own in the default folder only", () => {
    if (existsSync(defaultState) && realpathSync(defaultState) === defaultState)
      expect(instanceName(defaultState)).toBe("picket");
    expect(instanceName(folder)).not.toBe("picket");
    expect(() => instanceName(join(folder, "missing"))).toThrow();
  });
});

describe("a guard", () => {
  const root = cgroupRoot();
  let own: OwnCgroup;
  beforeEach(() => {
    own = new OwnCgroup();
  });
  afterEach(() => own.remove());

  it("is named below the mount or absolutely", () => {
    const child = own.child("child");
    for (const guard of [
      `${own.instance}/child`,
      child,
      `/${own.instance}/child`,
      `${own.instance}/../${own.instance}/child/`,
    ]) {
      expect(guardDirectory(root, guard)).toBe(child);
    }
  });

  it.each([
    "",
    ".",
    "/",
    "./",
    "..",
    "../..",
    "../../../etc",
    `${root}/.`,
    `${root}/..`,
    "/etc",
    "/../../../../etc",
    "no-such-cgroup",
    "\0",
  ])("is never the root, outside of it, or nothing: %j", (guard) => {
    expect(() => guardDirectory(root, guard)).toThrow();
  });

  it("is not the root by a detour", () => {
    expect(() => guardDirectory(root, `${own.instance}/..`)).toThrow(/not a cgroup below/);
    expect(() => guardDirectory(root, own.directory.replace(own.instance, `${own.instance}/../.`))).toThrow(
      /not a cgroup below/,
    );
  });
});

describe("processes", () => {
  it("are moved, found and freed again", async () => {
    const own = new OwnCgroup();
    const child = spawn("sleep", ["60"], { stdio: "ignore" });
    try {
      await once(child, "spawn");
      const pid = child.pid as number;
      const home = cgroupOf(pid);
      const inner = join(own.directory, "a", "b");
      makeCgroup(inner);
      moveProcess(pid, inner);
      expect(processesIn(inner)).toEqual([String(pid)]);
      expect(cgroupOf(pid)).toBe(`/${relative(cgroupRoot(), inner)}`);
      await dissolve(own.directory, join(cgroupRoot(), home));
      expect(existsSync(own.directory)).toBe(false);
      expect(cgroupOf(pid)).toBe(home);
      await dissolve(own.directory, cgroupRoot());
    } finally {
      child.kill("SIGKILL");
      await once(child, "exit");
      await own.remove();
    }
  });
});
