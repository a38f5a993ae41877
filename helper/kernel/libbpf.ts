// The part of libbpf (1.1 or newer) and of its bpf() wrappers that the helper calls.
import { readFileSync } from "node:fs";
import koffi from "koffi";
import { close, SystemError } from "./libc.ts";

const lib = koffi.load("libbpf.so.1");

/** An opaque libbpf pointer. */
export type Pointer = unknown;

const b = {
  setPrint: lib.func("void *libbpf_set_print(void *print)"),
  open: lib.func("void *bpf_object__open_mem(const void *bytes, size_t size, const void *options)"),
  load: lib.func("int bpf_object__load(void *object)"),
  closeObject: lib.func("void bpf_object__close(void *object)"),
  findMap: lib.func("void *bpf_object__find_map_by_name(void *object, const char *name)"),
  findProgram: lib.func("void *bpf_object__find_program_by_name(void *object, const char *name)"),
  setPinPath: lib.func("int bpf_map__set_pin_path(void *map, const char *path)"),
  programFd: lib.func("int bpf_program__fd(void *program)"),
  pin: lib.func("int bpf_obj_pin(int fd, const char *path)"),
  openPin: lib.func("int bpf_obj_get(const char *path)"),
  createMap: lib.func(
    "int bpf_map_create(int type, const char *name, uint32_t keyBytes, uint32_t valueBytes, uint32_t entries, const void *options)",
  ),
  mapById: lib.func("int bpf_map_get_fd_by_id(uint32_t id)"),
  linkCreate: lib.func("int bpf_link_create(int program, int target, int type, const void *options)"),
  rawTracepoint: lib.func("int bpf_raw_tracepoint_open(const char *name, int program)"),
  linkUpdate: lib.func("int bpf_link_update(int link, int program, const void *options)"),
  iterCreate: lib.func("int bpf_iter_create(int link)"),
  update: lib.func("int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)"),
  lookup: lib.func("int bpf_map_lookup_elem(int fd, const void *key, void *value)"),
  remove: lib.func("int bpf_map_delete_elem(int fd, const void *key)"),
  info: lib.func("int bpf_obj_get_info_by_fd(int fd, void *info, void *length)"),
  lookupBatch: lib.func(
    "int bpf_map_lookup_batch(int fd, const void *from, void *next, void *keys, void *values, void *count, const void *options)",
  ),
  updateBatch: lib.func(
    "int bpf_map_update_batch(int fd, const void *keys, const void *values, void *count, const void *options)",
  ),
  next: lib.func("int bpf_map_get_next_key(int fd, const void *key, void *next)"),
  query: lib.func("int bpf_prog_query(int target, int type, uint32_t flags, void *attached, void *ids, void *count)"),
};

/** Symbols libbpf returns as pointers are null on failure, with errno set (libbpf 1.0 and newer). */
function pointer(call: string, value: Pointer): Pointer {
  if (value === null) throw new SystemError(call, koffi.errno());
  return value;
}

/** Numbers are negative on failure: the error's number. */
function check(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, -result);
  return result;
}

/** libbpf itself tries five times a program. */
const loadTries = 5;

export function quiet(): void {
  b.setPrint(null);
}

const EAGAIN = 11;

/** libbpf calls the object by it, and the maps of its constants and variables. */
const objectName = Buffer.from("picket\0");

function openObject(bytes: Buffer): Pointer {
  const options = Buffer.alloc(16); // the head of struct bpf_object_open_opts: its size as far as it is filled, object_name
  options.writeBigUInt64LE(BigInt(options.length));
  options.writeBigUInt64LE(koffi.address(objectName), 8);
  return pointer("bpf_object__open_mem", b.open(bytes, bytes.length, options));
}

/**
 * Loads the bytes of an object file: its programs are verified. `prepare` says what must be said before, `take` has it while it is loaded;
 * what nobody keeps by then goes. The kernel gives up on a program when a signal comes meanwhile (EAGAIN).
 */
export function loadObject(bytes: Buffer, prepare: (object: Pointer) => void, take: (object: Pointer) => void): void {
  for (let tries = 1; ; tries++) {
    const object = openObject(bytes);
    try {
      prepare(object);
      const result: number = b.load(object);
      if (result === -EAGAIN && tries < loadTries) continue;
      check("bpf_object__load", result);
      take(object);
      return;
    } finally {
      b.closeObject(object);
    }
  }
}

/** A pin that exists and fits is reused at load; otherwise load creates and pins the map there. */
export function setPinPath(object: Pointer, map: string, path: string): void {
  check("bpf_map__set_pin_path", b.setPinPath(pointer(`map ${map}`, b.findMap(object, map)), path));
}

/** Of a program in a loaded object, and closed with it. */
export function programFd(object: Pointer, name: string): number {
  return check(`program ${name}`, b.programFd(pointer(`program ${name}`, b.findProgram(object, name))));
}

/** A program, map or link stays in the kernel as long as it has a pin, a descriptor or a user there. */
export function pin(fd: number, path: string): void {
  check("bpf_obj_pin", b.pin(fd, path));
}

/** A descriptor of what is pinned there, whichever of the three kinds it is; the caller closes it. */
export function openPin(path: string): number {
  return check("bpf_obj_get", b.openPin(path));
}

/** Which of the three a descriptor is of; undefined for anything else. */
export function kindOf(fd: number): "map" | "program" | "link" | undefined {
  const [, kind] = /^(map|prog|link)_type:/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
  return kind === "prog" ? "program" : (kind as "map" | "link" | undefined);
}

/** The descriptor of a new link. `hook`: a value of the kernel's enum bpf_attach_type. */
export function attachCgroup(programFd: number, cgroupFd: number, hook: number): number {
  return check("bpf_link_create", b.linkCreate(programFd, cgroupFd, hook, null));
}

/** For tp_btf programs, which know their tracepoint themselves. The descriptor of a new link. */
export function attachTracing(programFd: number): number {
  return check("bpf_raw_tracepoint_open", b.rawTracepoint(null, programFd));
}

const BPF_TRACE_ITER = 28;

/** The descriptor of a link from which readings of all that the program goes through can be taken. */
export function attachIterator(programFd: number): number {
  return check("bpf_link_create", b.linkCreate(programFd, 0, BPF_TRACE_ITER, null));
}

/** Replaces the program behind a link atomically. */
export function updateLink(linkFd: number, programFd: number): void {
  check("bpf_link_update", b.linkUpdate(linkFd, programFd, null));
}

/** A descriptor that reads one pass of the iterator; the caller closes it. */
export function startIteration(linkFd: number): number {
  return check("bpf_iter_create", b.iterCreate(linkFd));
}

/** Fills the head of the kernel's struct about a descriptor: bpf_prog_info, bpf_map_info or bpf_link_info. */
function readInfo(fd: number, info: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.length);
  check("bpf_obj_get_info_by_fd", b.info(fd, info, length));
  return info;
}

/** The kernel keeps 15 bytes of a name. */
const nameAt = (info: Buffer, at: number) => info.toString("latin1", at, at + 16).replace(/\0.*/s, "");

/** Most maps that a program of ours could use. */
const mostMaps = 64;

/** `maps`: the kernel's numbers of those it uses. */
export function programInfo(fd: number): { id: number; name: string; maps: number[] } {
  const maps = Buffer.alloc(4 * mostMaps);
  const info = Buffer.alloc(80); // struct bpf_prog_info: type, id, …, nr_map_ids at 52, map_ids, name
  info.writeUInt32LE(mostMaps, 52);
  info.writeBigUInt64LE(koffi.address(maps), 56);
  readInfo(fd, info);
  const count = Math.min(info.readUInt32LE(52), mostMaps);
  return {
    id: info.readUInt32LE(4),
    name: nameAt(info, 64),
    maps: Array.from({ length: count }, (_, index) => maps.readUInt32LE(4 * index)),
  };
}

export interface MapInfo {
  readonly type: number;
  /** The kernel's number. */
  readonly id: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** How many it takes. */
  readonly entries: number;
  readonly flags: number;
  readonly name: string;
}

export function mapInfo(fd: number): MapInfo {
  const info = readInfo(fd, Buffer.alloc(40)); // struct bpf_map_info
  const numbers = Array.from({ length: 6 }, (_, at) => info.readUInt32LE(4 * at));
  const [type, id, keyBytes, valueBytes, entries, flags] = numbers as [number, number, number, number, number, number];
  return { type, id, keyBytes, valueBytes, entries, flags, name: nameAt(info, 24) };
}

/** The descriptor of a new map, empty, that takes as many entries and is like the other in everything else. */
export function createMapLike({ type, name, keyBytes, valueBytes, flags }: MapInfo, entries: number): number {
  const options = Buffer.alloc(32); // the head of struct bpf_map_create_opts: its size as far as it is filled, …, map_flags
  options.writeBigUInt64LE(BigInt(options.length));
  options.writeUInt32LE(flags, 28);
  return check("bpf_map_create", b.createMap(type, name, keyBytes, valueBytes, entries, options));
}

/** A descriptor of the map with this number in the kernel; the caller closes it. */
export function openMap(id: number): number {
  return check("bpf_map_get_fd_by_id", b.mapById(id));
}

/** The name of a map by its number in the kernel. */
export function mapName(id: number): string {
  const fd = openMap(id);
  try {
    return mapInfo(fd).name;
  } finally {
    close(fd);
  }
}

/** `program`: its number. For a link to a cgroup also that one's inode number, 0 when it is gone, and the hook. */
export function linkInfo(fd: number): { program: number; cgroup: bigint; hook: number } {
  const info = readInfo(fd, Buffer.alloc(32)); // struct bpf_link_info: type, id, prog_id, then a union: cgroup_id, attach_type
  return { program: info.readUInt32LE(8), cgroup: info.readBigUInt64LE(16), hook: info.readUInt32LE(24) };
}

const BPF_CGROUP_INET_EGRESS = 1;
const BPF_F_QUERY_EFFECTIVE = 1;
/** The kernel's own limit on programs of one kind at a cgroup is 64 (BPF_CGROUP_MAX_PROGS), for each level of the tree. */
const mostPrograms = 1024;

/** Numbers of all the programs that judge what leaves the cgroup, those attached above it included. */
export function egressPrograms(cgroupFd: number): number[] {
  const ids = Buffer.alloc(4 * mostPrograms);
  const count = Buffer.alloc(4);
  count.writeUInt32LE(mostPrograms);
  check("bpf_prog_query", b.query(cgroupFd, BPF_CGROUP_INET_EGRESS, BPF_F_QUERY_EFFECTIVE, null, ids, count));
  return Array.from({ length: count.readUInt32LE() }, (_, index) => ids.readUInt32LE(index * 4));
}

const ENOENT = 2;

/** Entries that are copied, and read, at once: more than are ever in one bucket, for the kernel takes whole ones. */
const copied = 4096;
const read = 512;

/** A BPF map by descriptor, with keys and values as bytes. Arguments must have exactly the map's key and value sizes. */
export class BpfMap {
  readonly fd: number;
  constructor(fd: number) {
    this.fd = fd;
  }

  set(key: Buffer, value: Buffer): void {
    const result: number = b.update(this.fd, key, value, 0);
    check("bpf_map_update_elem", result);
  }

  /** For a map without keys: a Bloom filter. */
  add(value: Buffer): void {
    const result: number = b.update(this.fd, null, value, 0);
    check("bpf_map_update_elem", result);
  }

  /** Fills `into`; false when the key is absent. */
  get(key: Buffer, into: Buffer): boolean {
    const result: number = b.lookup(this.fd, key, into);
    if (result === -ENOENT) return false;
    check("bpf_map_lookup_elem", result);
    return true;
  }

  delete(key: Buffer): void {
    const result: number = b.remove(this.fd, key);
    if (result !== -ENOENT) check("bpf_map_delete_elem", result);
  }

  /** How many entries the map takes. */
  capacity(): number {
    return mapInfo(this.fd).entries;
  }

  /** Every key at the moment; keys added meanwhile may be missing. */
  keys(keyBytes: number): Buffer[] {
    const keys: Buffer[] = [];
    let previous: Buffer | null = null;
    for (;;) {
      const next = Buffer.alloc(keyBytes);
      const result: number = b.next(this.fd, previous, next);
      if (result === -ENOENT) return keys;
      check("bpf_map_get_next_key", result);
      keys.push(next);
      previous = next;
    }
  }

  /** All entries of a hash map; those that come or go meanwhile may be missing. Views: valid until the next one is asked for. */
  *entries(): Generator<readonly [key: Buffer, value: Buffer]> {
    const { keyBytes, valueBytes } = mapInfo(this.fd);
    for (const { keys, values, count } of this.batches(read)) {
      const found = count.readUInt32LE();
      for (let at = 0; at < found; at++)
        yield [
          keys.subarray(at * keyBytes, (at + 1) * keyBytes),
          values.subarray(at * valueBytes, (at + 1) * valueBytes),
        ];
    }
  }

  /** All entries of a hash map to another with the same keys and values: thousands a call, where one by one each takes three. */
  copyTo(other: BpfMap): void {
    for (const { keys, values, count } of this.batches(copied))
      check("bpf_map_update_batch", b.updateBatch(other.fd, keys, values, count, null));
  }

  private *batches(most: number): Generator<{ keys: Buffer; values: Buffer; count: Buffer }> {
    const { keyBytes, valueBytes } = mapInfo(this.fd);
    const [keys, values] = [Buffer.alloc(most * keyBytes), Buffer.alloc(most * valueBytes)];
    const [count, place] = [Buffer.alloc(4), Buffer.alloc(4)];
    let result: number;
    let from: Buffer | null = null;
    do {
      count.writeUInt32LE(most);
      result = b.lookupBatch(this.fd, from, place, keys, values, count, null);
      if (result !== -ENOENT) check("bpf_map_lookup_batch", result); // ENOENT: these are the last
      yield { keys, values, count };
      from = place;
    } while (result !== -ENOENT);
  }
}
