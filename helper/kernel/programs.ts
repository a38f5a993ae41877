// The programs in force: taken up or loaded (kernel-object.ts), and attached to guarded cgroups by pinned links.
// Pins: <bpffs>/<instance>/v<ABI>/maps/NAME, .../programs/DIGEST/NAME, .../guards/<cgroup inode>/PROGRAM, .../launches/PROGRAM.
// `picket off` removes the tree. Whatever an earlier helper attached stays in force until this one's programs stand beside it with the
// whole policy in their maps.
import { existsSync, fstatSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { cgroupRoot } from "../guard/cgroups.ts";
import {
  type HookName,
  hookNames,
  hooks,
  type KernelObject,
  launchNames,
  type MapName,
  type ProgramName,
  type TakeStep,
  takeObject,
} from "./kernel-object.ts";
import {
  flowState,
  layouts,
  type Outside,
  type Revoked,
  type SocketState,
  type Struct,
  type Traffic,
} from "./layout.ts";
import {
  attachCgroup,
  attachIterator,
  attachTracing,
  type BpfMap,
  egressPrograms,
  kindOf,
  linkInfo,
  openPin,
  pin,
  programInfo,
  quiet,
  startIteration,
  updateLink,
} from "./libbpf.ts";
import { close, O_DIRECTORY, O_RDONLY, open, openByKernfsId, read, SystemError } from "./libc.ts";
import { bpfFileSystem, removePins } from "./pins.ts";

const EAGAIN = 11;
const ENOLINK = 67;

/** Map sizes that user space must know: the ring buffers' bytes, as in bpf/maps.bpf.h. */
export const ringBytes = { events: 8 * 1024 * 1024, journal: 4 * 1024 * 1024, names: 1024 * 1024 } as const;

function namesIn(directory: string): string[] {
  return existsSync(directory) && lstatSync(directory).isDirectory() ? readdirSync(directory) : [];
}

/** Points of a start. Tests kill the helper at each. */
export type StartStep = TakeStep | "loaded" | "attached" | "pinned" | "renewed" | "adopting" | "retired";

export class Programs {
  readonly maps: Record<MapName, BpfMap>;
  /** Whether an earlier helper, of whatever version, left something that is in force. */
  readonly adopted: boolean;
  /** Whether the programs had to be verified at this start: no earlier helper had pinned the very same. */
  readonly verified: boolean;
  /** Why pins of this very version could not be adopted; null when they could, or there were none. */
  readonly misfit: string | null;
  private readonly programs: Record<ProgramName, number>;
  private readonly root: string;
  /** Where this version's pins are. */
  private readonly pins: string;
  private readonly checkpoint: (step: StartStep) => void;
  // Links, by their descriptors.
  private readonly traffic: number;
  private readonly revoked: number;
  private readonly open: number;
  private readonly outside: number;
  private readonly listening: number;
  private readonly older: number;
  private readonly launches: number[];
  private readonly guards = new Map<string, number[]>();
  /** Where cgroup2 is mounted. */
  private readonly cgroups = cgroupRoot();
  /** The kernel's number of on_egress. */
  private readonly egress: number;

  /** Throws SystemError when the kernel refuses the object. `instance` names the pin directory. */
  constructor(objectPath: string, instance: string, checkpoint: (step: StartStep) => void = () => {}) {
    quiet();
    this.checkpoint = checkpoint;
    this.root = join(bpfFileSystem, instance);
    this.adopted = namesIn(this.root).length > 0;
    const taken: KernelObject = takeObject(objectPath, this.root, checkpoint);
    this.maps = taken.maps;
    this.programs = taken.programs;
    this.pins = taken.pins;
    this.verified = !taken.adopted;
    this.misfit = taken.misfit;
    this.traffic = attachIterator(this.programs.dump_traffic);
    this.revoked = attachIterator(this.programs.find_revoked);
    this.open = attachIterator(this.programs.find_open);
    this.outside = attachIterator(this.programs.find_outside);
    this.listening = attachIterator(this.programs.find_listeners);
    this.older = attachIterator(this.programs.adopt_sockets);
    this.launches = this.watchLaunches(join(this.pins, "launches"));
    this.egress = programInfo(this.programs.on_egress).id;
    checkpoint("loaded");
  }

  /**
   * Attaches every program to the cgroup directory, or renews what an earlier helper attached. Idempotent. Returns the sockets that were
   * there before, as they are known from now on.
   */
  guard(cgroupDirectory: string): SocketState[] {
    const fd = open(cgroupDirectory, O_RDONLY | O_DIRECTORY);
    const links: number[] = [];
    let inode: string | null = null;
    try {
      // Of what is open: the folder may be replaced by another of that name meanwhile.
      inode = String(fstatSync(fd).ino);
      if (this.guards.has(inode)) return [];
      const pins = this.folder(inode);
      for (const name of hookNames) links.push(this.attach(name, fd, inode, join(pins, name)));
      this.completed(inode, pins, links);
      return this.adoptSockets([inode]);
    } catch (error) {
      // What is pinned by now stays attached: the next guard() completes it, and looks for older sockets again.
      if (inode !== null) this.guards.delete(inode);
      for (const link of links) close(link);
      throw error;
    } finally {
      close(fd);
    }
  }

  private completed(inode: string, pins: string, links: number[]): void {
    this.guards.set(inode, links);
    // What this version has no program for.
    for (const name of readdirSync(pins)) if (!hookNames.some((own) => own === name)) removePins(join(pins, name));
  }

  /**
   * In two passes: whoever listens is found in the first. A helper that is killed in their midst leaves the search to the next one, and what
   * it found of listeners: they may have closed since.
   */
  private adoptSockets(cgroups: readonly string[]): SocketState[] {
    const { guarded, listeners } = this.maps;
    for (const inode of cgroups) guarded.set(cgroupKey(BigInt(inode)), number32(searched.begun));
    const step = () => {
      this.checkpoint("adopting");
      return true;
    };
    readAll(this.listening, layouts.socket_state, step); // it writes into the map alone
    const adopted = readAll(this.older, layouts.socket_state, step);
    for (const key of listeners.keys(layouts.listener_key.size)) listeners.delete(key);
    for (const inode of cgroups) guarded.set(cgroupKey(BigInt(inode)), number32(searched.done));
    return adopted;
  }

  private isSearched(inode: string): boolean {
    const value = Buffer.alloc(4);
    return this.maps.guarded.get(cgroupKey(BigInt(inode)), value) && value.readUInt32LE() === searched.done;
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
    for (const link of this.guards.get(inode) ?? []) close(link);
    this.guards.delete(inode);
    this.maps.guarded.delete(cgroupKey(BigInt(inode)));
    removePins(join(this.pins, "guards", inode));
  }

  /** Lets go of a removed cgroup once its last socket is gone: until then somebody outside may have that socket, and it stays guarded. */
  forgetDead(inode: string): void {
    const [first] = this.guards.get(inode) ?? [];
    try {
      if (first !== undefined) updateLink(first, this.programs[hookNames[0] as HookName]);
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === ENOLINK)) throw error;
      this.unguard(inode);
    }
  }

  private attach(name: HookName, cgroupFd: number, inode: string, path: string): number {
    const renewed = this.renew(name, inode, path);
    if (renewed !== null) return renewed;
    const link = attachCgroup(this.programs[name], cgroupFd, hooks[name]);
    this.checkpoint("attached");
    removePins(path);
    pin(link, path);
    this.checkpoint("pinned");
    return link;
  }

  /**
   * A link of an earlier helper to this very program goes on. The kernel cannot replace the program behind another one: that link goes
   * when this helper's is in place.
   */
  private watchLaunches(pins: string): number[] {
    mkdirSync(pins, { recursive: true, mode: 0o700 });
    return launchNames.map((name) => {
      const program = this.programs[name];
      const path = join(pins, name);
      const left = openLink(path);
      if (left !== null && linkInfo(left).program === programInfo(program).id) return left;
      if (left !== null) close(left);
      const link = attachTracing(program);
      removePins(path);
      pin(link, path);
      return link;
    });
  }

  /** Puts this helper's program behind a pinned link; null where there is no pin, or something else. Throws ENOLINK: its cgroup is gone. */
  private renew(name: HookName, inode: string, path: string): number | null {
    const link = openLink(path);
    if (link === null) return null;
    try {
      const { hook, cgroup } = linkInfo(link);
      const fits = hook === hooks[name] && (cgroup === 0n || cgroup === BigInt(inode));
      if (fits) {
        updateLink(link, this.programs[name]);
        this.checkpoint("renewed");
        return link;
      }
    } catch (error) {
      if (!(error instanceof SystemError) || error.errno === ENOLINK) {
        close(link);
        throw error;
      }
    }
    close(link);
    return null;
  }

  /**
   * Gives every cgroup that is still guarded by an earlier helper the programs of this one. After the policy is in the maps. Returns what
   * guard() does, of guards whose helper was killed before it had looked.
   */
  adoptGuards(): SocketState[] {
    const directory = join(this.pins, "guards");
    for (const inode of namesIn(directory)) {
      const pins = join(directory, inode);
      const links: number[] = [];
      try {
        for (const name of hookNames) {
          const link = this.renew(name, inode, join(pins, name));
          if (link !== null) links.push(link);
        }
      } catch (error) {
        // The cgroup is gone, and its links with it. Any other failure must not free a cgroup that is still there.
        if (!(error instanceof SystemError && error.errno === ENOLINK)) throw error;
        for (const link of links.splice(0)) close(link);
        this.maps.guarded.delete(cgroupKey(BigInt(inode)));
        removePins(pins);
        continue;
      }
      // An incomplete set (a helper died while it attached) is completed by the next guard().
      if (links.length === hookNames.length) this.completed(inode, pins, links);
      else for (const link of links) close(link);
    }
    const unsearched = this.guarded().filter((inode) => !this.isSearched(inode));
    return unsearched.length > 0 ? this.adoptSockets(unsearched) : [];
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

  /** TCP connections that were allowed and that the policy in the maps allows no more, once for each process that holds one. */
  findRevoked(): Revoked[] {
    return readAll(this.revoked, layouts.revoked);
  }

  /** TCP connections that were let go and that a process holds, once for each that does. */
  findOpen(): Revoked[] {
    return readAll(this.open, layouts.revoked);
  }

  /** Who within the guard has a socket that was made outside. `proceed`: asked before each so many. */
  findOutside(proceed = () => true): Outside[] {
    return readAll(this.outside, layouts.outside, proceed);
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
    for (const links of this.guards.values()) for (const link of links) close(link);
    this.guards.clear();
    for (const link of [
      this.traffic,
      this.revoked,
      this.open,
      this.outside,
      this.listening,
      this.older,
      ...this.launches,
    ])
      close(link);
    for (const program of Object.values(this.programs)) close(program);
    removePins(this.root);
  }
}

/** The descriptor of a pinned link; null where there is none. */
function openLink(path: string): number | null {
  if (!existsSync(path) || lstatSync(path).isDirectory()) return null;
  let fd: number;
  try {
    fd = openPin(path);
  } catch (error) {
    if (error instanceof SystemError) return null;
    throw error;
  }
  if (kindOf(fd) === "link") return fd;
  close(fd);
  return null;
}

/** The key of map `guarded`. */
function cgroupKey(id: bigint): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64LE(id);
  return key;
}

/** The values of map `guarded`. */
const searched = { begun: 0, done: 1 } as const;

function number32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** The kernel looks at a million descriptors a call; where none of them had anything to tell, it wants to be called again. */
function readSome(fd: number, into: Buffer): number {
  for (;;) {
    try {
      return read(fd, into);
    } catch (error) {
      if (!(error instanceof SystemError && error.errno === EAGAIN)) throw error;
    }
  }
}

/**
 * One pass of an iterator over the sockets: what its program writes, and what it writes several times once, for a process may have a million
 * descriptors of one socket. As far as `proceed` says, which is asked before each reading.
 */
function readAll<T extends ConstructorParameters<typeof Struct>[0]>(
  iterator: number,
  layout: Struct<T>,
  proceed = () => true,
) {
  const { size } = layout;
  const fd = startIteration(iterator);
  const chunk = Buffer.alloc(256 * size);
  const all = [];
  const told = new Set<string>();
  try {
    while (proceed()) {
      const bytes = readSome(fd, chunk);
      if (bytes === 0) break;
      for (let at = 0; at + size <= bytes; at += size) {
        const words = chunk.toString("latin1", at, at + size);
        if (told.has(words)) continue;
        told.add(words);
        all.push(layout.read(chunk, at));
      }
    }
    return all;
  } finally {
    close(fd);
  }
}
