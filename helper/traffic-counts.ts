// What live flows carry, as the kernel counts it; and flows that only its counts tell of.
import type { Flows } from "./flows/flows.ts";
import type { Recorder } from "./history/recorder.ts";
import { type FlowRecord, flowId, flowState, isConnection, layouts, type Traffic } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import { Sparing } from "./sparing.ts";

export interface TrafficCountsParts {
  readonly programs: Pick<Programs, "readTraffic" | "maps">;
  readonly flows: Flows;
  readonly recorder: Recorder;
  isKnown(flow: string): boolean;
  /** A connection that nobody told of: of an earlier helper, or lost to a full journal. */
  missed(record: FlowRecord): void;
}

/** How often flows are looked for whose end nobody told, milliseconds. */
const sweepPace = 600_000;

export class TrafficCounts {
  private readonly parts: TrafficCountsParts;
  private swept = Date.now();
  private readonly sparing = new Sparing();
  /** Connections that the kernel counts and nobody told of, when they were counted last. */
  private missed: ReadonlySet<string> = new Set();

  constructor(parts: TrafficCountsParts) {
    this.parts = parts;
  }

  /** Brings the byte counts of live flows up to date, or leaves them where that takes long. Returns whether there was anything new. */
  refresh(): boolean {
    return this.sparing.isDue && this.sparing.measure(() => this.count());
  }

  private count(): boolean {
    const { programs, flows, recorder } = this.parts;
    const now = Date.now();
    let changed = false;
    const count = (id: string, bytesIn: bigint, bytesOut: bigint) => {
      flows.count(id, Number(bytesIn), Number(bytesOut));
      changed = recorder.count(id, Number(bytesIn), Number(bytesOut), now) || changed;
    };
    const traffic = programs.readTraffic();
    for (const { flow, bytes_in, bytes_out } of traffic) count(flowId(flow), bytes_in, bytes_out);
    this.findMissed(traffic);
    const gate = Buffer.alloc(layouts.gate.size);
    for (const id of recorder.allDatagrams()) {
      if (!programs.maps.gates.get(Buffer.from(id, "hex"), gate)) continue;
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      count(id, bytes_in, bytes_out);
    }
    if (now - this.swept < sweepPace) return changed;
    this.swept = now;
    const there = new Set(traffic.map(({ flow }) => flowId(flow)));
    recorder.sweep((id) => there.has(id) || programs.maps.gates.get(Buffer.from(id, "hex"), gate), now);
    return changed;
  }

  private findMissed(traffic: readonly Traffic[]): void {
    const missed = traffic.filter(
      ({ flow, state }) => state === flowState.allowed && isConnection(flow) && !this.parts.isKnown(flowId(flow)),
    );
    // The news of one that began just now may be under way.
    const before = this.missed;
    this.missed = new Set(missed.map(({ flow }) => flowId(flow)));
    for (const socket of missed) if (before.has(flowId(socket.flow))) this.parts.missed(recordOf(socket));
  }
}

type Told = Pick<FlowRecord, "process" | "flow" | "netns" | "direction" | "local_port">;

/** What the kernel would have told of a socket now. */
export function recordOf({ process: owner, flow, netns, direction, local_port }: Told): FlowRecord {
  const empty = layouts.record.read(Buffer.alloc(layouts.record.size));
  return { ...empty, time: process.hrtime.bigint(), process: owner, flow, netns, direction, local_port };
}
