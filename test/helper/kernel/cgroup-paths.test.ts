// Cgroup ids and paths, on this machine's own cgroup2 tree.
import { readdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cgroupRoot, makeCgroup } from "../../../helper/guard/cgroups.ts";
import { CgroupPaths } from "../../../helper/kernel/cgroup-paths.ts";
import { deepCgroups, OwnCgroup } from "../../bpf/own-cgroup.ts";

const root = cgroupRoot();
const idOf = (directory: string) => statSync(directory, { bigint: true }).ino;

let own: OwnCgroup;
let paths: CgroupPaths;
beforeEach(() => {
  own = new OwnCgroup();
  paths = new CgroupPaths(root);
});
afterEach(async () => {
  paths.close();
  await own.remove();
});

it("finds every depth, the mount itself, and keeps no descriptor", () => {
  const deep = join(own.child("a b"), "app-x-1.scope");
  makeCgroup(deep);
  const before = readdirSync("/proc/self/fd").length;
  for (let times = 0; times < 100; times++) expect(paths.find(idOf(deep))).toBe(`/${own.instance}/a b/app-x-1.scope`);
  expect(paths.find(idOf(root))).toBe("/");
  expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  rmdirSync(deep);
});

it("finds nothing for an id that nobody has", () => {
  for (const id of [0n, 2n ** 40n, 2n ** 64n - 1n]) expect(paths.find(id)).toBeNull();
  expect(paths.recall(0n)).toBeNull();
});

it("recalls a cgroup that is gone only if it met it before, and takes no successor for it", () => {
  const [met, unmet] = [own.child("met"), own.child("unmet")];
  const [id, other] = [idOf(met), idOf(unmet)];
  expect(paths.recall(id)).toBe(`/${own.instance}/met`);
  rmdirSync(met);
  rmdirSync(unmet);
  expect(paths.find(id)).toBeNull();
  expect(paths.recall(id)).toBe(`/${own.instance}/met`);
  expect(paths.recall(other)).toBeNull();
  expect(idOf(own.child("met"))).not.toBe(id);
});

it("knows no path of a cgroup that has a longer one than the kernel can tell, and keeps no descriptor", () => {
  const deep = deepCgroups(own.directory);
  try {
    const before = readdirSync("/proc/self/fd").length;
    expect(paths.recall(deep.id)).toBeNull();
    expect(readdirSync("/proc/self/fd")).toHaveLength(before);
  } finally {
    deep.remove();
  }
});
