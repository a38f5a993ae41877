// The part of libbpf (1.1 or newer) and of its bpf() wrappers that the helper calls.
import koffi from "koffi";
import { SystemError } from "./libc.ts";

const lib = koffi.load("libbpf.so.1");

/** An opaque libbpf pointer. */
export type Pointer = unknown;

const b = {
  setPrint: lib.func("void *libbpf_set_print(void *print)"),
  open: lib.func("void *bpf_object__open_file(const char *path, const void *options)"),
  load: lib.func("int bpf_object__load(void *object)"),
  closeObject: lib.func("void bpf_object__close(void *object)"),
  findMap: lib.func("void *bpf_object__find_map_by_name(void *object, const char *name)"),
  findProgram: lib.func("void *bpf_object__find_program_by_name(void *object, const char *name)"),
  setPinPath: lib.func("int bpf_map__set_pin_path(void *map, const char *path)"),
  mapFd: lib.func("int bpf_map__fd(void *map)"),
  attachCgroup: lib.func("void *bpf_program__attach_cgroup(void *program, int cgroup)"),
  attachTracing: lib.func("void *bpf_program__attach_trace(void *program)"),
  linkOpen: lib.func("void *bpf_link__open(const char *path)"),
  linkPin: lib.func("int bpf_link__pin(void *link, const char *path)"),
  linkUpdate: lib.func("int bpf_link__update_program(void *link, void *program)"),
  linkDestroy: lib.func("int bpf_link__destroy(void *link)"),
  attachIter: lib.func("void *bpf_program__attach_iter(void *program, void *options)"),
  linkFd: lib.func("int bpf_link__fd(void *link)"),
  iterCreate: lib.func("int bpf_iter_create(int link)"),
  update: lib.func("int bpf_map_update_elem(int fd, const void *key, const void *value, uint64_t flags)"),
  lookup: lib.func("int bpf_map_lookup_elem(int fd, const void *key, void *value)"),
  remove: lib.func("int bpf_map_delete_elem(int fd, const void *key)"),
  info: lib.func("int bpf_obj_get_info_by_fd(int fd, void *info, void *length)"),
  next: lib.func("int bpf_map_get_next_key(int fd, const void *key, void *next)"),
  programFd: lib.func("int bpf_program__fd(void *program)"),
  query: lib.func("int bpf_prog_query(int target, int type, uint32_t flags, void *attached, void *ids, void *count)"),
};

/** Symbols libbpf returns as pointers are null on failure, with errno set (libbpf 1.0 and newer). */
function pointer(call: string, value: Pointer): Pointer {
  if (value === null) throw new SystemError(call, koffi.errno());
  return value;
}

function check(call: string, result: number): void {
  if (result < 0) throw new SystemError(call, -result);
}

/** libbpf itself tries five times a program. */
const loadTries = 5;

export function quiet(): void {
  b.setPrint(null);
}

function openObject(path: string): Pointer {
  return pointer("bpf_object__open_file", b.open(path, null));
}

const EAGAIN = 11;

/** Opens and loads; `prepare` is for what must be said before. The kernel gives up on a program when a signal comes meanwhile (EAGAIN). */
export function loadObject(path: string, prepare: (object: Pointer) => void): Pointer {
  for (let tries = 1; ; tries++) {
    const object = openObject(path);
    try {
      prepare(object);
      check("bpf_object__load", b.load(object));
      return object;
    } catch (error) {
      closeObject(object);
      if (!(error instanceof SystemError && error.errno === EAGAIN) || tries === loadTries) throw error;
    }
  }
}

function closeObject(object: Pointer): void {
  b.closeObject(object);
}

export function findMap(object: Pointer, name: string): Pointer {
  return pointer(`map ${name}`, b.findMap(object, name));
}

/** A pin that exists and fits is reused at load; otherwise load creates and pins the map there. */
export function setPinPath(map: Pointer, path: string): void {
  check("bpf_map__set_pin_path", b.setPinPath(map, path));
}

export function mapFd(map: Pointer): number {
  return b.mapFd(map);
}

export function findProgram(object: Pointer, name: string): Pointer {
  return pointer(`program ${name}`, b.findProgram(object, name));
}

export function attachCgroup(program: Pointer, cgroupFd: number): Pointer {
  return pointer("bpf_program__attach_cgroup", b.attachCgroup(program, cgroupFd));
}

/** For tp_btf programs: the tracepoint is named by the program's section. */
export function attachTracing(program: Pointer): Pointer {
  return pointer("bpf_program__attach_trace", b.attachTracing(program));
}

export function openLink(pin: string): Pointer {
  return pointer("bpf_link__open", b.linkOpen(pin));
}

export function pinLink(link: Pointer, path: string): void {
  check("bpf_link__pin", b.linkPin(link, path));
}

/** Replaces the program behind a link atomically. */
export function updateLink(link: Pointer, program: Pointer): void {
  check("bpf_link__update_program", b.linkUpdate(link, program));
}

/** Frees the link; the program stays attached while a pin of the link exists. */
export function destroyLink(link: Pointer): void {
  b.linkDestroy(link);
}

/** A link from which readings of all that the program's section names can be taken. */
export function attachIterator(program: Pointer): Pointer {
  return pointer("bpf_program__attach_iter", b.attachIter(program, null));
}

/** A descriptor that reads one pass of the iterator; the caller closes it. */
export function startIteration(link: Pointer): number {
  const fd: number = b.iterCreate(b.linkFd(link));
  check("bpf_iter_create", fd);
  return fd;
}

/** The kernel's number of a loaded program. */
export function programId(program: Pointer): number {
  const info = Buffer.alloc(64); // the head of struct bpf_prog_info: type, id, …
  const length = Buffer.alloc(4);
  length.writeUInt32LE(info.length);
  check("bpf_obj_get_info_by_fd", b.info(b.programFd(program), info, length));
  return info.readUInt32LE(4);
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
    const info = Buffer.alloc(20); // the first members of struct bpf_map_info: type, id, key_size, value_size, max_entries
    const length = Buffer.alloc(4);
    length.writeUInt32LE(info.length);
    const result: number = b.info(this.fd, info, length);
    check("bpf_obj_get_info_by_fd", result);
    return info.readUInt32LE(16);
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
}
