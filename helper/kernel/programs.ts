// Loads the object, adopts or creates the pinned maps, and attaches the programs to guarded cgroups by pinned links.
// Pins: <bpffs>/<instance>/v<ABI>/maps/NAME, .../guards/<cgroup inode>/PROGRAM, .../launches/PROGRAM. `picket off` removes the tree.
// Whatever an earlier helper pinned stays in force until this one's programs stand beside it with the whole policy in their maps.
import { existsSync, fstatSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { cgroupRoot } from "../guard/cgroups.ts";
import { abi, flowState, layouts, type Revoked, type SocketState, type Struct, type Traffic } from "./layout.ts";
import {
  attachCgroup,
  attachIterator,
  attachTracing,
  BpfMap,
  destroyLink,
  egressPrograms,
  findMap,
  findProgram,
  loadObject,
  mapFd,
  openLink,
  type Pointer,
  pinLink,
  programId,
  quiet,
  setPinPath,
  startIteration,
  updateLink,
} from "./libbpf.ts";
import { close, mountBpf, O_DIRECTORY, O_RDONLY, open, openByKernfsId, read, SystemError } from "./libc.ts";

const ENOLINK = 67;

export const bpfFileSystem = "/sys/fs/bpf";

/** Map sizes that user space must know: the ring buffers' bytes, as in bpf/maps.bpf.h. */
export const ringBytes = { events: 8 * 1024 * 1024, journal: 4 * 1024 * 1024, names: 1024 * 1024 } as const;

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

// Egress first: in a cgroup that has just appeared, whatever sends before the rest is there is held, if under an unknown app.
// Then storage: a socket made from here on has it.
const programNames = [
  "on_egress",
  "on_create",
  "on_release",
  "on_sock_ops",
  "on_setsockopt",
  "on_getsockopt",
  "on_bind4",
  "on_bind6",
  "on_connect4",
  "on_connect6",
  "on_sendmsg4",
  "on_sendmsg6",
  "on_ingress",
] as const;

/** What watches how processes are started, on the whole machine (bpf/launch.bpf.h). */
const launchNames = ["on_exec", "on_fork", "on_exit"] as const;

/** Mounts the BPF file system where nobody has; true when this call did. */
export function ensureBpfFileSystem(): boolean {
  const mounted = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[1] === bpfFileSystem && line.split(" ")[2] === "bpf");
  if (!mounted) mountBpf(bpfFileSystem);
  return !mounted;
}

/** Unlinks a pin or a tree of them. bpffs knows no recursive removal of its own. */
export function removePins(path: string): void {
  if (!existsSync(path)) return;
  if (!lstatSync(path).isDirectory()) {
    unlinkSync(path);
    return;
  }
  for (const name of readdirSync(path)) removePins(join(path, name));
  rmdirSync(path);
}

function namesIn(directory: string): string[] {
  return existsSync(directory) && lstatSync(directory).isDirectory() ? readdirSync(directory) : [];
}

/** Points of a start. Tests kill the helper at each. */
export type StartStep = "loaded" | "attached" | "pinned" | "renewed" | "retired";

export class Programs {
  readonly maps: Record<MapName, BpfMap>;
  /** Whether an earlier helper, of whatever version, left something that is in force. */
  readonly adopted: boolean;
  /** Why pins of this very version could not be adopted; null when they could, or there were none. */
  readonly misfit: string | null;
  private readonly object: Pointer;
  private readonly root: string;
  /** Where this version's pins are. */
  private readonly pins: string;
  private readonly checkpoint: (step: StartStep) => void;
  private readonly traffic: Pointer;
  private readonly revoked: Pointer;
  private readonly open: Pointer;
  private readonly older: Pointer;
  private readonly launches: Pointer[];
  /** Where cgroup2 is mounted. */
  private readonly cgroups = cgroupRoot();
  /** The kernel's number of on_egress. */
  private readonly egress: number;
  private readonly guards = new Map<string, Pointer[]>();

  /** Throws SystemError when the kernel refuses the object. `instance` names the pin directory. */
  constructor(objectPath: string, instance: string, checkpoint: (step: StartStep) => void = () => {}) {
    quiet();
    this.checkpoint = checkpoint;
    this.root = join(bpfFileSystem, instance);
    this.adopted = namesIn(this.root).length > 0;
    const { object, pins, misfit } = this.load(objectPath);
    this.object = object;
    this.pins = pins;
    this.misfit = misfit;
    this.maps = Object.fromEntries(
      mapNames.map((name) => [name, new BpfMap(mapFd(findMap(this.object, name)))]),
    ) as Record<MapName, BpfMap>;
    const iterator = (program: string) => attachIterator(findProgram(this.object, program));
    this.traffic = iterator("dump_traffic");
    this.revoked = iterator("find_revoked");
    this.open = iterator("find_open");
    this.older = iterator("adopt_sockets");
    this.launches = this.watchLaunches(join(pins, "launches"));
    this.egress = programId(findProgram(this.object, "on_egress"));
    checkpoint("loaded");
  }

  /**
   * Pinned maps that do not fit (damaged, or of a build that forgot to raise the ABI) are treated as another version's: a set of our own
   * is made beside them, and they go once it is in force.
   */
  private load(objectPath: string): { object: Pointer; pins: string; misfit: string | null } {
    let misfit: string | null = null;
    for (let set = 0; ; set++) {
      // bpffs takes no dots in names.
      const pins = join(this.root, set === 0 ? `v${abi}` : `v${abi}-${set}`);
      const fresh = !existsSync(pins);
      try {
        mkdirSync(join(pins, "maps"), { recursive: true, mode: 0o700 });
        const object = loadObject(objectPath, (object) => {
          for (const name of mapNames) setPinPath(findMap(object, name), join(pins, "maps", name));
        });
        return { object, pins, misfit };
      } catch (error) {
        if (fresh) {
          // The kernel refuses the object itself.
          removePins(pins);
          if (!this.adopted) removePins(this.root);
          throw error;
        }
        misfit ??= String(error);
      }
    }
  }

  /**
   * Attaches every program to the cgroup directory, or renews what an earlier helper attached. Idempotent. Returns the sockets that were
   * there before, as they are known from now on.
   */
  guard(cgroupDirectory: string): SocketState[] {
    const fd = open(cgroupDirectory, O_RDONLY | O_DIRECTORY);
    const links: Pointer[] = [];
    try {
      // Of what is open: the folder may be replaced by another of that name meanwhile.
      const inode = String(fstatSync(fd).ino);
      if (this.guards.has(inode)) return [];
      const pins = this.folder(inode);
      for (const name of programNames) links.push(this.attach(name, fd, join(pins, name)));
      this.completed(inode, pins, links);
      return this.adoptSockets(BigInt(inode));
    } catch (error) {
      // What is pinned by now stays attached: the next guard() completes it.
      for (const link of links) destroyLink(link);
      throw error;
    } finally {
      close(fd);
    }
  }

  private completed(inode: string, pins: string, links: Pointer[]): void {
    this.guards.set(inode, links);
    // What this version has no program for.
    for (const name of readdirSync(pins)) if (!programNames.some((own) => own === name)) removePins(join(pins, name));
  }

  /** In two passes: whoever listens is found in the first. */
  private adoptSockets(cgroup: bigint): SocketState[] {
    const { guarded, listeners } = this.maps;
    guarded.set(cgroupKey(cgroup), Buffer.alloc(4));
    const adopted = [0, 1].flatMap(() => readAll(this.older, layouts.socket_state));
    for (const key of listeners.keys(layouts.listener_key.size)) listeners.delete(key);
    return adopted;
  }

  /** The pins of one guard. What is in the way of a folder is damage. */
  private folder(inode: string): string {
    const guards = join(this.pins, "guards");
    const pins = join(guards, inode);
    for (const path of [guards, pins]) if (existsSync(path) && !lstatSync(path).isDirectory()) unlinkSync(path);
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    return pins;
  }

  /** Inode numbers of the guarded cgroups, an earlier helper's too. */
  guarded(): string[] {
    return [...this.guards.keys()];
  }

  /** Detaches from one cgroup and what is in it. */
  unguard(inode: string): void {
    for (const link of this.guards.get(inode) ?? []) destroyLink(link);
    this.guards.delete(inode);
    this.maps.guarded.delete(cgroupKey(BigInt(inode)));
    removePins(join(this.pins, "guards", inode));
  }

  /** Lets go of a removed cgroup once its last socket is gone: until then somebody outside may have that socket, and it stays guarded. */
  forgetDead(inode: string): void {
    const [first] = this.guards.get(inode) ?? [];
    try {
      if (first !== undefined) updateLink(first, findProgram(this.object, programNames[0]));
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === ENOLINK)) throw error;
      this.unguard(inode);
    }
  }

  private attach(name: string, cgroupFd: number, pin: string): Pointer {
    const program = findProgram(this.object, name);
    const renewed = this.renew(name, pin);
    if (renewed !== null) return renewed;
    const link = attachCgroup(program, cgroupFd);
    this.checkpoint("attached");
    removePins(pin);
    pinLink(link, pin);
    this.checkpoint("pinned");
    return link;
  }

  /** The kernel cannot replace the program behind such a link: an earlier helper's goes when this one's is in place. */
  private watchLaunches(pins: string): Pointer[] {
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    return launchNames.map((name) => {
      const link = attachTracing(findProgram(this.object, name));
      const pin = join(pins, name);
      if (existsSync(pin)) unlinkSync(pin);
      pinLink(link, pin);
      return link;
    });
  }

  /** Puts this helper's program behind a pinned link; null where there is no pin, or something else. Throws ENOLINK: its cgroup is gone. */
  private renew(name: string, pin: string): Pointer | null {
    if (!existsSync(pin)) return null;
    let link: Pointer | undefined;
    try {
      link = openLink(pin);
      updateLink(link, findProgram(this.object, name));
      this.checkpoint("renewed");
      return link;
    } catch (error) {
      if (link !== undefined) destroyLink(link);
      if (error instanceof SystemError && error.errno !== ENOLINK) return null;
      throw error;
    }
  }

  /** Gives every cgroup that is still guarded by an earlier helper the programs of this one. After the policy is in the maps. */
  adoptGuards(): void {
    const directory = join(this.pins, "guards");
    for (const inode of namesIn(directory)) {
      const pins = join(directory, inode);
      const links: Pointer[] = [];
      try {
        for (const name of programNames) {
          const link = this.renew(name, join(pins, name));
          if (link !== null) links.push(link);
        }
      } catch (error) {
        // The cgroup is gone, and its links with it. Any other failure must not free a cgroup that is still there.
        if (!(error instanceof SystemError && error.errno === ENOLINK)) throw error;
        for (const link of links.splice(0)) destroyLink(link);
        removePins(pins);
        continue;
      }
      // An incomplete set (a helper died while it attached) is completed by the next guard().
      if (links.length === programNames.length) this.completed(inode, pins, links);
      else for (const link of links) destroyLink(link);
    }
  }

  /**
   * Ends what helpers of other versions left in force, once this one guards every cgroup that they did. After everything else: until
   * then both judge, and the stricter wins. `find`: a cgroup's directory by its inode number, null when it is gone. Returns what guard() does.
   */
  retireOthers(find: (inode: string) => string | null): SocketState[] {
    const adopted: SocketState[] = [];
    const others = readdirSync(this.root)
      .map((name) => join(this.root, name))
      .filter((path) => path !== this.pins);
    for (const other of others) {
      for (const inode of namesIn(join(other, "guards"))) {
        const directory = find(inode);
        if (directory !== null) adopted.push(...this.guard(directory));
      }
    }
    for (const other of others) {
      removePins(join(other, "guards"));
      this.checkpoint("retired");
      removePins(other);
    }
    return adopted;
  }

  /** The version directory in use, as status and journal name it. */
  get version(): string {
    return basename(this.pins);
  }

  /** Bytes of every TCP socket that connected and that a process holds. */
  readTraffic(): Traffic[] {
    return readAll(this.traffic, layouts.traffic);
  }

  /** TCP connections that were allowed and that the policy in the maps allows no more. */
  findRevoked(): Revoked[] {
    return readAll(this.revoked, layouts.revoked);
  }

  /** TCP connections that were let go and that a process holds, once for each descriptor. */
  findOpen(): Revoked[] {
    return readAll(this.open, layouts.revoked);
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
      const fd = openByKernfsId(mount, cgroup, O_RDONLY | O_DIRECTORY);
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
    for (const link of [this.traffic, this.revoked, this.open, this.older, ...this.launches]) destroyLink(link);
    removePins(this.root);
  }
}

/** The key of map `guarded`. */
function cgroupKey(id: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(id);
  return key;
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
