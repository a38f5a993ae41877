// One connection's life in user space: a record comes from the kernel, the app is named, policy decides or a prompt asks,
// and the verdict goes back. The only place where hold, policy, prompts, flows and store meet.
import { CodedError } from "../contract/errors.ts";
import type { Action, App, Endpoint, Flow, Lifetime, Mode, Prompt, Rule, Scope } from "../contract/words.ts";
import { Flows, type Judgement } from "./flows/flows.ts";
import { Hold } from "./hold/hold.ts";
import type { Apps, Identified } from "./identity/apps.ts";
import { type FlowRecord, flowId, flowState, type ProcessRecord, layouts, recordType } from "./kernel/layout.ts";
import { PolicyMaps, type Settings, target } from "./kernel/policy-maps.ts";
import { type Programs, ringBytes } from "./kernel/programs.ts";
import { RawSockets } from "./kernel/raw-sockets.ts";
import { endpointOf, packetOf, readRecord } from "./kernel/records.ts";
import { Ring } from "./kernel/ring.ts";
import { log } from "./log.ts";
import { addressHex, formatAddress, formatPrefix, parsePrefix } from "./policy/address.ts";
import { compile } from "./policy/compile.ts";
import { type Decision, decide, layerOf, type Policy, reasonOf } from "./policy/decide.ts";
import { compareRules } from "./policy/order.ts";
import { type PolicyRule, policyRule, type Zones } from "./policy/rule.ts";
import { Prompts } from "./prompts/prompts.ts";
import type { Store } from "./store/database.ts";
import { type FlowVerdict, FlowVerdicts } from "./store/flow-verdicts.ts";
import { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import { PromptRows } from "./store/prompts.ts";
import { type NewRule, Rules } from "./store/rules.ts";

/** The points an answer passes, in order. Tests stop the helper at each. */
export type Step = "answered" | "committed" | "compiled" | "released";

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
/** Executables remembered; the kernel's map has as many entries. */
const rememberedExecutables = 65536;

export class Engine {
  private readonly parts: EngineParts;
  private readonly rules: Rules;
  private readonly prompts: Prompts;
  private readonly flows: Flows;
  private readonly hold: Hold;
  private readonly sockets: RawSockets;
  private readonly verdicts: FlowVerdicts;
  private readonly appNumbers: AppNumbers;
  private readonly destinationNumbers: DestinationNumbers;
  private readonly policyMaps: PolicyMaps;
  private readonly events: Ring;
  private readonly journal: Ring;
  private readonly pace: NodeJS.Timeout;
  private readonly identified = new Map<string, Identified>();
  private policy: Policy;
  private byNumber = new Map<number, PolicyRule>();

  constructor(parts: EngineParts) {
    const { programs, store, listener } = parts;
    const { maps } = programs;
    this.parts = parts;
    this.rules = new Rules(store);
    this.prompts = new Prompts(new PromptRows(store), listener.prompt);
    this.flows = new Flows(listener.flow);
    this.appNumbers = new AppNumbers(store);
    this.destinationNumbers = new DestinationNumbers(store);
    this.verdicts = new FlowVerdicts(store, parts.bootId);
    this.policyMaps = new PolicyMaps(maps, parts.settings);
    this.sockets = new RawSockets((fd) => programs.exempt(fd));
    this.hold = new Hold({
      gates: maps.gates,
      sockets: this.sockets,
      drain: () => this.events.drain(),
      warn: (message, detail) => log("warn", message, detail),
    });
    this.policy = this.readPolicy();
    this.compile();
    this.finishVerdicts();
    this.events = new Ring(maps.events.fd, ringBytes.events, (bytes) => this.onEvent(bytes));
    this.journal = new Ring(maps.journal.fd, ringBytes.journal, (bytes) => this.onJournal(bytes));
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

  /** Reads what the kernel has said until now. Held packets first: a flow must be known before its end is told. */
  private readRings(): void {
    this.events.drain();
    this.journal.drain();
  }

  // Records

  private onEvent(bytes: Buffer): void {
    const record = readRecord(bytes);
    if (record === null) return;
    const packet = packetOf(bytes, record);
    if (packet.length === 0) return;
    if (record.state === flowState.blocked) this.hold.refusePacket(record, packet);
    else if (this.hold.keep(record, packet)) this.meet(record, (app) => this.judgeHeld(record, app));
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
        else this.onFlowEnded(id, Number(record.bytes_in), Number(record.bytes_out));
        break;
    }
  }

  private onDecided(record: FlowRecord, id: string): void {
    const judgement = this.kernelJudgement(record);
    this.hold.forget(id);
    if (this.flows.has(id)) this.flows.judge(id, judgement);
    else this.meet(record, (app) => this.addFlow(record, app, judgement));
  }

  /** What the kernel decided, in words. A rule that was removed meanwhile keeps its number. */
  private kernelJudgement(record: FlowRecord): Judgement {
    const verdict = record.state === flowState.allowed ? "allow" : "block";
    const rule = this.byNumber.get(record.rule);
    if (rule) return { verdict, rule: rule.id, layer: layerOf(rule), reason: reasonOf(rule) };
    if (record.rule === 0) return { verdict, rule: null, layer: "mode", reason: "No rule covers it; the mode decided." };
    return { verdict, rule: String(record.rule), layer: "rule", reason: "A rule that is gone by now decided." };
  }

  private onFlowEnded(id: string, bytesIn: number, bytesOut: number): void {
    this.hold.forget(id);
    this.flows.count(id, bytesIn, bytesOut);
    this.flows.end(id);
    this.prompts.flowEnded(id);
  }

  private onSocketEnded(cookie: bigint): void {
    const { gates } = this.parts.programs.maps;
    for (const id of this.flows.ofSocket(cookie)) {
      const key = Buffer.from(id, "hex");
      const gate = Buffer.alloc(layouts.gate.size);
      const known = gates.get(key, gate);
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      this.onFlowEnded(id, known ? Number(bytes_in) : 0, known ? Number(bytes_out) : 0);
      gates.delete(key);
    }
  }

  // Identity

  /** Names the record's app and goes on: at once when the executable is known, else as soon as the file system answers. */
  private meet(record: FlowRecord, then: (app: App) => void): void {
    const key = layouts.exe_key.write(record.process.exe);
    const name = key.toString("latin1");
    const known = this.identified.get(name);
    if (known) {
      then(known.app);
      return;
    }
    void this.identify(record.process, key, name).then(then, (error: unknown) => {
      log("error", "a flow could not be judged and stays held", { error: String(error) });
    });
  }

  private async identify(process: ProcessRecord, key: Buffer, name: string): Promise<App> {
    const identified = await this.parts.apps.identify(process);
    if (identified.certain && this.identified.size < rememberedExecutables) {
      this.identified.set(name, identified);
      const number = Buffer.alloc(4);
      number.writeUInt32LE(this.appNumbers.of(identified.app.path));
      this.parts.programs.maps.apps.set(key, number);
    }
    return identified.app;
  }

  // Decisions

  private addFlow(record: FlowRecord, app: App, judgement: Judgement): void {
    const key = flowId(record.flow);
    if (this.flows.has(key)) return;
    const age = Math.max(0, Number(process.hrtime.bigint() - record.time) / 1e6);
    const endpoint = endpointOf(record.flow, formatAddress);
    this.flows.add({ key, cookie: record.flow.cookie, app, endpoint, at: Date.now() - age, ...judgement });
  }

  private decide(app: App, endpoint: Endpoint): Decision {
    const { port, protocol } = endpoint;
    return decide(this.policy, { app: app.path, addressHex: addressHex(endpoint.address), port, protocol });
  }

  private judgeHeld(record: FlowRecord, app: App): void {
    const id = flowId(record.flow);
    const endpoint = endpointOf(record.flow, formatAddress);
    const decision = this.decide(app, endpoint);
    const { verdict, rule, layer, reason } = decision;
    this.addFlow(record, app, { verdict: verdict === "ask" ? "held" : verdict, rule, layer, reason });
    if (verdict !== "ask") {
      this.carryOut(id, verdict, decision.number);
      return;
    }
    const command = record.process.command.toString("utf8").split("\0")[0] ?? "";
    const asking = { pid: record.process.pid, uid: record.process.uid, command };
    this.prompts.ask({ flow: id, app, endpoint, process: asking, at: Date.now() });
    // It may have died while its app was being named.
    if (this.hold.get(id) === undefined) {
      this.flows.end(id);
      this.prompts.flowEnded(id);
    }
  }

  private carryOut(id: string, verdict: FlowVerdict, rule: number): void {
    if (verdict === "allow") this.hold.release(id, rule);
    else this.hold.refuse(id, rule);
  }

  // Policy

  private readPolicy(): Policy {
    const rules: PolicyRule[] = [];
    this.byNumber = new Map();
    for (const { number, rule } of this.rules.all()) {
      const parsed = policyRule(rule, number);
      if (parsed === null) {
        log("error", "a stored rule is unreadable and takes no part", { rule: rule.id, address: rule.address });
        continue;
      }
      this.byNumber.set(number, parsed);
      if (rule.enabled) rules.push(parsed);
    }
    return { rules: rules.sort(compareRules), zones: this.parts.zones(), mode: this.parts.mode };
  }

  private compile(): void {
    const numbers = {
      tableId: (destination: string) => this.destinationNumbers.of(destination),
      appId: (path: string) => this.appNumbers.of(path),
    };
    this.policyMaps.apply(compile(this.policy, { ...target, ...numbers }));
  }

  /** After any committed change: maps, then held flows, then cards. Returns the ids of the cards that are settled. */
  policyChanged(): string[] {
    this.policy = this.readPolicy();
    this.compile();
    this.parts.checkpoint("compiled");
    for (const held of this.hold.all()) {
      const flow = this.flows.get(held.id);
      if (flow === undefined) continue; // still being named
      const decision = this.decide(flow.app, flow.endpoint);
      if (decision.verdict === "ask") continue;
      const { verdict, rule, layer, reason } = decision;
      this.flows.judge(held.id, { verdict, rule, layer, reason });
      this.carryOut(held.id, verdict, decision.number);
    }
    this.parts.checkpoint("released");
    const settled = this.prompts.settle((app, endpoint) => this.decide(app, endpoint).verdict !== "ask");
    this.parts.listener.rules(this.listRules());
    return settled;
  }

  // What clients ask for

  listRules(): Rule[] {
    return this.rules.all().map(({ rule }) => rule);
  }

  listPrompts(): Prompt[] {
    return this.prompts.list();
  }

  get promptCount(): number {
    return this.prompts.count;
  }

  /** Held packets that were not kept. */
  get holdOverflow(): number {
    return this.hold.overflow;
  }

  listFlows(limit: number): Flow[] {
    this.readRings();
    return this.flows.list(limit);
  }

  /** Errors: bad_address. */
  addRule(rule: NewRule): Rule {
    let address: string | null = null;
    if (rule.address !== null) {
      const prefix = parsePrefix(rule.address);
      if (prefix === null) throw new CodedError("bad_address", rule.address);
      address = formatPrefix(prefix);
    }
    const added = this.rules.add({ ...rule, address }, Date.now()).rule;
    this.policyChanged();
    return added;
  }

  /** Errors: unknown_rule, factory_rule. */
  removeRule(id: string): void {
    this.rules.remove(id);
    this.policyChanged();
  }

  /** Errors: unknown_rule. */
  enableRule(id: string, enabled: boolean): Rule {
    const rule = this.rules.enable(id, enabled);
    this.policyChanged();
    return rule;
  }

  /** Errors: unknown_prompt, prompt_not_held, app_unknown. Returns the rules made and the cards settled. */
  answer(id: string, action: FlowVerdict, scope: Scope, lifetime: Lifetime): { rules: string[]; settled: string[] } {
    const { prompt, flows } = this.prompts.find(id);
    this.parts.checkpoint("answered");
    if (lifetime === "once") return { rules: [], settled: this.answerOnce(prompt, flows, action, scope) };
    if (!prompt.app.path.startsWith("/")) throw new CodedError("app_unknown");
    const rules = this.commitRules(prompt, action, scope);
    this.parts.checkpoint("committed");
    const settled = this.policyChanged();
    if (!settled.includes(id)) {
      // A narrower rule still asks: the card was answered all the same, its flows follow the answer.
      this.judgeFlows(flows, action);
      this.prompts.close(id);
      settled.push(id);
    }
    return { rules, settled };
  }

  private commitRules(prompt: Prompt, action: Action, scope: Scope): string[] {
    const anywhere: (Pick<NewRule, "address" | "port" | "protocol"> | null)[] = [null];
    const endpoints = scope === "any" ? anywhere : prompt.endpoints.map(matcherOf);
    return this.parts.store.transaction(() =>
      endpoints.map((endpoint) => {
        const where = endpoint ?? { address: null, port: null, protocol: null };
        return this.rules.add({ app: prompt.app.path, action, note: "", ...where }, Date.now()).rule.id;
      }),
    )();
  }

  private answerOnce(prompt: Prompt, flows: string[], action: FlowVerdict, scope: Scope): string[] {
    if (flows.length === 0) throw new CodedError("prompt_not_held", prompt.id);
    const targets = scope === "endpoint" ? flows : this.heldFlowsOf(prompt.app);
    this.parts.store.transaction(() => {
      for (const flow of targets) this.verdicts.commit(flow, action, Date.now());
    })();
    this.parts.checkpoint("committed");
    const settled = this.prompts
      .list()
      .map(({ id }) => ({ id, waiting: this.prompts.find(id).flows }))
      .filter(({ waiting }) => waiting.length > 0 && waiting.every((flow) => targets.includes(flow)))
      .map(({ id }) => id);
    for (const flow of targets) this.hold.openGate(flow, action === "allow");
    this.parts.checkpoint("compiled");
    this.judgeFlows(targets, action);
    this.parts.checkpoint("released");
    for (const flow of targets) this.verdicts.done(flow);
    for (const id of settled) this.prompts.close(id);
    return settled;
  }

  private heldFlowsOf(app: App): string[] {
    return this.hold
      .all()
      .map(({ id }) => id)
      .filter((id) => this.flows.get(id)?.app.path === app.path);
  }

  private judgeFlows(ids: readonly string[], verdict: FlowVerdict): void {
    const reason = verdict === "allow" ? "You allowed it once." : "You blocked it once.";
    for (const id of ids) {
      this.flows.judge(id, { verdict, rule: null, layer: "answer", reason });
      this.carryOut(id, verdict, 0);
    }
  }

  /** Verdicts that were committed when an earlier helper died: their gates are written now, the kernel does the rest. */
  private finishVerdicts(): void {
    for (const { flow, verdict } of this.verdicts.pending()) {
      const state = verdict === "allow" ? flowState.allowed : flowState.blocked;
      this.hold.writeGate(layouts.flow_key.read(Buffer.from(flow, "hex")), state, 0);
      this.verdicts.done(flow);
    }
  }
}

/** The narrowest matcher of an endpoint. ICMP and the like have no port. */
function matcherOf({ address, port, protocol }: Endpoint): Pick<NewRule, "address" | "port" | "protocol"> {
  return { address, port: port === 0 ? null : port, protocol };
}
