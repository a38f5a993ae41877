// The programs on the running kernel: load, pin, attach, be adopted by the next helper, and leave nothing.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { CgroupPaths } from "../../helper/kernel/cgroup-paths.ts";
import { abi, layouts } from "../../helper/kernel/layout.ts";
import { linkInfo, openPin } from "../../helper/kernel/libbpf.ts";
import { close, SystemError } from "../../helper/kernel/libc.ts";
import { removePins } from "../../helper/kernel/pins.ts";
import { Programs } from "../../helper/kernel/programs.ts";
import { slowness, until } from "../end-to-end/helper-process.ts";
import { enteringCgroup } from "./entering-cgroup.ts";
import { freshObject } from "./object.ts";
import { OwnCgroup, programExists } from "./own-cgroup.ts";

const paths = new CgroupPaths(cgroupRoot());
const findCgroup = (inode: string) => paths.directory(BigInt(inode));

/** What runs where on a guarded cgroup, as bpftool calls the places. */
const places = {
  cgroup_inet4_bind: "on_bind4",
  cgroup_inet6_bind: "on_bind6",
  cgroup_inet4_connect: "on_connect4",
  cgroup_inet6_connect: "on_connect6",
  cgroup_inet_sock_create: "on_create",
  cgroup_inet_egress: "on_egress",
  cgroup_getsockopt: "on_getsockopt",
  cgroup_inet_ingress: "on_ingress",
  cgroup_inet_sock_release: "on_release",
  cgroup_udp4_sendmsg: "on_sendmsg4",
  cgroup_udp6_sendmsg: "on_sendmsg6",
  cgroup_setsockopt: "on_setsockopt",
  cgroup_sock_ops: "on_sock_ops",
};
const hooks = Object.values(places).sort();
const launches = ["on_exec", "on_exit", "on_fork"];
const iterators = ["adopt_sockets", "dump_traffic", "find_listeners", "find_open", "find_outside", "find_revoked"];
const everyProgram = [...hooks, ...launches, ...iterators].sort();

/** The inode number of the cgroup that a pinned link is attached to; 0: it is gone. */
function cgroupBehind(path: string): bigint {
  const link = openPin(path);
  try {
    return linkInfo(link).cgroup;
  } finally {
    close(link);
  }
}

let object: string;
/** The same programs in a file of another digest: what follows an ELF file's end belongs to nothing. */
let otherBuild: string;
let folder: string;
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

/** By their numbers in flows. */
const directionNames = ["outbound", "inbound"];

/**
 * A process in the cgroup that listens, and has both ends of a connection to itself. `between`: so many sockets have descriptors behind those
 * of the connection, and before the listener's.
 */
async function olderSockets(cgroup: OwnCgroup, between = 0): Promise<void> {
  const sockets = `import fcntl, socket, sys
s = socket.create_server(("127.0.0.1", 0))
c = socket.create_connection(s.getsockname())
a, _ = s.accept()
others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(${between})]
last = fcntl.fcntl(s, fcntl.F_DUPFD, 6 + len(others))
s.close()
print("up", flush=True)
sys.stdin.read()`;
  const child = spawn(...enteringCgroup(cgroup.directory, ["python3", "-c", sockets]), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  let said = "";
  for await (const words of child.stdout) {
    said += String(words);
    if (said.includes("\n")) break;
  }
  expect(said).toBe("up\n");
}

beforeAll(async () => {
  object = await freshObject();
  folder = mkdtempSync(join(tmpdir(), "picket-build-"));
  otherBuild = join(folder, "picket.bpf.o");
  writeFileSync(otherBuild, Buffer.concat([readFileSync(object), Buffer.alloc(1)]));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const cgroup of cgroups.splice(0)) await cgroup.remove();
});

/** The folder of a build's pinned programs, relative to all pins. */
function programPins(build: string): string {
  return join(`v${abi}`, "programs", createHash("sha256").update(readFileSync(build)).digest("hex"));
}

/** The ids of everything that a helper on this cgroup has in force. */
function inForce(cgroup: OwnCgroup): number[] {
  return [...cgroup.attached(), ...launches.map((name) => cgroup.linked(`v${abi}/launches/${name}`))];
}

function guardPins(cgroup: OwnCgroup, directory = cgroup.directory): string {
  return join(cgroup.pins, `v${abi}`, "guards", String(statSync(directory).ino));
}

describe("Programs", { timeout: 180_000 * slowness }, () => {
  it("loads on this kernel, pins its maps and attaches to nothing by itself", () => {
    const cgroup = ownCgroup();
    const programs = new Programs(object, cgroup.instance);
    try {
      expect(programs).toMatchObject({ adopted: false, verified: true, misfit: null });
      expect(readdirSync(join(cgroup.pins, programPins(object))).sort()).toEqual(everyProgram);
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
      expect(cgroup.places()).toEqual(places);
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

  it("tries again to find what is older than a guard where it could not the first time", () => {
    const cgroup = ownCgroup();
    const programs = new Programs(object, cgroup.instance);
    const keys = Array.from({ length: programs.maps.guarded.capacity() }, (_, index) => {
      const key = Buffer.alloc(8);
      key.writeBigUInt64LE(BigInt(index) << 32n);
      return key;
    });
    try {
      // No room for one more guard.
      for (const key of keys) programs.maps.guarded.set(key, Buffer.alloc(4));
      for (let tries = 0; tries < 2; tries++) expect(() => programs.guard(cgroup.directory)).toThrow(/errno 7/);
      expect(programs.guarded()).toEqual([]);
      const attached = cgroup.attached();
      expect(attached).toHaveLength(hooks.length);
      programs.maps.guarded.delete(keys[0] as Buffer);
      programs.guard(cgroup.directory);
      expect(programs.guarded()).toEqual([String(statSync(cgroup.directory).ino)]);
      expect(cgroup.attached()).toEqual(attached);
    } finally {
      programs.remove();
    }
    expect(cgroup.attached()).toEqual([]);
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

  it("stays in force when the helper is killed, and the next one of the same build takes it up as it is", async () => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    const old = inForce(cgroup);
    expect(old).toHaveLength(hooks.length + launches.length);
    const first = new Programs(object, cgroup.instance);
    expect(first).toMatchObject({ adopted: true, verified: false, misfit: null });
    const key = layouts.slot_key.write({ table: 7, app: 8, shape: 3 });
    first.maps.slots.set(key, layouts.slot.write({ action: 2, rule: 9 }));
    const second = new Programs(object, cgroup.instance);
    try {
      const value = Buffer.alloc(layouts.slot.size);
      expect(second.maps.slots.get(key, value)).toBe(true);
      expect(layouts.slot.read(value)).toEqual({ action: 2, rule: 9 });
      for (const step of [() => second.adoptGuards(), () => second.guard(cgroup.directory)]) {
        step();
        expect(inForce(cgroup)).toEqual(old);
      }
      expect(cgroup.places()).toEqual(places);
      // What goes through the sockets runs, too.
      for (const read of [second.readTraffic(), second.findRevoked(), second.findOpen(), second.findOutside()])
        expect(read).toEqual([]);
    } finally {
      first.remove();
      second.remove();
    }
    expect(cgroup.attached()).toEqual([]);
    await expect.poll(() => old.filter(programExists), { timeout: 10_000 }).toEqual([]);
  });

  it("takes up nothing of another build's programs, and leaves none of them once it stands in their place", async () => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    const old = inForce(cgroup);
    const attached = cgroup.attached();
    const programs = new Programs(otherBuild, cgroup.instance);
    try {
      expect(programs).toMatchObject({ adopted: true, verified: true, misfit: null });
      // Until it is told that the policy is in the maps, nothing of what judges changes.
      expect(cgroup.attached()).toEqual(attached);
      programs.adoptGuards();
      expect(cgroup.places()).toEqual(places);
      expect(inForce(cgroup).filter((id) => old.includes(id))).toEqual([]);
      expect(readdirSync(join(cgroup.pins, `v${abi}/programs`))).toEqual([basename(programPins(otherBuild))]);
      await expect.poll(() => old.filter(programExists), { timeout: 10_000 }).toEqual([]);
    } finally {
      programs.remove();
    }
  });

  it("does not take a file for the same that was exchanged under the same name", async () => {
    const cgroup = ownCgroup();
    const path = join(folder, "exchanged.o");
    copyFileSync(object, path);
    const first = new Programs(path, cgroup.instance);
    copyFileSync(otherBuild, path);
    const second = new Programs(path, cgroup.instance);
    try {
      expect([first.verified, second.verified]).toEqual([true, true]);
    } finally {
      first.remove();
      second.remove();
    }
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
    // The kernel lets go of it a moment later; until then it is a guarded cgroup like any other.
    await until("the end of its links", () => cgroupBehind(join(pins, "on_egress")) === 0n);
    const programs = new Programs(object, cgroup.instance);
    programs.adoptGuards();
    try {
      expect(cgroup.attached(kept)).toHaveLength(hooks.length);
      expect(existsSync(pins)).toBe(false);
      expect(programs.maps.guarded.keys(8).map((key) => key.readBigUInt64LE())).toEqual([BigInt(statSync(kept).ino)]);
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
    expect(() => new Programs(import.meta.filename, cgroup.instance)).toThrow(/bpf_object__open_mem/);
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
      expect(cgroup.places()).toEqual(places);
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

  it.each<[string, (programs: string, cgroup: OwnCgroup) => void]>([
    ["lacks one", (programs) => unlinkSync(join(programs, "find_open"))],
    [
      "has two exchanged",
      (programs) => {
        renameSync(join(programs, "on_egress"), join(programs, "x"));
        renameSync(join(programs, "on_ingress"), join(programs, "on_egress"));
        renameSync(join(programs, "x"), join(programs, "on_ingress"));
      },
    ],
    [
      "has a link instead of one",
      (programs, cgroup) => {
        unlinkSync(join(programs, "on_create"));
        renameSync(join(guardPins(cgroup), "on_create"), join(programs, "on_create"));
      },
    ],
    [
      "has a folder instead of one",
      (programs) => {
        unlinkSync(join(programs, "on_create"));
        mkdirSync(join(programs, "on_create"));
      },
    ],
    [
      "is a program",
      (programs) => {
        renameSync(join(programs, "on_create"), `${programs}x`);
        removePins(programs);
        renameSync(`${programs}x`, programs);
      },
    ],
    ["is another build's", (programs) => renameSync(programs, join(programs, "../0123456789abcdef"))],
    [
      "has a program in the place of all builds'",
      (programs, cgroup) => {
        renameSync(join(programs, "on_create"), join(cgroup.pins, "x"));
        removePins(join(programs, ".."));
        renameSync(join(cgroup.pins, "x"), join(programs, ".."));
      },
    ],
    [
      "uses a map that is not the pinned one",
      (_, cgroup) => {
        // As a helper leaves it that is killed while it makes a missing map anew.
        const elsewhere = new Programs(otherBuild, `${cgroup.instance}-other`);
        const map = (pins: string) => join(pins, `v${abi}/maps/hosts`);
        unlinkSync(map(cgroup.pins));
        // Pins cannot be copied; renamed within the file system they can be.
        renameSync(map(`${cgroup.pins}-other`), map(cgroup.pins));
        elsewhere.remove();
      },
    ],
  ])("loads its own programs when the folder of pinned ones %s", async (_, damage) => {
    const cgroup = ownCgroup();
    await shortLivedHelper(cgroup, cgroup.directory);
    damage(join(cgroup.pins, programPins(object)), cgroup);
    const programs = new Programs(object, cgroup.instance);
    try {
      expect(programs).toMatchObject({ verified: true, misfit: null });
      programs.adoptGuards();
      programs.guard(cgroup.directory);
      programs.retireOthers(findCgroup);
      expect(cgroup.places()).toEqual(places);
      expect(readdirSync(cgroup.pins)).toEqual([`v${abi}`]);
      expect(readdirSync(join(cgroup.pins, `v${abi}/programs`))).toEqual([basename(programPins(object))]);
      expect(readdirSync(join(cgroup.pins, programPins(object))).sort()).toEqual(everyProgram);
      // What it left is taken up by the next.
      const next = new Programs(object, cgroup.instance);
      expect(next.verified).toBe(false);
      next.remove();
    } finally {
      programs.remove();
    }
    expect(cgroup.attached()).toEqual([]);
  });

  // The checkpoints of a start that finds nothing to take up, in their order.
  const kept = 1 + everyProgram.length;
  const [named, loaded] = [kept + 1, kept + 2];

  it.each([
    [1, "no other version"],
    [2, "no other version"],
    [kept, "no other version"],
    [named, "no other version"],
    [loaded + 2, "no other version"],
    [kept, "another version"],
    [loaded + 1, "another version"],
    [loaded + 9, "another version"],
    [loaded + 2 * hooks.length, "another version"],
  ])(
    "stands complete after a helper that was killed at checkpoint %i of its start, beside %s",
    async (checkpoint, beside) => {
      const cgroup = ownCgroup();
      if (beside === "another version") await leaveOtherVersion(cgroup, cgroup.directory);
      const before = cgroup.attached();
      await stoppingHelper(cgroup, checkpoint);
      const left = join(cgroup.pins, programPins(object));
      // A folder of programs has its name only when all are in it.
      expect(existsSync(left)).toBe(checkpoint >= named);
      if (existsSync(left)) expect(readdirSync(left)).toHaveLength(everyProgram.length);
      // Whatever it came to, the other version's programs are all there.
      expect(cgroup.attached()).toEqual(expect.arrayContaining(before));
      // And once more in the midst of taking that up.
      await stoppingHelper(cgroup, checkpoint >= named ? 2 : Math.ceil(checkpoint / 2));
      const programs = new Programs(object, cgroup.instance);
      expect(programs.verified).toBe(checkpoint < named);
      programs.adoptGuards();
      programs.guard(cgroup.directory);
      programs.retireOthers(findCgroup);
      expect(cgroup.places()).toEqual(places);
      expect(readdirSync(cgroup.pins)).toEqual([`v${abi}`]);
      expect(readdirSync(join(cgroup.pins, `v${abi}/programs`))).toEqual([basename(programPins(object))]);
      programs.remove();
      expect(cgroup.attached()).toEqual([]);
    },
  );

  const [called, calls, listens] = ["6 inbound", "6 outbound", "0 outbound"];

  it.each([
    ["was attached", loaded + 2 * hooks.length],
    ["was attached, and its listeners found", loaded + 2 * hooks.length + 2],
  ])("finds what is older than a guard whose helper was killed once it %s", async (_, checkpoint) => {
    const cgroup = ownCgroup();
    await olderSockets(cgroup);
    await stoppingHelper(cgroup, checkpoint);
    const programs = new Programs(object, cgroup.instance);
    try {
      const found = programs.adoptGuards().map(({ flow }) => `${flow.protocol} ${directionNames[flow.direction]}`);
      expect(found.sort()).toEqual([listens, called, calls]);
      programs.guard(cgroup.directory);
      // Once is enough.
      const next = new Programs(object, cgroup.instance);
      expect(next.adoptGuards()).toEqual([]);
      next.remove();
    } finally {
      programs.remove();
    }
  });

  // A read tells of some hundred sockets: the search takes several, and whoever listens is met in the last.
  it.each([1, 2, 3, 4, 5])("knows who was called whenever its search was killed (%i)", async (step) => {
    const cgroup = ownCgroup();
    await olderSockets(cgroup, 300);
    await stoppingHelper(cgroup, loaded + 2 * hooks.length + step);
    const programs = new Programs(object, cgroup.instance);
    try {
      programs.adoptGuards();
      expect(
        programs
          .readTraffic()
          .map(({ flow }) => directionNames[flow.direction])
          .sort(),
      ).toEqual(["inbound", "outbound"]);
      programs.guard(cgroup.directory);
    } finally {
      programs.remove();
    }
  });

  it("refuses an object that is none", () => {
    const cgroup = ownCgroup();
    expect(() => new Programs(import.meta.filename, cgroup.instance)).toThrow(/bpf_object__open_mem/);
  });
});
