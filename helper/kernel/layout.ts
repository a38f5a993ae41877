// Mirror of bpf/picket.h, the only one. test/bpf/layout.test.ts compares every size and offset with the object's BTF.

type Scalar = "u8" | "u16" | "u32" | "u64";
type Member = Scalar | { bytes: number } | { u32s: number } | Struct<MemberTable>;
type MemberTable = { readonly [name: string]: Member };

type ValueOf<M extends Member> = M extends "u64"
  ? bigint
  : M extends Scalar
    ? number
    : M extends { bytes: number }
      ? Buffer
      : M extends { u32s: number }
        ? number[]
        : M extends Struct<infer T>
          ? Values<T>
          : never;
export type Values<T extends MemberTable> = { -readonly [K in keyof T]: ValueOf<T[K]> };
export type ValuesOf<S> = S extends Struct<infer T> ? Values<T> : never;

/** One member's place and how it is read and written; looked up once, not for every record. */
interface Step {
  readonly name: string;
  readonly offset: number;
  readonly read: (from: Buffer, at: number) => unknown;
  readonly write: (into: Buffer<ArrayBuffer>, at: number, value: never) => void;
}
type Access = Pick<Step, "read" | "write"> & { readonly size: number; readonly alignment: number };

const scalars: Record<Scalar, Access> = {
  u8: access(
    1,
    (from, at) => from.readUInt8(at),
    (into, at, value: number) => into.writeUInt8(value, at),
  ),
  u16: access(
    2,
    (from, at) => from.readUInt16LE(at),
    (into, at, value: number) => into.writeUInt16LE(value, at),
  ),
  u32: access(
    4,
    (from, at) => from.readUInt32LE(at),
    (into, at, value: number) => into.writeUInt32LE(value, at),
  ),
  u64: access(
    8,
    (from, at) => from.readBigUInt64LE(at),
    (into, at, value: bigint) => into.writeBigUInt64LE(value, at),
  ),
};

function access<V>(
  size: number,
  read: (from: Buffer, at: number) => V,
  write: (into: Buffer<ArrayBuffer>, at: number, value: V) => void,
  alignment = size,
): Access {
  return { size, alignment, read, write };
}

function accessOf(member: Member): Access {
  if (typeof member === "string") return scalars[member];
  if (member instanceof Struct) {
    const write = (into: Buffer<ArrayBuffer>, at: number, value: Values<MemberTable>) =>
      void member.write(value, into, at);
    return access(member.size, (from, at) => member.read(from, at), write, member.alignment);
  }
  if ("bytes" in member) {
    const { bytes } = member;
    const read = (from: Buffer, at: number) => Buffer.from(from.subarray(at, at + bytes));
    return access(bytes, read, (into, at, value: Buffer) => void value.copy(into, at, 0, bytes), 1);
  }
  const { u32s } = member;
  const read = (from: Buffer, at: number) => Array.from({ length: u32s }, (_, i) => from.readUInt32LE(at + i * 4));
  const write = (into: Buffer<ArrayBuffer>, at: number, value: number[]) =>
    value.forEach((n, i) => void into.writeUInt32LE(n, at + i * 4));
  return access(u32s * 4, read, write, 4);
}

/** A C struct with natural alignment, little-endian. Reads copy; nothing returned aliases the buffer. */
export class Struct<T extends MemberTable> {
  readonly members: T;
  readonly offsets: Record<string, number> = {};
  readonly size: number;
  readonly alignment: number;
  private readonly steps: readonly Step[];

  constructor(members: T) {
    this.members = members;
    const steps: Step[] = [];
    let end = 0;
    let widest = 1;
    for (const [name, member] of Object.entries(members)) {
      const { size, alignment, read, write } = accessOf(member);
      const offset = Math.ceil(end / alignment) * alignment;
      this.offsets[name] = offset;
      steps.push({ name, offset, read, write });
      end = offset + size;
      widest = Math.max(widest, alignment);
    }
    this.steps = steps;
    this.alignment = widest;
    this.size = Math.ceil(end / widest) * widest;
  }

  offset(name: keyof T & string): number {
    const offset = this.offsets[name];
    if (offset === undefined) throw new Error(`no member ${name}`);
    return offset;
  }

  read(from: Buffer, at = 0): Values<T> {
    const out: Record<string, unknown> = {};
    for (const { name, offset, read } of this.steps) out[name] = read(from, at + offset);
    return out as Values<T>;
  }

  /** Members left out are zero. */
  write(values: Partial<Values<T>>, into = Buffer.alloc(this.size), at = 0): Buffer {
    for (const { name, offset, write } of this.steps) {
      const value = values[name as keyof T];
      if (value !== undefined) write(into, at + offset, value as never);
    }
    return into;
  }
}

export const abi = 10;
export const pathDepth = 6;
export const tableDefer = 0xffffffff;
export const tableNamed = 0xfffffffe;
export const tableResolver = 0xfffffffd;

export const action = { none: 0, allow: 1, block: 2, ask: 3 } as const;
/** Beside a slot's action. */
export const actionPersonal = 0x80;
/** KIND_DATAGRAM of bpf/record.bpf.h: what a socket is. */
export const datagramKind = 2;
export const flowState = { idle: 0, held: 1, allowed: 2, blocked: 3, exempt: 4, handshake: 5 } as const;
/** Beside a gate's verdict: a person's. */
export const answer = { none: 0, once: 1, ended: 2 } as const;
export const direction = { outbound: 0, inbound: 1 } as const;
/** Values of exe_key.disguised. */
export const disguise = { none: 0, other: 1, unrecorded: 2, script: 3 } as const;
export const recordType = { held: 1, decided: 2, established: 3, ended: 4, program: 5 } as const;
/** Keys of the map `notices`. */
export const notice = { asleep: 0, gates: 1, numbers: 2, max: 3 } as const;
export const protocolClass = { icmp: 1, tcp: 6, udp: 17, other: 255 } as const;
/** Wildcard bits of a slot's shape. */
export const shape = { anyApp: 8, anyPort: 4, anyProtocol: 2, anyDirection: 1 } as const;

/** In the order of enum counter. */
export const counterNames = [
  "held",
  "allowed",
  "blocked",
  "refusedPackets",
  "ringFull",
  "logFull",
  "overBudget",
  "noStorage",
  "unparsed",
  "preexisting",
  "inboundLimited",
  "overShare",
  "namesLost",
  "unrecorded",
  "synsFull",
  "untold",
] as const;
export const counterSlots = 16;

const flow_key = new Struct({
  cookie: "u64",
  address: { bytes: 16 },
  port: "u16",
  protocol: "u8",
  direction: "u8",
  attempt: "u32",
});

const gate = new Struct({
  state: "u32",
  rule: "u32",
  bytes_out: "u64",
  bytes_in: "u64",
  captured: "u32",
  captured_bytes: "u32",
  generation: "u32",
  local_port: "u16",
  direction: "u8",
  answered: "u8",
});

const exe_key = new Struct({
  inode: "u64",
  ctime_seconds: "u64",
  ctime_nanoseconds: "u32",
  device: "u32",
  generation: "u32",
  disguised: "u32",
});

const process = new Struct({
  exe: exe_key,
  start: "u64",
  cgroup: "u64",
  exec_id: "u32",
  pid: "u32",
  uid: "u32",
  kernel_pid: "u32",
  gid: "u32",
  pad: "u32",
  command: { bytes: 16 },
});

const process_key = new Struct({ start: "u64", exec_id: "u32", kernel_pid: "u32" });

const location = new Struct({
  inode: "u64",
  device: "u32",
  bytes: "u32",
  names: { bytes: 672 },
  complete: "u64",
});

const launch = new Struct({
  time: "u64",
  exe: exe_key,
  interpreted: "u32",
  argument_bytes: "u32",
  mount_namespace: "u32",
  confined: "u32",
  program: location,
  directory: location,
  arguments: { bytes: 384 },
});

const ancestor = new Struct({ exe: exe_key, key: process_key, pid: "u32", pad: "u32" });
const ancestorsTold = 8;

const program = new Struct({
  abi: "u16",
  type: "u8",
  launched: "u8",
  pad: "u32",
  process,
  ancestors: { bytes: ancestorsTold * ancestor.size },
  launch,
});

const asked = new Struct({
  address: { bytes: 16 },
  source: { bytes: 16 },
  check: "u64",
  port: "u16",
  connects: "u8",
  named: "u8",
  shared: "u32",
});

const usual = new Struct({
  address: { bytes: 16 },
  bytes: "u64",
  generation: "u32",
  gates: "u32",
  port: "u16",
  left: "u16",
  pad: "u32",
});

const socket_state = new Struct({
  netns: "u64",
  inbound_since: "u64",
  inbound_count: "u32",
  refused_count: "u32",
  asked,
  usual,
  bytes_out: "u64",
  bytes_in: "u64",
  state: "u32",
  app: "u32",
  rule: "u32",
  generation: "u32",
  longest_pause: "u32",
  numbers: "u32",
  local_port: "u16",
  direction: "u8",
  answered: "u8",
  held_once: "u8",
  has_gates: "u8",
  bound: "u8",
  sent_to_group: "u8",
  errors_wanted: "u8",
  errors_given: "u8",
  probes_path: "u8",
  broadcasts: "u8",
  kind: "u8",
  tells_close: "u8",
  adopted: "u8",
  foreign: "u8",
  flow: flow_key,
  process,
});

const listener_key = new Struct({ netns: "u64", port: "u32", pad: "u32" });

const record = new Struct({
  abi: "u16",
  type: "u8",
  state: "u8",
  rule: "u32",
  time: "u64",
  flow: flow_key,
  source: { bytes: 16 },
  source_port: "u16",
  family: "u16",
  app: "u32",
  process,
  netns: "u64",
  socket_cgroup: "u64",
  mark: "u32",
  packet_mark: "u32",
  priority: "u32",
  interface: "u32",
  out_interface: "u32",
  socket_uid: "u32",
  packet_bytes: "u32",
  segment_bytes: "u32",
  local_port: "u16",
  direction: "u8",
  arriving: "u8",
  errors_wanted: "u8",
  at_listener: "u8",
  pad: { bytes: 2 },
  bytes_out: "u64",
  bytes_in: "u64",
});

const held_syn = new Struct({ record, packet: { bytes: 256 } });
const share_key = new Struct({ inode: "u64", device: "u32", app: "u32" });
const share = new Struct({ begin: "u64", bytes: "u64", end: "u64", first_read: "u64", unread: "u64" });
const lookup = new Struct({
  abi: "u16",
  protocol: "u8",
  arriving: "u8",
  opens: "u8",
  pad: { bytes: 3 },
  remote_port: "u16",
  local_port: "u16",
  bytes: "u32",
  time: "u64",
  cookie: "u64",
  netns: "u64",
  remote: { bytes: 16 },
  exe: exe_key,
  process: process_key,
  pid: "u32",
  uid: "u32",
  app: "u32",
  attempt: "u32",
  sequence: "u32",
  pad2: "u32",
});
const traffic = new Struct({
  flow: flow_key,
  process,
  netns: "u64",
  bytes_out: "u64",
  bytes_in: "u64",
  state: "u32",
  local_port: "u16",
  direction: "u8",
  pad: "u8",
});
const outside = new Struct({ pid: "u32", pad: "u32", command: { bytes: 16 } });
const revoked = new Struct({
  flow: flow_key,
  cookie: "u64",
  netns: "u64",
  source: { bytes: 16 },
  destination: { bytes: 16 },
  source_port: "u16",
  destination_port: "u16",
  family: "u32",
  interface: "u32",
  pid: "u32",
  holder: "u32",
  action: "u32",
  rule: "u32",
  pad: "u32",
});
const path = new Struct({ tables: { u32s: pathDepth } });
const host_key = new Struct({ address: { bytes: 16 } });
const range_key = new Struct({ prefix_bits: "u32", address: { bytes: 16 } });
const slot_key = new Struct({
  table: "u32",
  app: "u32",
  port: "u16",
  protocol: "u8",
  direction: "u8",
  shape: "u32",
});
const slot = new Struct({ action: "u32", rule: "u32" });
const config = new Struct({
  abi: "u32",
  hold_jiffies: "u32",
  default_action: "u32",
  pid_namespace: "u32",
  generation: "u32",
  helper: "u32",
  override: "u32",
  person: "u32",
  writes: "u32",
  any: path,
});

/** Every shared struct under its C name. */
export const layouts = {
  flow_key,
  gate,
  exe_key,
  process,
  process_key,
  location,
  launch,
  ancestor,
  program,
  asked,
  usual,
  socket_state,
  listener_key,
  record,
  held_syn,
  share_key,
  share,
  lookup,
  traffic,
  outside,
  revoked,
  path,
  host_key,
  range_key,
  slot_key,
  slot,
  config,
} as const;

export type FlowKey = ValuesOf<typeof flow_key>;
export type ExeKey = ValuesOf<typeof exe_key>;
export type ProcessRecord = ValuesOf<typeof process>;
export type ProcessKey = ValuesOf<typeof process_key>;
export type FileLocation = ValuesOf<typeof location>;
export type Launch = ValuesOf<typeof launch>;
export type Ancestor = ValuesOf<typeof ancestor>;
export type ProgramRecord = ValuesOf<typeof program>;
export type SocketState = ValuesOf<typeof socket_state>;
export type Lookup = ValuesOf<typeof lookup>;
export type FlowRecord = ValuesOf<typeof record>;

export type Outside = ValuesOf<typeof outside>;
export type Revoked = ValuesOf<typeof revoked>;
export type Traffic = ValuesOf<typeof traffic>;

/** Whether the flow is a TCP connection. A raw socket's TCP packets are datagrams to us: they have no attempt. */
export function isConnection(key: FlowKey): boolean {
  return key.protocol === 6 && key.attempt > 0;
}

const flowIdBytes = Buffer.alloc(flow_key.size);

/** A flow's identity as a map key: the bytes of its struct flow_key in hex. */
export function flowId(key: FlowKey): string {
  return flow_key.write(key, flowIdBytes).toString("hex");
}
