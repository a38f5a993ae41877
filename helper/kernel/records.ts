// From ring-buffer bytes to records, endpoints and counters.
import type { Direction, Endpoint, Protocol } from "../../contract/words.ts";
import {
  type Ancestor,
  abi,
  counterNames,
  counterSlots,
  direction,
  type FlowRecord,
  layouts,
  type ProgramRecord,
  recordType,
} from "./layout.ts";
import type { BpfMap } from "./libbpf.ts";

/** Null for a record of another ABI: left over in a pinned ring buffer by another version. */
export function readRecord(bytes: Buffer): FlowRecord | null {
  if (bytes.length < layouts.record.size || bytes.readUInt16LE(0) !== abi) return null;
  return layouts.record.read(bytes);
}

/** Null for any other record. */
export function readProgram(bytes: Buffer): ProgramRecord | null {
  const { program } = layouts;
  const type = bytes.length >= program.size ? bytes.readUInt8(program.offset("type")) : 0;
  return type === recordType.program && bytes.readUInt16LE(0) === abi ? program.read(bytes) : null;
}

/** The parent first. */
export function ancestorsOf({ ancestors }: ProgramRecord): Ancestor[] {
  const { ancestor } = layouts;
  return Array.from({ length: ancestors.length / ancestor.size }, (_, at) =>
    ancestor.read(ancestors, at * ancestor.size),
  ).filter(({ key }) => key.kernel_pid !== 0);
}

/** The held packet behind its record; empty when the record lies about its size. */
export function packetOf(bytes: Buffer, record: FlowRecord): Buffer {
  const end = layouts.record.size + record.packet_bytes;
  return end <= bytes.length ? bytes.subarray(layouts.record.size, end) : Buffer.alloc(0);
}

const protocols: Record<number, Protocol> = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp" };

export function directionOf(record: FlowRecord): Direction {
  return record.direction === direction.inbound ? "inbound" : "outbound";
}

export function endpointOf(record: FlowRecord, formatAddress: (bytes: Buffer) => string): Endpoint {
  const { address, port, protocol } = record.flow;
  const asked = record.direction === direction.inbound ? record.local_port : port;
  return { host: null, address: formatAddress(address), port: asked, protocol: protocols[protocol] ?? "other" };
}

/** Sums the per-CPU counters. */
export function readCounters(counters: BpfMap, cpus: number): Record<string, number> {
  const values: Record<string, number> = {};
  const key = Buffer.alloc(4);
  const perCpu = Buffer.alloc(8 * cpus);
  for (let slot = 0; slot < Math.min(counterSlots, counterNames.length); slot++) {
    key.writeUInt32LE(slot);
    counters.get(key, perCpu);
    let total = 0n;
    // One CPU may have taken back what another counted.
    for (let cpu = 0; cpu < cpus; cpu++) total += perCpu.readBigInt64LE(cpu * 8);
    values[counterNames[slot] ?? String(slot)] = Number(total);
  }
  return values;
}

/** Possible CPUs: per-CPU maps have a value for each, online or not. Format: "0-3,8". */
export function countCpus(possible: string): number {
  return possible
    .trim()
    .split(",")
    .map((range) => range.split("-").map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}
