// Cgroups that come, go and come back, guarded with the real programs on this machine's own cgroup2 tree.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cgroupOf, cgroupRoot, moveProcess } from "../../../helper/guard/cgroups.ts";
import { Guards } from "../../../helper/guard/guards.ts";
import { findGuards } from "../../../helper/guard/named.ts";
import { CgroupPaths } from "../../../helper/kernel/cgroup-paths.ts";
import { Programs } from "../../../helper/kernel/programs.ts";
import { StartError } from "../../../helper/start-error.ts";
import { freshObject } from "../../bpf/object.ts";
import { OwnCgroup } from "../../bpf/own-cgroup.ts";

const root = cgroupRoot();
const paths = new CgroupPaths(root);
let object: string;
let own: OwnCgroup;
let programs: Programs;
let guards: Guards | undefined;
let child: ChildProcess | undefined;

beforeAll(async () => {
  object = await freshObject();
});
beforeEach(() => {
  own = new OwnCgroup();
  programs = new Programs(object, own.instance);
});
afterEach(async () => {
  guards?.close();
  guards = undefined;
  if (child && child.exitCode === null && child.signalCode === null) {
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
  child = undefined;
  programs.remove();
  await own.remove();
});

function keep(...names: string[]): Guards {
  const wanted = names.map((name) => ({ name, directory: join(own.directory, name), locate: null }));
  guards = new Guards(root, paths, programs, wanted, () => {});
  guards.start();
  return guards;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 30_000; !holds(); await sleep(5))
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
}

const inodeOf = (directory: string) => String(statSync(directory).ino);
const isGuarded = (directory: string) => own.attached(directory).length > 0;

describe("guards", () => {
  it("wait for what is not there and say so, and guard it when it appears, however deep", async () => {
    const there = own.child("there");
    const kept = keep("there", "a/b/c");
    expect(kept.guarded()).toEqual([`${own.instance}/there`]);
    expect(kept.degraded()).toEqual([{ code: "guardWaits", message: expect.stringMatching(/: a\/b\/c\.$/) }]);
    const deep = join(own.directory, "a/b/c");
    mkdirSync(deep, { recursive: true });
    await until("the deep cgroup's guard", () => kept.guarded().length === 2);
    expect(kept.guarded()).toEqual([`${own.instance}/there`, `${own.instance}/a/b/c`]);
    expect(kept.degraded()).toEqual([]);
    expect([isGuarded(there), isGuarded(deep)]).toEqual([true, true]);
    expect([isGuarded(join(own.directory, "a/b")), isGuarded(own.directory)]).toEqual([false, false]);
    for (const folder of ["a/b/c", "a/b", "a"]) rmdirSync(join(own.directory, folder));
    await until("the waiting", () => kept.degraded().length === 1);
  });

  it("guard each successor of a cgroup that is removed and made anew, and keep nothing of its predecessors", async () => {
    const directory = own.child("unit");
    const kept = keep("unit");
    for (let round = 0; round < 30; round++) {
      const before = inodeOf(directory);
      rmdirSync(directory);
      mkdirSync(directory);
      expect(inodeOf(directory)).not.toBe(before);
      await until("the successor's guard", () => programs.guarded().includes(inodeOf(directory)));
    }
    expect(kept.guarded()).toEqual([`${own.instance}/unit`]);
    await until("the predecessors' end", () => programs.guarded().length === 1);
    expect(own.pinned().filter((pin) => /guards\/\d+$/.test(pin))).toEqual([
      expect.stringMatching(`/${inodeOf(directory)}$`),
    ]);
  });

  it("attach once where one lies within another, in whatever order they are named and appear", async () => {
    const outer = join(own.directory, "outer");
    const inner = join(outer, "inner");
    mkdirSync(inner, { recursive: true });
    const kept = keep("outer/inner", "outer", "outer/inner/innermost");
    mkdirSync(join(inner, "innermost"));
    await until("nothing to wait for", () => kept.degraded().length === 0);
    expect(kept.guarded()).toEqual([`${own.instance}/outer`]);
    expect([isGuarded(outer), isGuarded(inner), isGuarded(join(inner, "innermost"))]).toEqual([true, false, false]);
    for (const directory of [join(inner, "innermost"), inner]) rmdirSync(directory);
  });

  it("take over from an earlier helper: what lies within is covered, the rest stays guarded and is listed", () => {
    const [outer, other] = [own.child("outer"), own.child("other")];
    const inner = join(outer, "inner");
    mkdirSync(inner);
    const earlier = programs;
    for (const directory of [inner, other]) earlier.guard(directory);
    programs = new Programs(object, own.instance);
    programs.adoptGuards();
    const kept = keep("outer");
    expect(kept.guarded().sort()).toEqual([`${own.instance}/other`, `${own.instance}/outer`]);
    expect([isGuarded(outer), isGuarded(other)]).toEqual([true, true]);
    expect(own.pinned().some((pin) => pin.includes(inodeOf(inner)))).toBe(false);
    earlier.remove();
    expect(isGuarded(inner)).toBe(false);
    rmdirSync(inner);
  });

  it("hold on to a removed cgroup as long as a socket of it lives somewhere else", async () => {
    const directory = own.child("unit");
    const kept = keep("unit");
    const inode = inodeOf(directory);
    child = spawn(
      "python3",
      ["-c", "import socket,sys; input(); s=socket.socket(); print('made', flush=True); input()"],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    await once(child, "spawn");
    const home = join(root, cgroupOf(child.pid as number));
    moveProcess(child.pid as number, directory);
    child.stdin?.write("\n");
    await once(child.stdout as NonNullable<typeof child.stdout>, "data");
    moveProcess(child.pid as number, home);
    rmdirSync(directory);
    await until("the waiting", () => kept.degraded().length === 1);
    await sleep(2_500); // one more look of the guards' own
    expect(programs.guarded()).toEqual([inode]);
    expect(kept.guarded()).toEqual([]);
    child.kill("SIGKILL");
    await until("the end of the socket", () => programs.guarded().length === 0);
  });
});

describe("a guard's name", () => {
  const none = new Map<string, string>();

  it("is a path where systemd manages nothing, each once", async () => {
    const directory = own.child("ssh.service");
    const name = `${own.instance}/ssh.service`;
    expect(await findGuards(root, [name, name], none)).toEqual([{ name, directory, locate: null }]);
  });

  it("that leads nowhere is an error, unless an earlier helper guarded it", async () => {
    await expect(findGuards(root, ["no-such.slice"], none)).rejects.toThrow(StartError);
    const problems: string[] = [];
    own.child("there.slice");
    const both = ["no-such.slice", `${own.instance}/there.slice`];
    const left = await findGuards(root, both, none, (problem) => void problems.push(problem));
    expect(left.map(({ name }) => name)).toEqual(both.slice(1));
    expect(problems).toEqual([expect.stringContaining("no-such.slice")]);
    const known = new Map([["no-such.slice", `${root}/no-such.slice`]]);
    const guard = { name: "no-such.slice", directory: `${root}/no-such.slice`, locate: null };
    expect(await findGuards(root, ["no-such.slice"], known)).toEqual([guard]);
    await expect(findGuards(root, [".."], known)).rejects.toThrow(StartError);
  });
});
