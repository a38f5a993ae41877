// The half of the hold that apps begin: their held packets go out as the app's own would, or are left to the app.
import { direction, type FlowRecord, isConnection, type ProcessRecord } from "../kernel/layout.ts";
import { SystemError } from "../kernel/libc.ts";
import {
  destinationOf,
  fragments,
  nudgingSegment,
  refusedDatagram,
  refusedSegment,
  releasedDatagrams,
  releasedSegment,
} from "../kernel/packet.ts";
import type { Manner, RawSockets } from "../kernel/raw-sockets.ts";
import type { HeldFlow } from "./held-flow.ts";
import { deviceFor, findWay, type Way } from "./way.ts";

const EMSGSIZE = 90;
/** Path sizes tried when a packet does not fit: Ethernet, the smallest IPv6 link, the smallest IPv4 reassembly. */
const pathSizes = [1500, 1280, 576];

export interface ResendParts {
  readonly sockets: RawSockets;
  /** Pids of processes that a process came from. */
  kin(process: ProcessRecord): readonly number[];
  /** Whether programs of others, too, judge what leaves the cgroup. */
  foreign(cgroup: bigint): boolean;
  /** Bytes of an allowed flow went out by the helper's hand. */
  resent(flow: string, bytes: number): void;
  warn(message: string, detail: Record<string, unknown>): void;
}

export class Resend {
  private readonly parts: ResendParts;
  private identification = Math.floor(Math.random() * 0x10000);
  /** Allowed TCP packets that were not re-sent: the kernel retransmits them the way they must go by now. */
  leftToApp = 0;
  /** Allowed datagrams that were not re-sent: the app's next ones go the way they must go by now. */
  dropped = 0;

  constructor(parts: ResendParts) {
    this.parts = parts;
  }

  /** While the app is known to be alive. */
  prepare(flow: HeldFlow): void {
    const { sockets, kin, warn } = this.parts;
    try {
      if (sockets.prepare(flow.record, kin(flow.record.process))) return;
      warn("cannot enter the app's network namespace; its own retransmission will go", { flow: flow.id });
    } catch (error) {
      warn("cannot make a re-send socket", { flow: flow.id, error: String(error) });
    }
  }

  /** Closes the sockets that none of the records needs. */
  keepOnly(used: Iterable<FlowRecord>): void {
    this.parts.sockets.keepOnly(used);
  }

  /** False when it is left to the app's kernel to retransmit. */
  sendSegment(flow: HeldFlow): boolean {
    const last = flow.packets.at(-1);
    // Several segments in one: the kernel cuts and retransmits them itself.
    if (last === undefined || last.arriving || last.segmentBytes > 0) return false;
    const way = this.wayOf(flow, last.bytes);
    const held = Number(process.hrtime.bigint()) / 1e6 - last.at;
    if (way.by === "helper" && this.send(flow, way, releasedSegment(last.bytes, this.addresses(flow, way), held))) {
      this.parts.resent(flow.id, last.bytes.length);
      return true;
    }
    this.leftToApp++;
    return false;
  }

  sendDatagrams(flow: HeldFlow): void {
    const leaving = flow.packets.filter(({ arriving }) => !arriving);
    const [first] = leaving;
    if (first === undefined) return;
    const way = this.wayOf(flow, first.bytes);
    for (const { bytes, segmentBytes } of leaving) {
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

  /** Makes the app's kernel send what it could not, in the midst of a connection that never sent data. */
  nudge(flow: HeldFlow): void {
    const last = flow.packets.at(-1);
    if (last === undefined || last.arriving) return;
    const { record } = flow;
    const nudging = nudgingSegment(last.bytes, this.addresses(flow, record));
    this.send(flow, { mark: record.mark, source: null, device: deviceFor(record, destinationOf(nudging)) }, nudging);
  }

  /** From the remote to the app, whatever leads out by now. */
  sendRefusal(flow: HeldFlow, packet: Buffer): void {
    const { record } = flow;
    const addresses = this.addresses(flow, record);
    const refusal = isConnection(flow.key) ? refusedSegment(packet, addresses) : refusedDatagram(packet, addresses);
    this.send(flow, { mark: record.mark, source: null, device: deviceFor(record, destinationOf(refusal)) }, refusal);
  }

  /** Egress sees a packet after both translations; the flow's key is what the app asked for, and translation happens again. */
  private addresses({ key, record }: HeldFlow, { source }: { source: Buffer | null }) {
    const from = { source: source ?? record.source, sourcePort: record.source_port };
    const caller = isConnection(key) && record.direction === direction.inbound;
    return { ...from, destination: key.address, destinationPort: caller ? key.attempt : key.port };
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
