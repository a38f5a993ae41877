// One connection's life in user space: a record comes from the kernel, the app is named, policy decides or a prompt asks,
// and the verdict goes back. The only place where hold, policy, prompts, flows and store meet.
import { CodedError } from "../contract/errors.ts";
import type { App, Flow, Mode, Prompt, Rule } from "../contract/words.ts";
import { Answers, type Step } from "./answers.ts";
import { EnforcedPolicy } from "./enforced-policy.ts";
import { Flows, type Judgement } from "./flows/flows.ts";
import { Hold } from "./hold/hold.ts";
import type { Apps } from "./identity/apps.ts";
import { type EarlyEnd, Naming } from "./identity/naming.ts";
import { type FlowRecord, flowId, flowState, isConnection, layouts, recordType } from "./kernel/layout.ts";
import { PolicyMaps, type Settings } from "./kernel/policy-maps.ts";
import { type Programs, ringBytes } from "./kernel/programs.ts";
import { RawSockets } from "./kernel/raw-sockets.ts";
import { directionOf, endpointOf, packetOf, readRecord } from "./kernel/records.ts";
import { Ring } from "./kernel/ring.ts";
import { giveErrors, takeErrorSocket } from "./kernel/socket-options.ts";
import { log } from "./log.ts";
import { formatAddress, formatPrefix, parsePrefix } from "./policy/address.ts";
import type { Zones } from "./policy/rule.ts";
import { Prompts } from "./prompts/prompts.ts";
import { Revocation } from "./revocation.ts";
import { durably, type Store } from "./store/database.ts";
import { FlowVerdicts } from "./store/flow-verdicts.ts";
import { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import { PromptRows } from "./store/prompts.ts";
import { type NewRule, Rules } from "./store/rules.ts";

export interface Listener {
  prompt(prompt: Prompt | null, id: string): void;
  flow(flow: Flow | null, id: string): void;
  rules(rules: Rule[]): void;
}

export interface EngineParts {
  readonly programs: Programs;
  readonly store: Store;
  readonly apps: Apps;
  readonly mode: Mode;
  readonly bootId: string;
  readonly settings: Settings;
  readonly listener: Listener;
  zones(): Zones;
  checkpoint(step: Step): void;
}

/** How often the journal is read when nothing in it is urgent, milliseconds. */
const journalPace = 250;

export class Engine {
  readonly prompts: Prompts;
  readonly answers: Answers;
  private readonly parts: EngineParts;
  private readonly rules: Rules;
  private readonly policy: EnforcedPolicy;
  private readonly flows: Flows;
  private readonly hold: Hold;
  private readonly sockets: RawSockets;
  private readonly naming: Naming;
  private readonly revocation: Revocation;
  private readonly events: Ring;
  private readonly journal: Ring;
  private readonly pace: NodeJS.Timeout;

  constructor(parts: EngineParts) {
    const { programs, store, listener } = parts;
    const { maps } = programs;
    const apps = new AppNumbers(store);
    const verdicts = new FlowVerdicts(store, parts.bootId);
    this.parts = parts;
    this.rules = new Rules(store);
    this.prompts = new Prompts(new PromptRows(store), listener.prompt);
    this.flows = new Flows(listener.flow);
    this.naming = new Naming(parts.apps, apps, maps.apps);
    this.sockets = new RawSockets((fd) => programs.exempt(fd));
    this.hold = new Hold({
      gates: maps.gates,
      sockets: this.sockets,
      drain: () => this.events.drain(),
      foreign: (cgroup) => programs.hasForeignEgress(cgroup),
      generation: () => this.policy.generation,
      resent: (flow, bytes) => this.flows.addResent(flow, bytes),
      warn: (message, detail) => log("warn", message, detail),
    });
    this.policy = new EnforcedPolicy({
      apps,
      rules: this.rules,
      maps: new PolicyMaps(maps, parts.settings),
      destinations: new DestinationNumbers(store),
      mode: parts.mode,
      zones: parts.zones,
    });
    this.revocation = new Revocation({ programs, policy: this.policy, flows: this.flows, hold: this.hold });
    this.answers = new Answers({
      store,
      verdicts,
      rules: this.rules,
      prompts: this.prompts,
      flows: this.flows,
      hold: this.hold,
      checkpoint: parts.checkpoint,
      policyChanged: () => this.policyChanged(),
    });
    this.hold.forgetHeldGates();
    this.finishVerdicts(verdicts);
    this.settle(); // an earlier helper may have died between a commit and its cards
    const failed = (error: unknown) => log("error", "a record could not be handled", { error: String(error) });
    this.events = new Ring(maps.events.fd, ringBytes.events, (bytes) => this.onEvent(bytes), failed);
    this.journal = new Ring(maps.journal.fd, ringBytes.journal, (bytes) => this.onJournal(bytes), failed);
    this.findHeld();
    this.pace = setInterval(() => this.readRings(), journalPace);
    this.readRings();
  }

  close(): void {
    clearInterval(this.pace);
    this.events.close();
    this.journal.close();
    this.hold.close();
    this.sockets.close();
  }

  /** The guard ends in order: what waits is refused rather than let go unasked. The questions stay. */
  refuseHeld(): void {
    for (const { id } of this.hold.all()) this.hold.refuse(id, 0);
  }

  /** Verdicts that were committed when an earlier helper died: their gates are written now, the kernel does the rest. */
  private finishVerdicts(verdicts: FlowVerdicts): void {
    for (const { flow, verdict } of verdicts.pending()) {
      const state = verdict === "allow" ? flowState.allowed : flowState.blocked;
      this.hold.writeGate(layouts.flow_key.read(Buffer.from(flow, "hex")), state, null);
      verdicts.done(flow);
    }
  }

  /** TCP flows that were held when this helper started, without waiting for them to retransmit. */
  private findHeld(): void {
    const { held_syns } = this.parts.programs.maps;
    const syn = Buffer.alloc(layouts.held_syn.size);
    for (const key of held_syns.keys(layouts.flow_key.size)) if (held_syns.get(key, syn)) this.onEvent(syn, true);
  }

  // What the kernel says

  /** Reads what the kernel has said until now. Held packets first: a flow must be known before its end is told. */
  private readRings(): void {
    this.events.drain();
    this.journal.drain();
  }

  private onEvent(bytes: Buffer, resumed = false): void {
    const record = readRecord(bytes);
    if (record === null) return;
    const packet = packetOf(bytes, record);
    if (packet.length === 0) return;
    const state = record.state === flowState.blocked ? flowState.blocked : this.stateOf(record);
    if (state === flowState.blocked) this.hold.refusePacket(record, packet);
    // A late SYN of an allowed flow is left to the kernel's own retransmission.
    else if (state === flowState.allowed && !isConnection(record.flow)) this.hold.sendNow(record, packet);
    else if (state === flowState.held && this.hold.keep(record, packet))
      this.meet(record, (app) => this.judgeHeld(record, app, resumed));
  }

  /** A packet may have been caught in the moment before its flow's gate was written, by this helper or the one before. */
  private stateOf(record: FlowRecord): number {
    if (this.hold.get(flowId(record.flow)) !== undefined) return flowState.held;
    const gate = Buffer.alloc(layouts.gate.size);
    if (!this.parts.programs.maps.gates.get(layouts.flow_key.write(record.flow), gate)) return flowState.held;
    return layouts.gate.read(gate).state;
  }

  private onJournal(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === null) return;
    this.events.drain();
    const id = flowId(record.flow);
    switch (record.type) {
      case recordType.decided:
        this.onDecided(record, id);
        break;
      case recordType.established:
        this.hold.forget(id);
        break;
      case recordType.ended:
        if (record.flow.protocol === 0) this.onSocketEnded(record.flow.cookie);
        else this.onFlowEnded(id, { bytesIn: Number(record.bytes_in), bytesOut: Number(record.bytes_out) });
        break;
    }
  }

  private onDecided(record: FlowRecord, id: string): void {
    const judgement = this.policy.explainRecord(record);
    // The kernel found the answer first. What was kept of a datagram flow still has to go; a SYN it retransmits itself.
    if (judgement.verdict === "allow" && !isConnection(record.flow)) this.hold.release(id, record.rule);
    else this.hold.forget(id);
    if (judgement.verdict === "allow") this.giveErrors(record);
    const add = (app: App) => {
      if (this.flows.has(id)) this.flows.judge(id, judgement);
      else this.addFlow(record, app, judgement);
      // A connect() that was refused has no socket state that could end.
      if (known === undefined && judgement.verdict === "block" && isConnection(record.flow)) this.flows.end(id);
    };
    const known = this.flows.get(id);
    if (known) add(known.app);
    else this.meet(record, add);
  }

  /** The kernel allowed the first flow of a socket that has asked for errors. */
  private giveErrors(record: FlowRecord): void {
    const socket = takeErrorSocket(record);
    if (socket !== undefined) giveErrors(socket, record);
  }

  private onFlowEnded(id: string, end: EarlyEnd): void {
    this.hold.forget(id);
    if (this.naming.postponeEnd(id, end)) return;
    this.flows.count(id, end.bytesIn, end.bytesOut);
    this.flows.end(id);
    this.prompts.flowEnded(id);
  }

  private onSocketEnded(cookie: bigint): void {
    const { gates } = this.parts.programs.maps;
    for (const id of [...this.flows.ofSocket(cookie), ...this.naming.ofSocket(cookie)]) {
      const key = Buffer.from(id, "hex");
      const gate = Buffer.alloc(layouts.gate.size);
      gates.get(key, gate);
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      this.onFlowEnded(id, { bytesIn: Number(bytes_in), bytesOut: Number(bytes_out) });
      gates.delete(key);
    }
  }

  private meet(record: FlowRecord, then: (app: App) => void): void {
    this.naming.meet(record, then, (id, end) => this.onFlowEnded(id, end));
  }

  private addFlow(record: FlowRecord, app: App, judgement: Judgement): void {
    const key = flowId(record.flow);
    if (this.flows.has(key)) return;
    const age = Math.max(0, Number(process.hrtime.bigint() - record.time) / 1e6);
    const endpoint = endpointOf(record, formatAddress);
    const direction = directionOf(record);
    this.flows.add({ key, cookie: record.flow.cookie, app, direction, endpoint, at: Date.now() - age, ...judgement });
  }

  private judgeHeld(record: FlowRecord, app: App, resumed: boolean): void {
    const id = flowId(record.flow);
    const endpoint = endpointOf(record, formatAddress);
    const direction = directionOf(record);
    const { verdict, rule, layer, reason, number } = this.policy.decide(app, direction, endpoint);
    this.addFlow(record, app, { verdict: verdict === "ask" ? "held" : verdict, rule, layer, reason });
    if (verdict !== "ask") {
      this.hold.carryOut(id, verdict, number);
      return;
    }
    const command = record.process.command.toString("utf8").split("\0")[0] ?? "";
    const asking = { pid: record.process.pid, uid: record.process.uid, command };
    this.prompts.ask({ flow: id, app, direction, endpoint, process: asking, at: Date.now(), resumed });
  }

  // What people change

  /** After any committed change: maps, then held and live flows, then cards. Returns the ids of the cards that are settled. */
  policyChanged(): string[] {
    const changed = this.policy.refresh();
    this.parts.checkpoint("compiled");
    for (const held of this.hold.all()) {
      const flow = this.flows.get(held.id);
      if (flow === undefined) continue; // still being named
      const { verdict, rule, layer, reason, number } = this.policy.decide(flow.app, flow.direction, flow.endpoint);
      if (verdict === "ask") continue;
      this.flows.judge(held.id, { verdict, rule, layer, reason });
      this.hold.carryOut(held.id, verdict, number);
    }
    if (changed) this.revocation.carryOut();
    this.parts.checkpoint("released");
    const settled = this.settle();
    this.parts.listener.rules(this.listRules());
    return settled;
  }

  /** Takes what policy answers by now off every card. */
  private settle(): string[] {
    return this.prompts.settle((...asked) => this.policy.decide(...asked).verdict !== "ask");
  }

  listRules(): Rule[] {
    return this.policy.list();
  }

  /** Errors: bad_address. */
  addRule(rule: NewRule): Rule & { replaced: string | null } {
    const prefix = rule.address === null ? null : parsePrefix(rule.address);
    if (rule.address !== null && prefix === null) throw new CodedError("bad_address", rule.address);
    const address = prefix === null ? null : formatPrefix(prefix);
    const added = durably(this.parts.store, () => this.rules.add({ ...rule, address }, Date.now()));
    this.policyChanged();
    return { ...added.rule, replaced: added.replaced };
  }

  /** Errors: unknown_rule, factory_rule. */
  removeRule(id: string): void {
    durably(this.parts.store, () => this.rules.remove(id));
    this.policyChanged();
  }

  /** Errors: unknown_rule. */
  enableRule(id: string, enabled: boolean): Rule {
    const rule = durably(this.parts.store, () => this.rules.enable(id, enabled));
    this.policyChanged();
    return rule;
  }

  // What people look at

  /** Newest first, with byte counts of this moment. */
  listFlows(limit: number): Flow[] {
    this.readRings();
    this.countTraffic();
    return this.flows.list(limit);
  }

  /** Brings the byte counts of live flows up to date. */
  countTraffic(): void {
    const { programs } = this.parts;
    for (const { flow, bytes_in, bytes_out } of programs.readTraffic()) {
      this.flows.count(flowId(flow), Number(bytes_in), Number(bytes_out));
    }
    const gate = Buffer.alloc(layouts.gate.size);
    for (const id of this.flows.liveKeys()) {
      const key = Buffer.from(id, "hex");
      if (isConnection(layouts.flow_key.read(key)) || !programs.maps.gates.get(key, gate)) continue;
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      this.flows.count(id, Number(bytes_in), Number(bytes_out));
    }
  }

  /** What became of held packets otherwise than by re-sending. */
  get holdCounters(): Record<string, number> {
    const { overflow, leftToApp, dropped } = this.hold;
    return { holdOverflow: overflow, leftToApp, droppedAtRelease: dropped };
  }
}
