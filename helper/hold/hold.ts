// The hold: keeps the packets of undecided flows and, after the verdict, writes the gate and re-sends or refuses them.
import { answer, type FlowKey, type FlowRecord, flowId, flowState, isConnection, layouts } from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import type { Notices } from "../kernel/notices.ts";
import { deliveredPackets, isSyn } from "../kernel/packet.ts";
import { giveErrors, takeErrorSocket } from "../kernel/socket-options.ts";
import { payloadsOf } from "../names/payloads.ts";
import { Arrivals, type ArrivalsParts } from "./arrivals.ts";
import { type HeldFlow, isOfHandshake, isRemoteAttempt, type KeptPacket, keptPacket, newFlow } from "./held-flow.ts";
import { Resend, type ResendParts } from "./resend.ts";

/** A re-sent SYN may be lost like any other; the kernel's own timer has backed off during the hold (RFC 6298 doubling). */
const synRetries = [1000, 3000, 7000];
/** A released connection of which nobody hears again (the journal was full) is done by then: pauses between retransmissions end at 120 s. Milliseconds. */
const longestCompletion = 600_000;

/** Bytes of held packets kept in all, and of one app: it must not take the room of others. The kernel bounds each flow (HELD_BYTES in bpf/outbound.bpf.h). */
const largestHold = 64 * 1024 * 1024;
const largestShare = 16 * 1024 * 1024;
/** How long a re-send socket may stay without a flow, milliseconds: looking through all flows for each that goes would be quadratic. */
const tidyPace = 100;

export interface HoldParts extends ResendParts, ArrivalsParts {
  readonly gates: BpfMap;
  readonly notices: Notices;
  /** Reads what was caught until now. */
  drain(): void;
  /** Reads everything that the kernel has said until now. */
  catchUp(): void;
  /** A held flow is over: its remote gave up. */
  ended(flow: string): void;
  /** Of the policy in the kernel's maps. */
  generation(): number;
}

/** A TCP flow whose handshake is not complete yet, or whose socket has not told that it knows its verdict. */
interface Completing {
  readonly flow: HeldFlow;
  readonly timers: NodeJS.Timeout[];
  /** A person let it go, and not policy. */
  readonly answered: boolean;
}

/** Who began a flow, where its gate does not say so yet. */
type Origin = Pick<FlowRecord, "direction" | "local_port">;

export interface Released extends Pick<Completing, "answered">, Pick<HeldFlow, "id" | "key" | "established"> {
  /** Whether a remote waits for the app. */
  readonly remote: boolean;
}

export class Hold {
  private readonly parts: HoldParts;
  private readonly flows = new Map<string, HeldFlow>();
  private readonly completing = new Map<string, Completing>();
  private readonly resend: Resend;
  private readonly arrivals: Arrivals;
  private bytes = 0;
  /** Bytes by owner. */
  private readonly shares = new Map<string, number>();
  private tidying: NodeJS.Timeout | undefined;
  private isUpToDate = false;
  /** Packets not kept because the hold was full. */
  overflow = 0;
  /** Verdicts that the kernel did not take: it goes on holding, and the flow is asked about again. */
  private unwritten = 0;

  constructor(parts: HoldParts) {
    this.parts = parts;
    this.resend = new Resend(parts);
    this.arrivals = new Arrivals(parts);
  }

  /** Keeps one packet, or of a `late` one only that its flow waits. True when this is the flow's first. */
  keep(record: FlowRecord, packet: Buffer, late: boolean): boolean {
    const id = flowId(record.flow);
    const kept = keptPacket(record, packet);
    let flow = this.flows.get(id);
    const first = flow === undefined;
    flow ??= newFlow(record, packet);
    if (kept.arriving) flow.arrival = record;
    else flow.record = record;
    this.flows.set(id, flow);
    if (!flow.packets.some(({ arriving }) => arriving === kept.arriving)) this.prepare(flow, kept.arriving);
    if (isRemoteAttempt(flow)) this.arrivals.expectMore(id, () => this.giveUp(id));
    if (late) {
      this.dropLate(record);
      return first;
    }
    // The app expects the first of the segments that were held on their way to it.
    if (flow.established && kept.arriving && flow.packets.length > 0) return first;
    // An acknowledgement after the app's first words does not take their place.
    if (flow.established && flow.packets.length > 0 && payloadsOf(packet, 0).length === 0) return first;
    if (isConnection(record.flow)) this.discard(flow);
    const { length } = kept.bytes;
    const share = this.shares.get(flow.owner) ?? 0;
    if (this.bytes + length > largestHold || share + length > largestShare) {
      this.overflow++;
      return first;
    }
    flow.packets.push(kept);
    this.account(flow, length);
    return first;
  }

  private discard(flow: HeldFlow): void {
    flow.packets = [];
    this.account(flow, -flow.bytes);
  }

  private account(flow: HeldFlow, bytes: number): void {
    flow.bytes += bytes;
    this.bytes += bytes;
    this.share(flow.owner, bytes);
  }

  private share(owner: string, bytes: number): void {
    const share = (this.shares.get(owner) ?? 0) + bytes;
    if (share > 0) this.shares.set(owner, share);
    else this.shares.delete(owner);
  }

  /** Its app is known by now: a flood of one script is not what every other script of the interpreter answers for. */
  giveTo(owner: string, id: string): void {
    const flow = this.flows.get(id);
    if (flow === undefined || flow.owner === owner) return;
    if ((this.shares.get(owner) ?? 0) + flow.bytes > largestShare) {
      this.overflow += flow.packets.length;
      this.discard(flow);
    }
    this.share(flow.owner, -flow.bytes);
    this.share(owner, flow.bytes);
    flow.owner = owner;
  }

  /** The remote of a held attempt is gone. */
  private giveUp(id: string): void {
    const flow = this.flows.get(id);
    if (flow) this.parts.gates.delete(layouts.flow_key.write(flow.key));
    this.parts.ended(id);
  }

  private prepare(flow: HeldFlow, arriving: boolean): void {
    if (arriving) {
      if (flow.arrival) this.arrivals.prepare(flow.id, flow.arrival);
      return;
    }
    this.resend.prepare(flow);
  }

  /** What became of held packets otherwise than by re-sending, by the names that the status has for it. */
  get counters(): Record<string, number> {
    const { leftToApp, dropped } = this.resend;
    return { holdOverflow: this.overflow, gatesUnwritten: this.unwritten, leftToApp, droppedAtRelease: dropped };
  }

  get(id: string): HeldFlow | undefined {
    return this.flows.get(id);
  }

  all(): HeldFlow[] {
    return [...this.flows.values()];
  }

  /** Connections that were released, and of which nothing was heard since. */
  released(): Released[] {
    return [...this.completing.values()].map(({ flow, answered }) => {
      const { id, key, established } = flow;
      return { id, key, answered, established, remote: isRemoteAttempt(flow) };
    });
  }

  /** `rule`: the kernel's number of it, 0 where the mode decided, null for a person's answer about this flow alone. */
  carryOut(id: string, verdict: "allow" | "block", rule: number | null): void {
    if (verdict === "allow") this.release(id, rule);
    else this.refuse(id, rule);
  }

  /** Lets a held connection be made, or go on without a word: what its app says first is held again. False for datagrams. */
  letShakeHands(id: string, rule: number): boolean {
    const flow = this.flows.get(id);
    if (flow === undefined || !isConnection(flow.key)) return false;
    this.release(id, rule, flowState.handshake);
    return true;
  }

  /**
   * Allows a flow whose app spoke for the first time. What it said was never sent as far as its kernel knows, which would throw the answer
   * to a copy of it away and wait for a timer: it is made to send by itself.
   */
  releaseFirstWords(id: string, rule: number): void {
    const flow = this.flows.get(id);
    if (flow?.established !== true) {
      this.release(id, rule);
      return;
    }
    this.take(id);
    this.writeGate(flow.key, flowState.allowed, rule, flow.record);
    this.resend.nudge(flow);
    this.complete({ flow, timers: [], answered: false });
  }

  /** Allows a held flow: its packets go as the app sent them. */
  release(id: string, rule: number | null, state: number = flowState.allowed): void {
    const flow = this.take(id);
    if (flow === undefined) return;
    if (isConnection(flow.key)) {
      // The gate first: the kernel's own retransmission may be under way and must find it open.
      this.writeGate(flow.key, state, rule, flow.record);
      const sent = this.sendSegment(flow);
      // What arrived is lost to nobody on its way, and its remote retransmits by itself.
      const retries = sent && !flow.established ? synRetries : [];
      const timers = retries.map((after) => setTimeout(() => this.sendAgain(flow), after));
      this.complete({ flow, timers, answered: rule === null });
      if (isRemoteAttempt(flow)) this.arrivals.expectMore(id, () => this.forget(id));
      return;
    }
    const errors = takeErrorSocket(flow.record);
    if (errors !== undefined) {
      // The gate first, as a drop would be heard of from now on; then the datagrams, whose errors are to be heard of.
      this.writeGate(flow.key, flowState.allowed, rule, flow.record);
      giveErrors(errors, flow.record);
    }
    // Datagrams keep their order: what was held goes before the gate opens, what was caught meanwhile right after. What arrived meets
    // the gate once more on its way.
    this.resend.sendDatagrams(flow);
    if (errors === undefined) this.writeGate(flow.key, flowState.allowed, rule, flow.record);
    this.deliver(flow);
    this.parts.drain();
    this.tidy();
  }

  /** Its connection may be over where the helper stood still, and what the kernel said of it unread. Read once for all that are due now. */
  private sendAgain(flow: HeldFlow): void {
    if (!this.isUpToDate) {
      this.parts.catchUp();
      this.isUpToDate = true;
      setImmediate(() => {
        this.isUpToDate = false;
      });
    }
    if (this.completing.get(flow.id)?.flow === flow) this.sendSegment(flow);
  }

  private complete(completing: Completing): void {
    const { flow, timers } = completing;
    timers.push(setTimeout(() => this.forget(flow.id), longestCompletion).unref());
    this.takeCompleting(flow.id); // released before, under an older policy
    this.completing.set(flow.id, completing);
  }

  private takeCompleting(id: string): HeldFlow | undefined {
    const completing = this.completing.get(id);
    for (const timer of completing?.timers ?? []) clearTimeout(timer);
    this.completing.delete(id);
    return completing?.flow;
  }

  /** Refuses a flow that is held, or under way since its release: TCP sees ECONNREFUSED, a connected datagram socket too. A remote hears nothing. */
  refuse(id: string, rule: number | null): void {
    const released = this.takeCompleting(id);
    const flow = this.take(id) ?? released;
    if (flow === undefined) return;
    this.writeGate(flow.key, flowState.blocked, rule, flow.record);
    const last = flow.packets.at(-1);
    if (last !== undefined) this.sendRefusal(flow, last);
    if (isRemoteAttempt(flow) && isConnection(flow.key)) {
      // There is no socket whose end the kernel could tell. Its card is answered first.
      this.arrivals.soon(id, () => this.parts.ended(id));
      // An answer for one attempt must not meet a later one from the same port.
      this.arrivals.outlast(id, () => void this.parts.gates.delete(layouts.flow_key.write(flow.key)));
    }
    this.tidy();
  }

  /** Sends a datagram of a flow that was released meanwhile. */
  sendNow(record: FlowRecord, packet: Buffer): void {
    const flow = { ...newFlow(record, packet), packets: [keptPacket(record, packet)] };
    this.prepare(flow, record.arriving !== 0);
    this.resend.sendDatagrams(flow);
    this.deliver(flow);
    this.tidy(); // the flow is held no more: its socket must not keep a namespace alive
  }

  /** A packet that nobody read in time. A connection's is sent again by the app's kernel, if there still is one. */
  dropLate(record: FlowRecord): void {
    if (!isConnection(record.flow)) this.resend.dropped++;
  }

  /** Refuses a packet of a flow that the kernel already blocked: its app still waits for the first answer. */
  refusePacket(record: FlowRecord, packet: Buffer): void {
    const flow = newFlow(record, packet);
    this.prepare(flow, record.arriving !== 0);
    this.sendRefusal(flow, keptPacket(record, packet));
    this.tidy();
  }

  /** The attempt is over without a verdict, or a released flow needs no more help. */
  forget(id: string): void {
    const taken = this.take(id);
    const released = this.takeCompleting(id);
    if (released) {
      this.arrivals.settle(id);
      this.parts.gates.delete(layouts.flow_key.write(released.key));
    }
    if (taken || released) this.tidy();
  }

  /**
   * A released connection stands. Its socket knows the verdict: the kernel copied it before it told us, from whichever helper it was.
   * `state`: which. Told late, a handshake must not take the verdict on what was said after it.
   */
  established(id: string, key: FlowKey, state: number): void {
    if (state === flowState.held) return; // by a policy of this very moment
    if (state === flowState.handshake && (this.flows.has(id) || this.completing.get(id)?.flow.established)) return;
    this.forget(id);
    this.parts.gates.delete(layouts.flow_key.write(key));
  }

  /** Of an attempt that was let through meanwhile. Its connection may stand by now: the kernel takes the gate of an accepted one away. */
  isLateAttempt(id: string, record: FlowRecord, packet: Buffer): boolean {
    return this.completing.get(id)?.flow.established === false && isOfHandshake(record, packet);
  }

  /** Writes a held flow's verdict ahead of its release. Not for datagrams that go: theirs opens between the held and the new ones. */
  openGate(id: string, allowed: boolean): void {
    const flow = this.flows.get(id);
    if (flow === undefined || (allowed && !isConnection(flow.key))) return;
    this.writeGate(flow.key, allowed ? flowState.allowed : flowState.blocked, null);
  }

  /**
   * Forgets held gates of datagrams that are not here (an earlier helper held them, or they were lost): they would count against the next
   * ones. A step for each gate that there is.
   */
  *forgetHeldGates(): Generator<void> {
    const { gates } = this.parts;
    const state = layouts.gate.offset("state");
    const own = Buffer.alloc(layouts.gate.size);
    const isHeld = (gate: Buffer) => gate.readUInt8(state) === flowState.held;
    for (const [key, gate] of gates.entries()) {
      // What was read with it may be old by now: it may be answered.
      if (isHeld(gate) && !this.flows.has(key.toString("hex")) && gates.get(key, own) && isHeld(own)) gates.delete(key);
      yield;
    }
  }

  /** Writes a verdict, also for a flow that this helper does not hold (decided before a restart). Never throws: others wait for theirs. */
  writeGate(key: FlowKey, state: number, rule: number | null, origin?: Origin): void {
    this.write(key, { state, rule: rule ?? 0, answered: rule === null ? answer.once : answer.none }, origin);
  }

  /** For datagrams that a person blocked once, and a rule allows by now. False where somebody ended them: those stay refused. */
  allowAgain(key: FlowKey, rule: number | null): boolean {
    const gate = Buffer.alloc(layouts.gate.size);
    if (this.parts.gates.get(layouts.flow_key.write(key), gate) && layouts.gate.read(gate).answered === answer.ended)
      return false;
    this.writeGate(key, flowState.allowed, rule);
    return true;
  }

  /** No datagram of the flow goes any more, nor comes, until its socket is closed. */
  end(key: FlowKey): void {
    this.write(key, { state: flowState.blocked, rule: 0, answered: answer.ended });
  }

  private write(key: FlowKey, verdict: { state: number; rule: number; answered: number }, origin?: Origin): void {
    const gate = Buffer.alloc(layouts.gate.size);
    const known = this.parts.gates.get(layouts.flow_key.write(key), gate);
    // Who began a flow of datagrams, and what it has moved, stays with its gate.
    const { bytes_in, bytes_out, direction, local_port, state: before } = layouts.gate.read(gate);
    const kept = { bytes_in, bytes_out, ...(known ? { direction, local_port } : origin) };
    const generation = this.parts.generation();
    try {
      this.parts.gates.set(layouts.flow_key.write(key), layouts.gate.write({ ...kept, ...verdict, generation }));
      // Where a person ends them, their gate may be gone and the kernel still go by what it said.
      const may = known ? before === flowState.allowed : verdict.answered === answer.ended;
      if (may && verdict.state !== flowState.allowed) this.parts.notices.takeBack();
    } catch (error) {
      this.unwritten++;
      this.parts.warn("the kernel took no verdict", { flow: flowId(key), error: String(error) });
    }
  }

  close(): void {
    this.arrivals.close();
    for (const id of [...this.completing.keys()]) this.forget(id);
    clearTimeout(this.tidying);
  }

  private take(id: string): HeldFlow | undefined {
    const flow = this.flows.get(id);
    if (flow) {
      this.account(flow, -flow.bytes);
      this.arrivals.settle(id);
    }
    this.flows.delete(id);
    return flow;
  }

  /** Closes the re-send sockets that no flow needs: an open one keeps a namespace alive. */
  private tidy(): void {
    this.tidying ??= setTimeout(() => this.tidyNow(), tidyPace);
  }

  private tidyNow(): void {
    this.tidying = undefined;
    const used = [...this.flows.values(), ...[...this.completing.values()].map(({ flow }) => flow)];
    this.resend.keepOnly(used.map((flow) => flow.record));
    this.arrivals.keepOnly(used.flatMap(({ arrival }) => arrival ?? []));
  }

  /** True when it was re-sent: it may be lost like any other. */
  private sendSegment(flow: HeldFlow): boolean {
    if (flow.packets.at(-1)?.arriving !== true) return this.resend.sendSegment(flow);
    this.deliver(flow);
    return false;
  }

  private sendRefusal(flow: HeldFlow, { bytes, arriving }: KeptPacket): void {
    if (!arriving) this.resend.sendRefusal(flow, bytes);
    // The app's kernel knows the connection, or that it is being made. Of a SYN it has not heard.
    else if (isConnection(flow.key) && !isSyn(bytes) && flow.arrival) this.arrivals.reset(flow.id, flow.arrival, bytes);
  }

  private deliver(flow: HeldFlow): void {
    for (const { bytes, segmentBytes, arriving } of flow.packets) {
      if (!arriving || !flow.arrival) continue;
      for (const packet of deliveredPackets(bytes, segmentBytes)) this.arrivals.deliver(flow.id, flow.arrival, packet);
    }
  }
}
