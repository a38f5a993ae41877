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

const scalarBytes = { u8: 1, u16: 2, u32: 4, u64: 8 } as const;

function alignmentOf(member: Member): number {
  if (typeof member === "string") return scalarBytes[member];
  if ("bytes" in member) return 1;
  if ("u32s" in member) return 4;
  return member.alignment;
}

function sizeOf(member: Member): number {
  if (typeof member === "string") return scalarBytes[member];
  if ("bytes" in member) return member.bytes;
  if ("u32s" in member) return member.u32s * 4;
  return member.size;
}

/** A C struct with natural alignment, little-endian. Reads copy; nothing returned aliases the buffer. */
export class Struct<T extends MemberTable> {
  readonly members: T;
  readonly offsets: Record<string, number> = {};
  readonly size: number;
  readonly alignment: number;

  constructor(members: T) {
    this.members = members;
    let end = 0;
    let widest = 1;
    for (const [name, member] of Object.entries(members)) {
      const alignment = alignmentOf(member);
      end = Math.ceil(end / alignment) * alignment;
      this.offsets[name] = end;
      end += sizeOf(member);
      widest = Math.max(widest, alignment);
    }
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
    for (const [name, member] of Object.entries(this.members)) {
      const offset = at + (this.offsets[name] ?? 0);
      if (member === "u8") out[name] = from.readUInt8(offset);
      else if (member === "u16") out[name] = from.readUInt16LE(offset);
      else if (member === "u32") out[name] = from.readUInt32LE(offset);
      else if (member === "u64") out[name] = from.readBigUInt64LE(offset);
      else if (member instanceof Struct) out[name] = member.read(from, offset);
      else if ("bytes" in member) out[name] = Buffer.from(from.subarray(offset, offset + member.bytes));
      else out[name] = Array.from({ length: member.u32s }, (_, i) => from.readUInt32LE(offset + i * 4));
    }
    return out as Values<T>;
  }

  /** Members left out are zero. */
  write(values: Partial<Values<T>>, into = Buffer.alloc(this.size), at = 0): Buffer {
    for (const [name, member] of Object.entries(this.members)) {
      const value = values[name as keyof T];
      const offset = at + (this.offsets[name] ?? 0);
      if (value === undefined) continue;
      if (member === "u8") into.writeUInt8(value as number, offset);
      else if (member === "u16") into.writeUInt16LE(value as number, offset);
      else if (member === "u32") into.writeUInt32LE(value as number, offset);
      else if (member === "u64") into.writeBigUInt64LE(value as bigint, offset);
      else if (member instanceof Struct) member.write(value as Values<MemberTable>, into, offset);
      else if ("bytes" in member) (value as Buffer).copy(into, offset, 0, member.bytes);
      else (value as number[]).forEach((n, i) => void into.writeUInt32LE(n, offset + i * 4));
    }
    return into;
  }
}

export const abi = 3;
export const pathDepth = 6;
export const tableDefer = 0xffffffff;

export const action = { none: 0, allow: 1, block: 2, ask: 3 } as const;
export const flowState = { idle: 0, held: 1, allowed: 2, blocked: 3, exempt: 4 } as const;
export const direction = { outbound: 0, inbound: 1 } as const;
export const recordType = { held: 1, decided: 2, established: 3, ended: 4 } as const;
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
] as const;
export const counterSlots = 16;

const flow_key = new Struct({
  cookie: "u64",
  address: { bytes: 16 },
  port: "u16",
  protocol: "u8",
  pad: "u8",
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
  pad: "u32",
});

const process = new Struct({
  exe: exe_key,
  start: "u64",
  cgroup: "u64",
  exec_id: "u32",
  pid: "u32",
  uid: "u32",
  gid: "u32",
  command: { bytes: 16 },
});

const asked = new Struct({
  address: { bytes: 16 },
  source: { bytes: 16 },
  check: "u64",
  port: "u16",
  connects: "u8",
  named: "u8",
  pad: "u32",
});

const socket_state = new Struct({
  process,
  flow: flow_key,
  asked,
  netns: "u64",
  bytes_out: "u64",
  bytes_in: "u64",
  inbound_since: "u64",
  state: "u32",
  app: "u32",
  rule: "u32",
  generation: "u32",
  inbound_count: "u32",
  longest_pause: "u32",
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
  pad: { bytes: 5 },
});

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
  errors_wanted: "u8",
  pad: { bytes: 4 },
  bytes_out: "u64",
  bytes_in: "u64",
});

const held_syn = new Struct({ record, packet: { bytes: 256 } });
const traffic = new Struct({ flow: flow_key, bytes_out: "u64", bytes_in: "u64" });
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
  action: "u32",
  rule: "u32",
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
  any: path,
});

/** Every shared struct under its C name. */
export const layouts = {
  flow_key,
  gate,
  exe_key,
  process,
  asked,
  socket_state,
  record,
  held_syn,
  traffic,
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
export type FlowRecord = ValuesOf<typeof record>;

export type Revoked = ValuesOf<typeof revoked>;
export type Traffic = ValuesOf<typeof traffic>;

/** Whether the flow is a TCP connection. A raw socket's TCP packets are datagrams to us: they have no attempt. */
export function isConnection(key: FlowKey): boolean {
  return key.protocol === 6 && key.attempt > 0;
}

/** A flow's identity as a map key: the bytes of its struct flow_key in hex. */
export function flowId(key: FlowKey): string {
  return flow_key.write(key).toString("hex");
}
