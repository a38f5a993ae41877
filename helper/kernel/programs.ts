// Loads the object, adopts or creates the pinned maps, and attaches the programs to guarded cgroups by pinned links.
// Pins: <bpffs>/<instance>/v<ABI>/maps/NAME and .../guards/<cgroup inode>/PROGRAM. `picket off` removes the tree.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { cgroupRoot } from "../guard/cgroups.ts";
import { abi, flowState, layouts, type Revoked, type Struct, type Traffic } from "./layout.ts";
import {
  attachCgroup,
  attachMapIterator,
  BpfMap,
  destroyLink,
  egressPrograms,
  findMap,
  findProgram,
  loadObject,
  mapFd,
  openLink,
  openObject,
  type Pointer,
  pinLink,
  programId,
  quiet,
  setPinPath,
  startIteration,
  updateLink,
} from "./libbpf.ts";
import { close, mountBpf, O_DIRECTORY, O_RDONLY, open, openCgroup, read, SystemError } from "./libc.ts";

const ENOLINK = 67;

export const bpfFileSystem = "/sys/fs/bpf";

/** Map sizes that user space must know: the ring buffers' bytes, as in bpf/maps.bpf.h. */
export const ringBytes = { events: 8 * 1024 * 1024, journal: 4 * 1024 * 1024 } as const;

const mapNames = [
  "sockets",
  "gates",
  "held_syns",
  "apps",
  "hosts",
  "ranges",
  "tables",
  "slots",
  "configs",
  "counters",
  "events",
  "journal",
] as const;
export type MapName = (typeof mapNames)[number];

// Storage first: a socket made between two attachments then has it. Egress last: it is the one that refuses.
const programNames = [
  "on_create",
  "on_release",
  "on_sock_ops",
  "on_setsockopt",
  "on_getsockopt",
  "on_connect4",
  "on_connect6",
  "on_sendmsg4",
  "on_sendmsg6",
  "on_ingress",
  "on_egress",
] as const;

/** Mounts the BPF file system where nobody has; true when this call did. */
export function ensureBpfFileSystem(): boolean {
  const mounted = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[1] === bpfFileSystem && line.split(" ")[2] === "bpf");
  if (!mounted) mountBpf(bpfFileSystem);
  return !mounted;
}

/** Unlinks a pin tree. bpffs knows no recursive removal of its own. */
export function removePins(directory: string): void {
  if (!existsSync(directory)) return;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) removePins(path);
    else unlinkSync(path);
  }
  rmdirSync(directory);
}

export class Programs {
  readonly maps: Record<MapName, BpfMap>;
  /** Whether maps of an earlier helper were adopted. */
  readonly adopted: boolean;
  private readonly object: Pointer;
  private readonly root: string;
  private readonly traffic: Pointer;
  private readonly revoked: Pointer;
  /** Where cgroup2 is mounted. */
  private readonly cgroups = cgroupRoot();
  /** The kernel's number of on_egress. */
  private readonly egress: number;
  private readonly guards = new Map<string, Pointer[]>();

  /** Throws SystemError when the kernel refuses the object. `instance` names the pin directory. */
  constructor(objectPath: string, instance: string) {
    quiet();
    this.root = join(bpfFileSystem, instance);
    const pins = join(this.root, `v${abi}`);
    mkdirSync(join(pins, "maps"), { recursive: true, mode: 0o700 });
    this.adopted = readdirSync(join(pins, "maps")).length > 0;
    this.object = openObject(objectPath);
    for (const name of mapNames) setPinPath(findMap(this.object, name), join(pins, "maps", name));
    loadObject(this.object);
    this.maps = Object.fromEntries(
      mapNames.map((name) => [name, new BpfMap(mapFd(findMap(this.object, name)))]),
    ) as Record<MapName, BpfMap>;
    this.traffic = this.iterator("dump_traffic");
    this.revoked = this.iterator("find_revoked");
    this.egress = programId(findProgram(this.object, "on_egress"));
    this.adoptGuards(join(pins, "guards"));
    this.removeOtherVersions();
  }

  /** Attaches every program to the cgroup directory, or renews what an earlier helper attached. Idempotent. */
  guard(cgroupDirectory: string): void {
    const inode = String(statSync(cgroupDirectory).ino);
    if (this.guards.has(inode)) return;
    const pins = join(this.root, `v${abi}`, "guards", inode);
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    const fd = open(cgroupDirectory, O_RDONLY | O_DIRECTORY);
    const links: Pointer[] = [];
    try {
      for (const name of programNames) links.push(this.attach(name, fd, join(pins, name)));
    } catch (error) {
      // What is pinned by now stays attached: the next guard() completes it.
      for (const link of links) destroyLink(link);
      throw error;
    } finally {
      close(fd);
    }
    this.guards.set(inode, links);
  }

  private attach(name: string, cgroupFd: number, pin: string): Pointer {
    const program = findProgram(this.object, name);
    if (existsSync(pin)) {
      const link = openLink(pin);
      updateLink(link, program);
      return link;
    }
    const link = attachCgroup(program, cgroupFd);
    pinLink(link, pin);
    return link;
  }

  /** Gives every cgroup that is still guarded by an earlier helper the programs of this one. */
  private adoptGuards(directory: string): void {
    if (!existsSync(directory)) return;
    for (const inode of readdirSync(directory)) {
      const pins = join(directory, inode);
      const links: Pointer[] = [];
      try {
        for (const name of readdirSync(pins)) {
          const link = openLink(join(pins, name));
          links.push(link);
          updateLink(link, findProgram(this.object, name));
        }
      } catch (error) {
        // The cgroup is gone, and its links with it. Any other failure must not free a cgroup that is still there.
        if (!(error instanceof SystemError && error.errno === ENOLINK)) throw error;
        for (const link of links.splice(0)) destroyLink(link);
        removePins(pins);
        continue;
      }
      // An incomplete set (a helper died while it attached) is completed by the next guard().
      if (links.length === programNames.length) this.guards.set(inode, links);
      else for (const link of links) destroyLink(link);
    }
  }

  private removeOtherVersions(): void {
    for (const version of readdirSync(this.root)) if (version !== `v${abi}`) removePins(join(this.root, version));
  }

  private iterator(program: string): Pointer {
    return attachMapIterator(findProgram(this.object, program), this.maps.sockets.fd);
  }

  /** Bytes of every TCP socket that connected and still exists. */
  readTraffic(): Traffic[] {
    return readAll(this.traffic, layouts.traffic);
  }

  /** TCP connections that were allowed and that the policy in the maps allows no more. */
  findRevoked(): Revoked[] {
    return readAll(this.revoked, layouts.revoked);
  }

  /** Marks a socket of this process as the helper's own, by its storage: guarded or not, its packets pass. */
  exempt(socketFd: number): void {
    const key = Buffer.alloc(4);
    key.writeInt32LE(socketFd);
    this.maps.sockets.set(key, layouts.socket_state.write({ state: flowState.exempt }));
  }

  /** Whether programs of others, too, judge what leaves the cgroup: what its sockets send, and no re-sent packet. */
  hasForeignEgress(cgroup: bigint): boolean {
    const mount = open(this.cgroups, O_RDONLY | O_DIRECTORY);
    try {
      const fd = openCgroup(mount, cgroup);
      try {
        return egressPrograms(fd).some((id) => id !== this.egress);
      } finally {
        close(fd);
      }
    } catch (error) {
      // Removed while its sockets live: what judges them cannot be asked any more.
      if (error instanceof SystemError) return true;
      throw error;
    } finally {
      close(mount);
    }
  }

  /** Detaches everything and forgets the maps. What the kernel enforced ends here. */
  remove(): void {
    for (const links of this.guards.values()) for (const link of links) destroyLink(link);
    this.guards.clear();
    for (const link of [this.traffic, this.revoked]) destroyLink(link);
    removePins(this.root);
  }
}

/** One pass of an iterator over the sockets, each as what its program writes. */
function readAll<T extends ConstructorParameters<typeof Struct>[0]>(iterator: Pointer, layout: Struct<T>) {
  const { size } = layout;
  const fd = startIteration(iterator);
  const chunk = Buffer.alloc(256 * size);
  const all = [];
  try {
    for (;;) {
      const bytes = read(fd, chunk);
      if (bytes === 0) return all;
      for (let at = 0; at + size <= bytes; at += size) all.push(layout.read(chunk, at));
    }
  } finally {
    close(fd);
  }
}
