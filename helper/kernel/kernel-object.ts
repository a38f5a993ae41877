// The object file in the kernel: its maps and programs, pinned, and taken from there. What an earlier helper of the very same file pinned is
// taken as it is: it was verified then (docs/decisions/0023-programs-are-adopted.md). Otherwise the file is loaded, and pinned.
// Pins: maps/NAME, programs/DIGEST OF THE FILE/NAME. A folder of programs gets its name when all are in it.
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { GrowingMap } from "./growing-map.ts";
import { abi } from "./layout.ts";
import {
  BpfMap,
  kindOf,
  loadObject,
  mapInfo,
  mapName,
  openPin,
  type Pointer,
  pin,
  programFd,
  programInfo,
  setPinPath,
} from "./libbpf.ts";
import { close, SystemError } from "./libc.ts";
import { removePins } from "./pins.ts";

const mapNames = [
  "sockets",
  "gates",
  "held_syns",
  "apps",
  "processes",
  "launches",
  "unrecorded",
  "guarded",
  "listeners",
  "hosts",
  "maybe_hosts",
  "ranges",
  "tables",
  "slots",
  "configs",
  "counters",
  "events",
  "shares",
  "journal",
  "notices",
  "names",
  "name_shares",
] as const;
export type MapName = (typeof mapNames)[number];

/** What the one map grows to that does (bpf/maps.bpf.h). */
const mostHosts = 1_048_576;

function mapOf(name: MapName, fd: number): BpfMap {
  return name === "hosts" ? new GrowingMap(fd, mostHosts) : new BpfMap(fd);
}

/**
 * What is attached to a guarded cgroup, and where (enum bpf_attach_type). Egress first: in a cgroup that has just appeared, whatever sends
 * before the rest is there is held, if under an unknown app. Then storage: a socket made from here on has it.
 */
export const hooks = {
  on_egress: 1,
  on_create: 2,
  on_release: 34,
  on_sock_ops: 3,
  on_setsockopt: 22,
  on_getsockopt: 21,
  on_bind4: 8,
  on_bind6: 9,
  on_connect4: 10,
  on_connect6: 11,
  on_sendmsg4: 14,
  on_sendmsg6: 15,
  on_ingress: 0,
} as const;
export type HookName = keyof typeof hooks;
export const hookNames = Object.keys(hooks) as HookName[];

/** What watches how processes are started, on the whole machine (bpf/launch.bpf.h). */
export const launchNames = ["on_exec", "on_fork", "on_exit"] as const;

/** What goes through all sockets (bpf/iterators.bpf.h, bpf/adopt.bpf.h). */
const iteratorNames = [
  "dump_traffic",
  "find_revoked",
  "find_open",
  "find_outside",
  "find_listeners",
  "adopt_sockets",
] as const;

const programNames = [...hookNames, ...launchNames, ...iteratorNames] as const;
export type ProgramName = (typeof programNames)[number];

/** Points of taking it. Tests kill the helper at each: verified; a program, the last one too, is pinned; the folder has its name. */
export type TakeStep = "verified" | "kept" | "named";

export interface KernelObject {
  readonly maps: Record<MapName, BpfMap>;
  /** Descriptors. */
  readonly programs: Record<ProgramName, number>;
  /** Where this version's pins are. */
  readonly pins: string;
  /** Whether the programs are those that an earlier helper pinned. */
  readonly adopted: boolean;
  /** Why pins of this very version could not be used; null when they could, or there were none. */
  readonly misfit: string | null;
}

/**
 * `root`: the folder of the instance's pins. Pinned maps that do not fit (damaged, or of a build that forgot to raise the ABI) are treated
 * as another version's: a set of our own is made beside them, and they go once it is in force. Throws SystemError when the kernel refuses
 * the object: then nothing of it is left.
 */
export function takeObject(path: string, root: string, checkpoint: (step: TakeStep) => void): KernelObject {
  // What is loaded is what the digest is of, whoever exchanges the file meanwhile.
  const bytes = readFileSync(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  let misfit: string | null = null;
  for (let set = 0; ; set++) {
    // bpffs takes no dots in names.
    const pins = join(root, set === 0 ? `v${abi}` : `v${abi}-${set}`);
    const folder = join(pins, "programs", digest);
    const fresh = !existsSync(pins);
    try {
      const found = adopt(pins, folder);
      const parts = found ?? loadAnew(bytes, pins, folder, checkpoint);
      removeOthers(folder);
      return { ...parts, pins, adopted: found !== null, misfit };
    } catch (error) {
      if (fresh) {
        // The kernel refuses the object itself.
        removePins(pins);
        if (existsSync(root) && readdirSync(root).length === 0) removePins(root);
        throw error;
      }
      misfit ??= String(error);
    }
  }
}

type Parts = Pick<KernelObject, "maps" | "programs">;

/** Null unless every program and every map is there, and the programs use those very maps. */
function adopt(pins: string, folder: string): Parts | null {
  if (!existsSync(folder)) return null;
  const opened: number[] = [];
  try {
    const parts = openParts(pins, folder, opened);
    if (belongTogether(parts)) return parts;
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
  }
  for (const fd of opened) close(fd);
  return null;
}

/** `opened` has the descriptors, those too that were opened before one could not be. */
function openParts(pins: string, folder: string, opened: number[]): Parts {
  const open = <Name extends string>(names: readonly Name[], within: string) =>
    Object.fromEntries(
      names.map((name) => {
        const fd = openPin(join(within, name));
        opened.push(fd);
        return [name, fd];
      }),
    ) as Record<Name, number>;
  const maps = open(mapNames, join(pins, "maps"));
  const programs = open(programNames, folder);
  return {
    maps: Object.fromEntries(mapNames.map((name) => [name, mapOf(name, maps[name])])) as Record<MapName, BpfMap>,
    programs,
  };
}

function belongTogether({ maps, programs }: Parts): boolean {
  const pinned = new Set<number>();
  for (const name of mapNames) {
    const { fd } = maps[name];
    if (kindOf(fd) !== "map") return false;
    const info = mapInfo(fd);
    if (info.name !== name) return false;
    pinned.add(info.id);
  }
  // Beside the pinned ones a program uses the maps of the object's constants and variables, which nobody else knows.
  const isItsOwn = (id: number) => !mapNames.some((name) => name === mapName(id));
  return programNames.every((name) => {
    if (kindOf(programs[name]) !== "program") return false;
    const info = programInfo(programs[name]);
    return info.name === name && info.maps.every((id) => pinned.has(id) || isItsOwn(id));
  });
}

function loadAnew(bytes: Buffer, pins: string, folder: string, checkpoint: (step: TakeStep) => void): Parts {
  const maps = join(pins, "maps");
  mkdirSync(maps, { recursive: true, mode: 0o700 });
  const prepare = (object: Pointer) => {
    for (const name of mapNames) setPinPath(object, name, join(maps, name));
  };
  loadObject(bytes, prepare, (object) => {
    checkpoint("verified");
    pinPrograms(object, folder, checkpoint);
  });
  return openParts(pins, folder, []);
}

/** All or none: a helper that is killed here leaves a folder that nobody takes for one. */
function pinPrograms(object: Pointer, folder: string, checkpoint: (step: TakeStep) => void): void {
  const unfinished = join(dirname(folder), "unfinished");
  if (existsSync(dirname(folder)) && !lstatSync(dirname(folder)).isDirectory()) removePins(dirname(folder));
  removePins(unfinished);
  mkdirSync(unfinished, { recursive: true, mode: 0o700 });
  for (const name of programNames) {
    pin(programFd(object, name), join(unfinished, name));
    checkpoint("kept");
  }
  removePins(folder);
  renameSync(unfinished, folder);
  checkpoint("named");
}

/** Programs of other builds: where they are attached they stay until they are replaced there. */
function removeOthers(folder: string): void {
  for (const name of readdirSync(dirname(folder))) {
    if (name !== basename(folder)) removePins(join(dirname(folder), name));
  }
}
