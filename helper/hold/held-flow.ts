// A flow that is held, and what is kept of its packets.
import { direction, type FlowKey, type FlowRecord, flowId, isConnection } from "../kernel/layout.ts";
import { isSyn } from "../kernel/packet.ts";

export interface KeptPacket {
  bytes: Buffer;
  /** CLOCK_MONOTONIC milliseconds of the capture. */
  at: number;
  segmentBytes: number;
  /** On its way to the app. */
  arriving: boolean;
}

export interface HeldFlow {
  readonly id: string;
  readonly key: FlowKey;
  /** Whose share of the hold its bytes are: the app's; its executable's until it is known, or while nobody can be sure of it. */
  owner: string;
  /** The newest record of a packet that leaves, or of the first one; the packet is not in it. */
  record: FlowRecord;
  /** The newest record of a packet that arrived. */
  arrival: FlowRecord | undefined;
  packets: KeptPacket[];
  bytes: number;
  /** Held in the midst of a connection: the policy changed under it. */
  established: boolean;
}

/** Of a connection that does not stand yet: its SYN, or what a remote says to a listener once that was answered. */
export function isOfHandshake(record: FlowRecord, packet: Buffer): boolean {
  return record.at_listener !== 0 || isSyn(packet);
}

export function newFlow(record: FlowRecord, packet: Buffer): HeldFlow {
  const established = isConnection(record.flow) && !isOfHandshake(record, packet);
  const arrival = record.arriving ? record : undefined;
  const owner = executableOf(record);
  return { id: flowId(record.flow), key: record.flow, owner, record, arrival, packets: [], bytes: 0, established };
}

/** Its file, the same when it is started anew and when the times of the file were changed. */
export function executableOf({ process }: FlowRecord): string {
  const { inode, device } = process.exe;
  return `${device}:${inode}`;
}

export function keptPacket(record: FlowRecord, packet: Buffer): KeptPacket {
  const { time, segment_bytes, arriving } = record;
  return { bytes: Buffer.from(packet), at: Number(time) / 1e6, segmentBytes: segment_bytes, arriving: arriving !== 0 };
}

/** Whether a remote waits for the app's answer, which may give up without a word. */
export function isRemoteAttempt(flow: HeldFlow): boolean {
  return flow.record.direction === direction.inbound && !flow.established;
}
