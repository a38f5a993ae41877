// The programs on the running kernel: load, pin, attach, be adopted by the next helper, and leave nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { CgroupPaths } from "../../helper/kernel/cgroup-paths.ts";
import { abi, layouts } from "../../helper/kernel/layout.ts";
import { SystemError } from "../../helper/kernel/libc.ts";
import { Programs, removePins } from "../../helper/kernel/programs.ts";
import { slowness } from "../end-to-end/helper-process.ts";
import { freshObject } from "./object.ts";
import { OwnCgroup, programExists } from "./own-cgroup.ts";

const paths = new CgroupPaths(cgroupRoot());
const findCgroup = (inode: string) => paths.directory(BigInt(inode));

const hooks = [
  "on_bind4",
  "on_bind6",
  "on_connect4",
  "on_connect6",
  "on_create",
  "on_egress",
  "on_getsockopt",
  "on_ingress",
  "on_release",
  "on_sendmsg4",
  "on_sendmsg6",
  "on_setsockopt",
  "on_sock_ops",
];

let object: string;
const cgroups: OwnCgroup[] = [];
const children: ChildProcess[] = [];

function ownCgroup(): OwnCgroup {
  const cgroup = new OwnCgroup();
  cgroups.push(cgroup);
  return cgroup;
}

/** A helper that dies without a word, once it guards. */
async function shortLivedHelper(cgroup: OwnCgroup, ...directories: string[]): Promise<void> {
  const script = join(import.meta.dirname, "guard-and-wait.ts");
  const child = spawn(process.execPath, [script, object, cgroup.instance, ...directories], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const exited = once(child, "exit");
  const [first] = await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, "data"), exited]);
  expect(String(first)).toBe("guarded\n");
  child.kill("SIGKILL");
  await exited;
}

/** A helper that is killed at a checkpoint of its start. */
async function stoppingHelper(cgroup: OwnCgroup, checkpoint: number): Promise<void> {
  const script = join(import.meta.dirname, "guard-and-wait.ts");
  const child = spawn(process.execPath, [script, object, cgroup.instance, cgroup.directory], {
    stdio: "inherit",
    env: { ...process.env, PICKET_STOP_AFTER: String(checkpoint) },
  });
  children.push(child);
  const [, signal] = await once(child, "exit");
  expect(signal).toBe("SIGKILL");
}

beforeAll(async () => {
  object = await freshObject();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const cgroup of cgroups.splice(0)) await cgroup.remove();
});

function guardPins(cgroup: OwnCgroup, directory = cgroup.directory): string {
  return join(cgroup.pins, `v${abi}`, "guards", String(statSync(directory).ino));
}

describe("Programs", { timeout: 180_000 * slowness }, () => {
  it("loads on this kernel, pins its maps and attaches to nothing by itself", () => {
    const cgroup = ownCgroup();
    const programs = new Programs(object, cgroup.instance);
    try {
      expect(programs.adopted).toBe(false);
      const maps = readdirSync(join(cgroup.pins, `v${abi}`, "maps")).sort();
      expect(maps).toEqual(Object.keys(programs.maps).sort());
      expect(cgroup.attached()).toEqual([]);
    } finally {
      programs.remove();
    }
  });

  it("guards a cgroup with every hook, once", () => {
    const cgroup = ownCgroup();
    const programs = new Programs(object, cgroup.instance);
    try {
      programs.guard(cgroup.directory);
      const attached = cgroup.attached();
      expect(attached).toHaveLength(hooks.length);
      expect(readdirSync(guardPins(cgroup)).sort()).toEqual(hooks);
      const pinned = cgroup.pinned();
      programs.guard(cgroup.directory);
      programs.guard(`${cgroup.directory}/.`);
      expect(cgroup.attached()).toEqual(attached);
      expect(cgroup.pinned()).toEqual(pinned);
    } finally {
      programs.remove();
    }
  });

  it("guards several cgroups apart from one another", () => {
    const cgroup = ownCgroup();
    const [a, b] = [cgroup.child("a"), cgroup.child("b")];
    const programs = new Programs(object, cgroup.instance);
    try {
      programs.guard(a);
      expect(cgroup.attached(b)).toEqual([]);
      programs.guard(b);
      expect(cgroup.attached(a)).toHaveLength(hooks.length);
      expect(cgroup.attached(b)).toHaveLength(hooks.length);
      expect(cgroup.attached()).toEqual([]);
    } finally {
      programs.remove();
    }
  });

  it("stays in force when the helper is killed, and the next one adopts maps and guards without a gap", async () => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    const old = cgroup.attached();
    expect(old).toHaveLength(hooks.length);

    const first = new Programs(object, cgroup.instance);
    expect(first.adopted).toBe(true);
    const key = layouts.slot_key.write({ table: 7, app: 8, shape: 3 });
    first.maps.slots.set(key, layouts.slot.write({ action: 2, rule: 9 }));
    const second = new Programs(object, cgroup.instance);
    // Until it is told that the policy is in the maps, nothing of what is in force changes.
    expect(cgroup.attached()).toEqual(old);
    second.adoptGuards();
    try {
      const value = Buffer.alloc(layouts.slot.size);
      expect(second.maps.slots.get(key, value)).toBe(true);
      expect(layouts.slot.read(value)).toEqual({ action: 2, rule: 9 });
      // The links are the same, the programs behind them this helper's: nothing of the dead one's code runs on.
      expect(cgroup.attached()).toHaveLength(hooks.length);
      expect(cgroup.attached().filter((id) => old.includes(id))).toEqual([]);
      second.guard(cgroup.directory);
      expect(cgroup.attached()).toHaveLength(hooks.length);
    } finally {
      first.remove();
      second.remove();
    }
    expect(cgroup.attached()).toEqual([]);
  });

  it("completes a guard that a dying helper left half attached", async () => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    for (const name of ["on_egress", "on_ingress"]) unlinkSync(join(guardPins(cgroup), name));
    expect(cgroup.attached()).toHaveLength(hooks.length - 2);
    const programs = new Programs(object, cgroup.instance);
    try {
      programs.guard(cgroup.directory);
      expect(cgroup.attached()).toHaveLength(hooks.length);
      expect(readdirSync(guardPins(cgroup)).sort()).toEqual(hooks);
    } finally {
      programs.remove();
    }
    expect(cgroup.attached()).toEqual([]);
  });

  it("starts although a cgroup that was guarded is gone, and keeps the others", async () => {
    const cgroup = ownCgroup();
    const [gone, kept] = [cgroup.child("gone"), cgroup.child("kept")];
    const pins = guardPins(cgroup, gone);
    await shortLivedHelper(cgroup, gone, kept);
    expect(existsSync(pins)).toBe(true);
    rmdirSync(gone);
    const programs = new Programs(object, cgroup.instance);
    programs.adoptGuards();
    try {
      expect(cgroup.attached(kept)).toHaveLength(hooks.length);
      expect(existsSync(pins)).toBe(false);
    } finally {
      programs.remove();
    }
  });

  it("does not take a guard for done whose attachment failed", () => {
    const cgroup = ownCgroup();
    const folder = mkdtempSync(join(tmpdir(), "picket-no-cgroup-"));
    const programs = new Programs(object, cgroup.instance);
    try {
      expect(() => programs.guard(folder)).toThrow(SystemError);
      expect(() => programs.guard(folder)).toThrow(SystemError);
    } finally {
      programs.remove();
      rmdirSync(folder);
    }
  });

  it("leaves no pin, no program and nothing attached once removed", () => {
    const cgroup = ownCgroup();
    const programs = new Programs(object, cgroup.instance);
    programs.guard(cgroup.directory);
    const attached = cgroup.attached();
    programs.remove();
    expect(existsSync(cgroup.pins)).toBe(false);
    expect(cgroup.attached()).toEqual([]);
    expect(attached).toHaveLength(hooks.length);
  });

  it("lets the kernel forget the programs when the last holder is gone", async () => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    const ids = cgroup.attached();
    expect(ids.every(programExists)).toBe(true);
    await cgroup.remove();
    // Links of a removed cgroup are released by a worker of the kernel.
    await expect.poll(() => ids.filter(programExists), { timeout: 10_000 }).toEqual([]);
  });

  /** What a helper of another version would have left: the same tree under another name. */
  async function leaveOtherVersion(cgroup: OwnCgroup, ...directories: string[]): Promise<string> {
    await shortLivedHelper(cgroup, ...directories);
    const other = join(cgroup.pins, `v${abi + 1}`);
    renameSync(join(cgroup.pins, `v${abi}`), other);
    return other;
  }

  it("ends another version only when it stands in its place, in every cgroup that was guarded", async () => {
    const cgroup = ownCgroup();
    const [kept, gone] = [cgroup.child("kept"), cgroup.child("gone")];
    const other = await leaveOtherVersion(cgroup, cgroup.directory, kept, gone);
    rmdirSync(gone);
    const old = cgroup.attached();
    const programs = new Programs(object, cgroup.instance);
    try {
      expect(programs.adopted).toBe(true);
      programs.adoptGuards();
      programs.guard(cgroup.directory);
      expect(cgroup.attached()).toEqual(expect.arrayContaining(old));
      programs.retireOthers(findCgroup);
      expect(existsSync(other)).toBe(false);
      expect(cgroup.attached()).toHaveLength(hooks.length);
      expect(cgroup.attached().filter((id) => old.includes(id))).toEqual([]);
      // Nobody named this one: it was guarded, so it is.
      expect(cgroup.attached(kept)).toHaveLength(hooks.length);
    } finally {
      programs.remove();
    }
  });

  it("leaves what another version enforces when it cannot start itself", async () => {
    const cgroup = ownCgroup();
    const other = await leaveOtherVersion(cgroup, cgroup.directory);
    expect(() => new Programs(import.meta.filename, cgroup.instance)).toThrow(/bpf_object__open_file/);
    expect(existsSync(other)).toBe(true);
    expect(cgroup.attached()).toHaveLength(hooks.length);
  });

  it.each<[string, (cgroup: OwnCgroup) => void]>([
    ["is missing", (cgroup) => unlinkSync(join(cgroup.pins, `v${abi}/maps/hosts`))],
    [
      "is another map",
      (cgroup) => renameSync(join(cgroup.pins, `v${abi}/maps/hosts`), join(cgroup.pins, `v${abi}/maps/slots`)),
    ],
    [
      "is a folder",
      (cgroup) => {
        unlinkSync(join(cgroup.pins, `v${abi}/maps/hosts`));
        mkdirSync(join(cgroup.pins, `v${abi}/maps/hosts`));
      },
    ],
    [
      "is a link",
      (cgroup) => {
        unlinkSync(join(cgroup.pins, `v${abi}/maps/hosts`));
        renameSync(join(guardPins(cgroup), "on_ingress"), join(cgroup.pins, `v${abi}/maps/hosts`));
      },
    ],
    [
      "belongs to no version",
      (cgroup) => {
        mkdirSync(join(cgroup.pins, "what/is/this"), { recursive: true });
        renameSync(join(cgroup.pins, `v${abi}/maps/hosts`), join(cgroup.pins, "what/is/hosts"));
        renameSync(join(guardPins(cgroup), "on_ingress"), join(cgroup.pins, "on_ingress"));
      },
    ],
    [
      "has the place of all maps",
      (cgroup) => {
        const maps = join(cgroup.pins, `v${abi}/maps`);
        renameSync(join(maps, "hosts"), join(cgroup.pins, "hosts"));
        removePins(maps);
        renameSync(join(cgroup.pins, "hosts"), maps);
      },
    ],
    [
      "is another hook's link",
      (cgroup) => renameSync(join(guardPins(cgroup), "on_ingress"), join(guardPins(cgroup), "on_egress")),
    ],
    [
      "is no link",
      (cgroup) => {
        unlinkSync(join(guardPins(cgroup), "on_ingress"));
        renameSync(join(cgroup.pins, `v${abi}/maps/hosts`), join(guardPins(cgroup), "on_ingress"));
      },
    ],
    [
      "has a name nobody knows",
      (cgroup) => renameSync(join(guardPins(cgroup), "on_ingress"), join(guardPins(cgroup), "on_something")),
    ],
    [
      "has the place of a guard",
      (cgroup) => {
        const guard = guardPins(cgroup);
        renameSync(join(guard, "on_ingress"), join(cgroup.pins, "link"));
        removePins(guard);
        renameSync(join(cgroup.pins, "link"), guard);
      },
    ],
  ])("starts, and stands complete, when a pin %s", async (_, damage) => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    damage(cgroup);
    const programs = new Programs(object, cgroup.instance);
    try {
      programs.adoptGuards();
      programs.guard(cgroup.directory);
      programs.retireOthers(findCgroup);
      expect(cgroup.attached()).toHaveLength(hooks.length);
      expect(readdirSync(cgroup.pins)).toEqual([programs.version]);
      expect(readdirSync(join(cgroup.pins, programs.version, "maps")).sort()).toEqual(
        Object.keys(programs.maps).sort(),
      );
    } finally {
      programs.remove();
    }
    expect(cgroup.attached()).toEqual([]);
    expect(existsSync(cgroup.pins)).toBe(false);
  });

  // Every kind of checkpoint, early, in the midst and late: 1 loaded, then attached and pinned in turn for each program.
  it.each([
    [1, "no other version"],
    [3, "no other version"],
    [2, "another version"],
    [10, "another version"],
    [2 * hooks.length + 1, "another version"],
  ])(
    "stands complete after a helper that was killed at checkpoint %i of its start, beside %s",
    async (checkpoint, beside) => {
      const cgroup = ownCgroup();
      if (beside === "another version") await leaveOtherVersion(cgroup, cgroup.directory);
      const before = cgroup.attached();
      await stoppingHelper(cgroup, checkpoint);
      // Whatever it came to, the other version's programs are all there.
      expect(cgroup.attached()).toEqual(expect.arrayContaining(before));
      // And once more in the midst of taking that up.
      await stoppingHelper(cgroup, Math.ceil(checkpoint / 2));
      const programs = new Programs(object, cgroup.instance);
      programs.adoptGuards();
      programs.guard(cgroup.directory);
      programs.retireOthers(findCgroup);
      expect(cgroup.attached()).toHaveLength(hooks.length);
      expect(readdirSync(cgroup.pins)).toEqual([`v${abi}`]);
      programs.remove();
      expect(cgroup.attached()).toEqual([]);
    },
  );

  it("refuses an object that is none", () => {
    const cgroup = ownCgroup();
    expect(() => new Programs(import.meta.filename, cgroup.instance)).toThrow(/bpf_object__open_file/);
  });
});
