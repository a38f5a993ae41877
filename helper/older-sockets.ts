// Sockets older than their guard: found when their cgroup is guarded.
import type { EnforcedPolicy } from "./enforced-policy.ts";
import type { FlowListing } from "./flow-listing.ts";
import {
  datagramKind,
  type FlowRecord,
  flowState,
  isConnection,
  layouts,
  type ProcessRecord,
  type SocketState,
} from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import { withholdErrors } from "./kernel/socket-options.ts";
import type { Revocation } from "./revocation.ts";
import { recordOf } from "./traffic-counts.ts";

/** Those whose owners are remembered: they are asked for within a moment. */
const mostFound = 4096;

export interface OlderSocketsParts {
  readonly programs: Pick<Programs, "maps">;
  readonly listing: FlowListing;
  readonly policy: EnforcedPolicy;
  readonly revocation: Revocation;
}

export class OlderSockets {
  private readonly parts: OlderSocketsParts;
  /** Whose they are, by cookie. */
  private readonly found = new Map<bigint, ProcessRecord>();

  constructor(parts: OlderSocketsParts) {
    this.parts = parts;
  }

  /** Connections are listed; from now on a rule that blocks them ends them. Other sockets are met as they send. */
  adopt(sockets: readonly SocketState[]): void {
    const { listing, policy, revocation } = this.parts;
    const reason = "It was there before Picket guarded it.";
    if (this.found.size > mostFound) this.found.clear();
    for (const socket of sockets) {
      this.found.set(socket.flow.cookie, socket.process);
      if (!isConnection(socket.flow)) {
        const { process, flow } = socket;
        // What was judged before is told once more, and what it asked for with it.
        if (socket.kind === datagramKind && withholdErrors(process.pid, flow.cookie)) this.forgetGates(flow.cookie);
        continue;
      }
      // One that was only being made asks with its next packet.
      if (socket.state === flowState.held) continue;
      const record = recordOf(socket);
      listing.meet(record, (app) => {
        listing.add(record, app, { verdict: "allow", rule: null, layer: "mode", reason });
        const { verdict } = policy.decide(listing.askedOf(record, app));
        if (verdict === "block") revocation.soon();
      });
    }
  }

  /** What a socket sent in the moment between its guard and the search for its owner was told without one. */
  withOwner(record: FlowRecord): FlowRecord {
    const owner = record.process.start === 0n ? this.found.get(record.flow.cookie) : undefined;
    return owner === undefined ? record : { ...record, process: owner };
  }

  private forgetGates(cookie: bigint): void {
    const { gates } = this.parts.programs.maps;
    for (const key of gates.keys(layouts.flow_key.size))
      if (layouts.flow_key.read(key).cookie === cookie) gates.delete(key);
  }
}
