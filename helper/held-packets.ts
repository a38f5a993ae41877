// A held packet: kept until its app is named and policy or a person has decided, or dealt with at once where that is so already.
import type { App } from "../contract/words.ts";
import type { EnforcedPolicy } from "./enforced-policy.ts";
import type { FlowListing } from "./flow-listing.ts";
import type { Hold } from "./hold/hold.ts";
import type { Naming } from "./identity/naming.ts";
import { sharerOf } from "./identity/under-way.ts";
import { type FlowRecord, flowId, flowState, isConnection, layouts } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import type { NamesAtWork } from "./names-at-work.ts";
import { isCertain, type Prompts } from "./prompts/prompts.ts";

export interface HeldPacketsParts {
  readonly programs: Pick<Programs, "maps">;
  readonly hold: Hold;
  readonly naming: Naming;
  readonly listing: FlowListing;
  readonly policy: EnforcedPolicy;
  readonly called: NamesAtWork;
  readonly prompts: Prompts;
  /** Milliseconds since the boot. */
  boottime(): number;
  /** There is no room: its next packet is to be told again. */
  oweGates(): void;
}

export class HeldPackets {
  private readonly parts: HeldPacketsParts;

  constructor(parts: HeldPacketsParts) {
    this.parts = parts;
  }

  /** `resumed`: an earlier helper asked about its flow. `late`: the packet is too old to be sent. */
  take(record: FlowRecord, packet: Buffer, { resumed, late }: { resumed: boolean; late: boolean }): void {
    const { hold, naming, policy, listing, called } = this.parts;
    const state = record.state === flowState.blocked ? flowState.blocked : this.stateOf(record, packet);
    if (state === flowState.blocked) hold.refusePacket(record, packet);
    else if (state === flowState.allowed) {
      // A late SYN of an allowed flow is left to the kernel's own retransmission.
      if (late) hold.dropLate(record);
      else if (!isConnection(record.flow)) hold.sendNow(record, packet);
    } else if (!naming.underWay.hasRoom(sharerOf(record))) this.parts.oweGates();
    else if (hold.keep(record, packet, late)) {
      const asks = (app: App) => policy.decide(listing.askedOf(record, app)).verdict === "ask";
      listing.meet(record, (app) => this.judge(record, app, resumed), asks);
    } else called.hearMore(flowId(record.flow));
  }

  /** A packet may have been caught in the moment before its flow's gate was written, by this helper or the one before. */
  private stateOf(record: FlowRecord, packet: Buffer): number {
    const { hold, policy, programs } = this.parts;
    const id = flowId(record.flow);
    if (hold.get(id) !== undefined) return flowState.held;
    const gate = Buffer.alloc(layouts.gate.size);
    if (!programs.maps.gates.get(layouts.flow_key.write(record.flow), gate))
      return hold.isLateAttempt(id, record, packet) ? flowState.allowed : flowState.held;
    const { state, answered, generation } = layouts.gate.read(gate);
    // As is_decided() in bpf/verdict.bpf.h.
    return answered || generation === policy.generation ? state : flowState.held;
  }

  private judge(record: FlowRecord, app: App, resumed: boolean): void {
    const { hold, policy, listing, called, prompts } = this.parts;
    const id = flowId(record.flow);
    const asked = listing.askedOf(record, app);
    const { direction, endpoint } = asked;
    const decision = policy.decide(asked);
    const { verdict, rule, layer, reason, number } = decision;
    if (verdict !== "ask") {
      listing.add(record, app, { verdict, rule, layer, reason }, number);
      called.carryOut(id, asked, decision);
      return;
    }
    const command = record.process.command.toString("utf8").split("\0")[0] ?? "";
    const asking = { pid: record.process.pid, uid: record.process.uid, command, ...listing.personOf(record) };
    const at = this.parts.boottime();
    const told = prompts.ask({ flow: id, app, direction, endpoint, process: asking, at, resumed });
    // Over budget: the kernel goes on holding it, and brings it back with its next packet or when there is room (revisit).
    if (!told) {
      hold.forget(id);
      return;
    }
    if (isCertain(app)) hold.giveTo(app.path, id);
    listing.add(record, app, { verdict: "held", rule, layer, reason }, number);
  }
}
