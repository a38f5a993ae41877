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
    const mounts = `22 1 0:21 / /proc rw,nosuid - proc proc rw
30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
`;
    expect(cgroupRoot(mounts)).toBe("/sys/fs/cgroup");
  });

  it("is found beside version 1 hierarchies", () => {
    const mounts = `31 22 0:27 / /sys/fs/cgroup ro shared:9 - tmpfs tmpfs ro
32 31 0:28 / /sys/fs/cgroup/cpu rw shared:10 - cgroup cgroup rw,cpu
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
42 31 0:39 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd
`;
    expect(cgroupRoot(mounts)).toBe("/sys/fs/cgroup/unified");
  });

  it("is no mount of a part of the tree, and may have a blank in its name", () => {
    const mounts = `30 22 0:26 /docker/0123 /sys/fs/cgroup ro - cgroup2 cgroup2 rw
31 22 0:26 / /mnt/all\\040of\\040it rw - cgroup2 none rw
`;
    expect(cgroupRoot(mounts)).toBe("/mnt/all of it");
  });

  it.each([
    "",
    "32 31 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n",
    "30 1 0:2 / /mnt rw - tmpfs cgroup2 rw\n",
  ])("may be missing: %j", (mounts) => {
    expect(() => cgroupRoot(mounts)).toThrow(/not mounted/);
  });
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
