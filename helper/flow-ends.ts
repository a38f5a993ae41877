// What ends: connections, sockets and with them their datagram flows, and what nobody told the end of.
import type { FlowListing } from "./flow-listing.ts";
import type { Flows } from "./flows/flows.ts";
import type { Recorder } from "./history/recorder.ts";
import { isRemoteAttempt } from "./hold/held-flow.ts";
import type { Hold } from "./hold/hold.ts";
import type { Naming } from "./identity/naming.ts";
import type { EarlyEnd } from "./identity/under-way.ts";
import { type FlowRecord, flowId, flowState, isConnection, layouts } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import type { NamesAtWork } from "./names-at-work.ts";
import type { Prompts } from "./prompts/prompts.ts";

export interface FlowEndsParts {
  readonly programs: Pick<Programs, "maps" | "readTraffic">;
  readonly hold: Hold;
  readonly naming: Naming;
  readonly listing: FlowListing;
  readonly called: NamesAtWork;
  readonly flows: Flows;
  readonly recorder: Recorder;
  readonly prompts: Prompts;
}

export class FlowEnds {
  private readonly parts: FlowEndsParts;

  constructor(parts: FlowEndsParts) {
    this.parts = parts;
  }

  end(id: string, end: EarlyEnd): void {
    const { naming, hold, called, flows, recorder, prompts } = this.parts;
    const postponed = naming.underWay.postponeEnd(id, end);
    // What a program sent before it ended is still to be judged, and goes if it may.
    if (postponed && !isConnection(layouts.flow_key.read(Buffer.from(id, "hex")))) return;
    hold.forget(id);
    called.forget(id);
    if (postponed) return;
    flows.count(id, end.bytesIn, end.bytesOut);
    flows.end(id);
    recorder.end(id, end.bytesIn, end.bytesOut, Date.now());
    prompts.flowEnded(id);
  }

  /** As the kernel tells it. Where nobody told of its beginning (a journal that was full, a helper that was killed), its end still tells what it was. */
  ofConnection(record: FlowRecord): void {
    const { listing, naming } = this.parts;
    const id = flowId(record.flow);
    const end = { bytesIn: Number(record.bytes_in), bytesOut: Number(record.bytes_out) };
    const missed = record.state === flowState.allowed && !listing.isKnown(id) && !naming.underWay.has(id);
    if (missed) listing.addMissed(record);
    this.end(id, end);
  }

  /** As the kernel tells it: all flows of the socket end with it, but for what it accepted. */
  ofSocket(cookie: bigint): void {
    const { flows, recorder, programs, naming } = this.parts;
    const { gates } = programs.maps;
    // Flows of an earlier helper are known to history only.
    const known = [...flows.ofSocket(cookie), ...recorder.datagramsOf(cookie)];
    for (const id of new Set([...known, ...naming.underWay.ofSocket(cookie)])) {
      const key = Buffer.from(id, "hex");
      // A listener's connections outlive it; what it was asked about does not.
      if (isConnection(layouts.flow_key.read(key)) && flows.get(id)?.verdict === "allow") continue;
      const gate = Buffer.alloc(layouts.gate.size);
      gates.get(key, gate);
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      this.end(id, { bytesIn: Number(bytes_in), bytesOut: Number(bytes_out) });
      gates.delete(key);
    }
  }

  /** Held connections without a socket: their end found no room in the journal. What lives all the same is told again with its next packet. */
  findUntold(): void {
    const { hold, programs } = this.parts;
    const waiting = hold.all().filter((flow) => isConnection(flow.key) && !isRemoteAttempt(flow));
    if (waiting.length === 0) return;
    const there = new Set(programs.readTraffic().map(({ flow }) => flowId(flow)));
    const syn = Buffer.alloc(layouts.held_syn.size);
    for (const { id } of waiting)
      if (!there.has(id) && !programs.maps.held_syns.get(Buffer.from(id, "hex"), syn))
        this.end(id, { bytesIn: 0, bytesOut: 0 });
  }
}
