// The hold: keeps the packets of undecided flows and, after the verdict, writes the gate and re-sends or refuses them.
import { type FlowKey, type FlowRecord, flowId, flowState, isConnection, layouts } from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import { SystemError } from "../kernel/libc.ts";
import {
  destinationOf,
  fragments,
  isSyn,
  refusedDatagram,
  refusedSegment,
  releasedDatagrams,
  releasedSegment,
} from "../kernel/packet.ts";
import type { Manner, RawSockets } from "../kernel/raw-sockets.ts";
import { giveErrors, takeErrorSocket } from "../kernel/socket-options.ts";
import { deviceFor, findWay, type Way } from "./way.ts";

const EMSGSIZE = 90;
/** Path sizes tried when a packet does not fit: Ethernet, the smallest IPv6 link, the smallest IPv4 reassembly. */
const pathSizes = [1500, 1280, 576];
/** A re-sent SYN may be lost like any other; the kernel's own timer has backed off during the hold (RFC 6298 doubling). */
const synRetries = [1000, 3000, 7000];

interface KeptPacket {
  bytes: Buffer;
  /** CLOCK_MONOTONIC milliseconds of the capture. */
  at: number;
  segmentBytes: number;
}

export interface HeldFlow {
  readonly id: string;
  readonly key: FlowKey;
  /** The newest record; the packet is not in it. */
  record: FlowRecord;
  packets: KeptPacket[];
  bytes: number;
  /** Held in the midst of a connection: the policy changed under it. */
  established: boolean;
}

function newFlow(record: FlowRecord, packet: Buffer): HeldFlow {
  const established = isConnection(record.flow) && !isSyn(packet);
  return { id: flowId(record.flow), key: record.flow, record, packets: [], bytes: 0, established };
}

function keptPacket(record: FlowRecord, packet: Buffer): KeptPacket {
  return { bytes: Buffer.from(packet), at: Number(record.time) / 1e6, segmentBytes: record.segment_bytes };
}

/** Bytes of held packets kept in all. The kernel bounds each flow (HELD_BYTES in picket.bpf.c). */
const largestHold = 64 * 1024 * 1024;

export interface HoldParts {
  readonly gates: BpfMap;
  readonly sockets: RawSockets;
  /** Reads the ring buffers now. */
  drain(): void;
  /** Whether programs of others, too, judge what leaves the cgroup. */
  foreign(cgroup: bigint): boolean;
  /** Bytes of an allowed flow went out by the helper's hand. */
  resent(flow: string, bytes: number): void;
  warn(message: string, detail: Record<string, unknown>): void;
  /** Of the policy in the kernel's maps. */
  generation(): number;
}

export class Hold {
  private readonly parts: HoldParts;
  private readonly flows = new Map<string, HeldFlow>();
  /** Released TCP flows whose handshake is not complete yet. */
  private readonly completing = new Map<string, { flow: HeldFlow; timers: NodeJS.Timeout[] }>();
  private bytes = 0;
  private identification = Math.floor(Math.random() * 0x10000);
  /** Packets not kept because the hold was full. */
  overflow = 0;
  /** Allowed TCP packets that were not re-sent: the kernel retransmits them the way they must go by now. */
  leftToApp = 0;
  /** Allowed datagrams that were not re-sent: the app's next ones go the way they must go by now. */
  dropped = 0;

  constructor(parts: HoldParts) {
    this.parts = parts;
  }

  /** Keeps one packet. True when this is the flow's first. */
  keep(record: FlowRecord, packet: Buffer): boolean {
    const id = flowId(record.flow);
    const kept = keptPacket(record, packet);
    let flow = this.flows.get(id);
    const first = flow === undefined;
    flow ??= newFlow(record, packet);
    flow.record = record;
    this.flows.set(id, flow);
    if (first) this.prepare(flow);
    if (isConnection(record.flow)) {
      this.bytes -= flow.bytes;
      flow.bytes = 0;
      flow.packets = [];
    }
    if (this.bytes + kept.bytes.length > largestHold) {
      this.overflow++;
      return first;
    }
    flow.packets.push(kept);
    flow.bytes += kept.bytes.length;
    this.bytes += kept.bytes.length;
    return first;
  }

  private prepare(flow: HeldFlow): void {
    try {
      if (this.parts.sockets.prepare(flow.record)) return;
      this.parts.warn("cannot enter the app's network namespace; its own retransmission will go", { flow: flow.id });
    } catch (error) {
      this.parts.warn("cannot make a re-send socket", { flow: flow.id, error: String(error) });
    }
  }

  get(id: string): HeldFlow | undefined {
    return this.flows.get(id);
  }

  all(): HeldFlow[] {
    return [...this.flows.values()];
  }

  /** `rule`: the kernel's number of it, 0 where the mode decided, null for a person's answer about this flow alone. */
  carryOut(id: string, verdict: "allow" | "block", rule: number | null): void {
    if (verdict === "allow") this.release(id, rule);
    else this.refuse(id, rule);
  }

  /** Allows a held flow: its packets go as the app sent them. */
  release(id: string, rule: number | null): void {
    const flow = this.take(id);
    if (flow === undefined) return;
    if (isConnection(flow.key)) {
      // The gate first: the kernel's own retransmission may be under way and must find it open.
      this.writeGate(flow.key, flowState.allowed, rule);
      const sent = this.sendSegment(flow);
      const retries = sent && !flow.established ? synRetries : [];
      const timers = retries.map((after) => setTimeout(() => this.sendSegment(flow), after));
      this.completing.set(id, { flow, timers });
      return;
    }
    const errors = takeErrorSocket(flow.record);
    if (errors !== undefined) {
      // The gate first, as a drop would be heard of from now on; then the datagrams, whose errors are to be heard of.
      this.writeGate(flow.key, flowState.allowed, rule);
      giveErrors(errors, flow.record);
    }
    // Datagrams keep their order: what was held goes before the gate opens, what was caught meanwhile right after.
    this.sendDatagrams(flow);
    if (errors === undefined) this.writeGate(flow.key, flowState.allowed, rule);
    this.parts.drain();
    this.tidy();
  }

  /** Refuses a held flow: TCP sees ECONNREFUSED, a connected datagram socket too. */
  refuse(id: string, rule: number | null): void {
    const flow = this.take(id);
    if (flow === undefined) return;
    this.writeGate(flow.key, flowState.blocked, rule);
    const last = flow.packets.at(-1);
    if (last !== undefined) this.sendRefusal(flow, last.bytes);
    this.tidy();
  }

  /** Sends a datagram of a flow that was released meanwhile. */
  sendNow(record: FlowRecord, packet: Buffer): void {
    const flow = { ...newFlow(record, packet), packets: [keptPacket(record, packet)] };
    this.prepare(flow);
    this.sendDatagrams(flow);
    this.tidy(); // the flow is held no more: its socket must not keep a namespace alive
  }

  /** Refuses a packet of a flow that the kernel already blocked: its app still waits for the first answer. */
  refusePacket(record: FlowRecord, packet: Buffer): void {
    const flow = newFlow(record, packet);
    this.prepare(flow);
    this.sendRefusal(flow, packet);
    this.tidy();
  }

  /** The attempt is over without a verdict, or a released flow needs no more help. */
  forget(id: string): void {
    const taken = this.take(id);
    const completing = this.completing.get(id);
    if (completing) {
      for (const timer of completing.timers) clearTimeout(timer);
      this.completing.delete(id);
      // The socket's own storage knows the verdict: the kernel copied it before it told us.
      this.parts.gates.delete(layouts.flow_key.write(completing.flow.key));
    }
    if (taken || completing) this.tidy();
  }

  /** Writes a held flow's verdict ahead of its release. Not for datagrams that go: theirs opens between the held and the new ones. */
  openGate(id: string, allowed: boolean): void {
    const flow = this.flows.get(id);
    if (flow === undefined || (allowed && !isConnection(flow.key))) return;
    this.writeGate(flow.key, allowed ? flowState.allowed : flowState.blocked, null);
  }

  /** Forgets what an earlier helper held: its datagrams are gone, and their gates would count them against the next ones. */
  forgetHeldGates(): void {
    const gate = Buffer.alloc(layouts.gate.size);
    for (const key of this.parts.gates.keys(layouts.flow_key.size)) {
      const held = this.parts.gates.get(key, gate) && layouts.gate.read(gate).state === flowState.held;
      if (held) this.parts.gates.delete(key);
    }
  }

  /** Writes a verdict for a flow that this helper does not hold (decided before a restart). */
  writeGate(key: FlowKey, state: number, rule: number | null): void {
    const answered = rule === null ? 1 : 0;
    const gate = layouts.gate.write({ state, rule: rule ?? 0, answered, generation: this.parts.generation() });
    this.parts.gates.set(layouts.flow_key.write(key), gate);
  }

  close(): void {
    for (const id of [...this.completing.keys()]) this.forget(id);
  }

  private take(id: string): HeldFlow | undefined {
    const flow = this.flows.get(id);
    if (flow) this.bytes -= flow.bytes;
    this.flows.delete(id);
    return flow;
  }

  private tidy(): void {
    const used = [...this.flows.values(), ...[...this.completing.values()].map(({ flow }) => flow)];
    this.parts.sockets.keepOnly(used.map((flow) => flow.record));
  }

  /** Egress sees a packet after both translations; the flow's key is what the app asked for, and translation happens again. */
  private addresses({ key, record }: HeldFlow, { source }: { source: Buffer | null }) {
    const from = { source: source ?? record.source, sourcePort: record.source_port };
    return { ...from, destination: key.address, destinationPort: key.port };
  }

  /** False when it is left to the app's kernel to retransmit. */
  private sendSegment(flow: HeldFlow): boolean {
    const last = flow.packets.at(-1);
    // Several segments in one: the kernel cuts and retransmits them itself.
    if (last === undefined || last.segmentBytes > 0) return false;
    const way = this.wayOf(flow, last.bytes);
    const held = Number(process.hrtime.bigint()) / 1e6 - last.at;
    if (way.by === "helper" && this.send(flow, way, releasedSegment(last.bytes, this.addresses(flow, way), held))) {
      this.parts.resent(flow.id, last.bytes.length);
      return true;
    }
    this.leftToApp++;
    return false;
  }

  private sendDatagrams(flow: HeldFlow): void {
    const [first] = flow.packets;
    if (first === undefined) return;
    const way = this.wayOf(flow, first.bytes);
    for (const { bytes, segmentBytes } of flow.packets) {
      if (way.by === "app") {
        this.dropped++;
        continue;
      }
      for (const datagram of releasedDatagrams(bytes, this.addresses(flow, way), segmentBytes)) {
        if (this.send(flow, way, datagram)) this.parts.resent(flow.id, datagram.length);
        else this.dropped++;
      }
    }
  }

  private wayOf(flow: HeldFlow, packet: Buffer): Way {
    const { foreign, sockets, warn } = this.parts;
    const way = findWay(flow.record, packet, {
      foreign,
      route: (record, question) => sockets.route(record, question),
    });
    if (way.by === "app") warn("a held packet is not re-sent: its app must", { flow: flow.id, because: way.because });
    return way;
  }

  /** From the remote to the app, whatever leads out by now. */
  private sendRefusal(flow: HeldFlow, packet: Buffer): void {
    const { record } = flow;
    const addresses = this.addresses(flow, record);
    const refusal = isConnection(flow.key) ? refusedSegment(packet, addresses) : refusedDatagram(packet, addresses);
    this.send(flow, { mark: record.mark, source: null, device: deviceFor(record, destinationOf(refusal)) }, refusal);
  }

  /** False when the kernel did not take it: a filter knows the helper's socket from the app's, or there is no socket. */
  private send(flow: HeldFlow, way: Omit<Manner, "priority">, packet: Buffer): boolean {
    const { sockets, warn } = this.parts;
    const manner = { ...way, priority: flow.record.priority };
    try {
      return sockets.send(flow.record, manner, packet);
    } catch (error) {
      if (error instanceof SystemError && error.errno === EMSGSIZE) return this.sendFragmented(flow, manner, packet);
      warn("a held packet could not be re-sent", { flow: flow.id, error: String(error) });
      return false;
    }
  }

  private sendFragmented(flow: HeldFlow, manner: Manner, packet: Buffer): boolean {
    this.identification = (this.identification + 1) & 0xffff;
    for (const size of pathSizes) {
      try {
        for (const piece of fragments(packet, size, this.identification))
          this.parts.sockets.send(flow.record, manner, piece);
        return true;
      } catch (error) {
        if (!(error instanceof SystemError && error.errno === EMSGSIZE)) throw error;
      }
    }
    return false;
  }
}
