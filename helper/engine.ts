import type { ParsedParams, Result } from "../contract/methods.ts";
import type { PromptDetails } from "../contract/questions.ts";
import type { Action, App, Flow, Prompt, Rule } from "../contract/words.ts";
import { Answers, type Step } from "./answers.ts";
import type { PolicyLists } from "./blocklists/policy-lists.ts";
import { Ending } from "./ending.ts";
import { type Asked, EnforcedPolicy, type Situation } from "./enforced-policy.ts";
import { Flows, type Judgement } from "./flows/flows.ts";
import type { Countries } from "./history/countries.ts";
import type { Recorder } from "./history/recorder.ts";
import { isRemoteAttempt } from "./hold/held-flow.ts";
import { Hold } from "./hold/hold.ts";
import type { Apps } from "./identity/apps.ts";
import { Contents } from "./identity/contents.ts";
import { labelled } from "./identity/labels.ts";
import { Naming } from "./identity/naming.ts";
import { type EarlyEnd, sharerOf } from "./identity/under-way.ts";
import type { CgroupPaths } from "./kernel/cgroup-paths.ts";
import { Deliveries } from "./kernel/deliveries.ts";
import {
  datagramKind,
  type FlowRecord,
  flowId,
  flowState,
  isConnection,
  layouts,
  type ProcessRecord,
  recordType,
  type SocketState,
} from "./kernel/layout.ts";
import { Notices } from "./kernel/notices.ts";
import { PolicyMaps, type Settings } from "./kernel/policy-maps.ts";
import type { Programs } from "./kernel/programs.ts";
import { RawSockets } from "./kernel/raw-sockets.ts";
import { directionOf } from "./kernel/records.ts";
import { abandonedSearches, giveErrors, takeErrorSocket, withholdErrors } from "./kernel/socket-options.ts";
import { KernelNews } from "./kernel-news.ts";
import { Lifetimes } from "./lifetimes.ts";
import { log } from "./log.ts";
import { NamesAtWork } from "./names-at-work.ts";
import type { Origin } from "./people/person.ts";
import type { Waiting } from "./people/unattended.ts";
import { formatAddress } from "./policy/address.ts";
import { writtenName } from "./policy/host-name.ts";
import type { Zones } from "./policy/rule.ts";
import { detailsOf } from "./prompts/details.ts";
import { isCertain, Prompts } from "./prompts/prompts.ts";
import { Revocation } from "./revocation.ts";
import { RuleEdits } from "./rule-edits.ts";
import { describeRules } from "./rule-hints.ts";
import { RulesFiles } from "./rules-file.ts";
import { ContentRows } from "./store/contents.ts";
import type { Store } from "./store/database.ts";
import { FlowVerdicts } from "./store/flow-verdicts.ts";
import { AppNumbers, DestinationNumbers } from "./store/numbers.ts";
import { PromptRows } from "./store/prompts.ts";
import { RuleUses } from "./store/rule-uses.ts";
import { type BootClock, type RuleNews, Rules } from "./store/rules.ts";
import { recordOf, TrafficCounts } from "./traffic-counts.ts";

/** `person`: whose it is or was, as in a flow. */
export interface Listener {
  prompt(prompt: Prompt | null, id: string, person: Flow["person"]): void;
  flow(flow: Flow | null, id: string, person: Flow["person"]): void;
  rules(news: RuleNews): void;
}

export interface EngineParts {
  readonly programs: Programs;
  readonly store: Store;
  readonly apps: Apps;
  readonly cgroups: CgroupPaths;
  /** Whose a process is; undefined where people are not told apart. */
  personOf(origin: Origin): number | null | undefined;
  readonly clock: BootClock;
  /** Uid of who asked for what is being done; 0 where nobody did. */
  asker(): number;
  readonly settings: Settings;
  readonly listener: Listener;
  zones(): Zones;
  situation(): Situation;
  readonly lists: PolicyLists;
  readonly countries: Countries;
  /** Hears of every flow and what it carries. */
  readonly recorder: Recorder;
  /** Where systemd-resolved tells what it looks up; null: nobody is to be asked. */
  readonly resolvedMonitor: string | null;
  /** Held packets so far that the kernel could not tell us of: the ring buffer was full. */
  lostPackets(): number;
  /** What it could not say of flows that it decided or that ended. */
  lostNews(): number;
  /** The kernel has news of a flow. */
  heard(): void;
  checkpoint(step: Step): void;
}

/** Sockets of before their guard whose owners are remembered: it is asked for within a moment. */
const mostFound = 4096;
/** Known addresses of a host that are looked at to explain it. */
const placesTold = 16;
/** Flows that are counted for what an app did today: all that are remembered. */
const flowsLooked = 5000;

export class Engine {
  readonly prompts: Prompts;
  readonly answers: Answers;
  readonly edits: RuleEdits;
  readonly rulesFiles: RulesFiles;
  readonly ending: Ending;
  private readonly parts: EngineParts;
  private readonly rules: Rules;
  private readonly uses: RuleUses;
  private readonly policy: EnforcedPolicy;
  private readonly flows: Flows;
  private readonly hold: Hold;
  private readonly notices: Notices;
  private readonly sockets: RawSockets;
  private readonly deliveries: Deliveries;
  private readonly contents: Contents;
  private readonly naming: Naming;
  private readonly called: NamesAtWork;
  private readonly revocation: Revocation;
  private readonly numbers: AppNumbers;
  private readonly lifetimes: Lifetimes;
  private readonly news: KernelNews;
  private readonly traffic: TrafficCounts;
  /** Whose the sockets are that were found when their cgroup was guarded, by cookie. */
  private readonly found = new Map<bigint, ProcessRecord>();

  constructor(parts: EngineParts) {
    const { programs, store, listener } = parts;
    const { maps } = programs;
    const apps = new AppNumbers(store);
    this.numbers = apps;
    const lostBefore = parts.lostPackets();
    const verdicts = new FlowVerdicts(store, parts.clock.boot);
    this.parts = parts;
    this.rules = new Rules(store, parts.clock, parts.asker);
    if (!programs.adopted) apps.tidy(new Set(this.rules.all().map(({ rule }) => rule.app)));
    this.uses = new RuleUses(store);
    // Before the policy is read: what was over while no helper ran never comes back.
    this.lifetimes = new Lifetimes({ rules: this.rules, clock: parts.clock, ended: () => void this.policyChanged() });
    this.prompts = new Prompts({
      rows: new PromptRows(
        store,
        (address) => parts.countries.of(address),
        (process) => this.toldApart(process),
      ),
      changed: listener.prompt,
      waits: (flow) => this.hold.get(flow) !== undefined,
      why: (asked) => this.policy.whyAsked(asked),
    });
    this.flows = new Flows(listener.flow, (key, flow) => parts.recorder.tell(key, flow, Date.now()));
    this.contents = new Contents({
      rows: new ContentRows(store),
      hasAllowRule: (app) => this.rules.allowsSomething(app),
    });
    this.notices = new Notices(maps.notices);
    this.naming = new Naming({ apps: parts.apps, numbers: apps, maps, notices: this.notices, contents: this.contents });
    this.sockets = new RawSockets((fd) => programs.exempt(fd));
    this.deliveries = new Deliveries((fd) => programs.exempt(fd));
    this.hold = new Hold({
      gates: maps.gates,
      notices: this.notices,
      sockets: this.sockets,
      deliveries: this.deliveries,
      drain: () => this.news.readEvents(),
      kin: (process) => this.naming.kinOf(process),
      foreign: (cgroup) => programs.hasForeignEgress(cgroup),
      generation: () => this.policy.generation,
      resent: (flow, bytes) => {
        this.flows.addResent(flow, bytes);
        parts.recorder.addResent(flow, bytes, Date.now());
      },
      ended: (flow) => this.onFlowEnded(flow, { bytesIn: 0, bytesOut: 0 }),
      warn: (message, detail) => log("warn", message, detail),
    });
    this.policy = new EnforcedPolicy({
      apps,
      rules: this.rules,
      maps: new PolicyMaps(maps, parts.settings),
      destinations: new DestinationNumbers(store),
      person: parts.settings.person ?? null,
      lists: parts.lists,
      named: () => this.called.addresses(),
      situation: parts.situation,
      zones: parts.zones,
      contents: this.contents,
    });
    this.called = new NamesAtWork({
      ring: maps.names.fd,
      monitor: parts.resolvedMonitor,
      clock: parts.clock,
      store,
      policy: this.policy,
      flows: this.flows,
      hold: this.hold,
      lists: parts.lists,
      countryOf: (address, hex) => parts.countries.of(address, hex),
      readTraffic: () => programs.readTraffic(),
      settle: () => void this.settle(),
      revoke: () => this.revocation.soon(),
    });
    this.contents.follow(Date.now());
    this.policy.refresh();
    this.revocation = new Revocation({ programs, policy: this.policy, flows: this.flows, hold: this.hold });
    this.ending = new Ending({ programs, flows: this.flows, hold: this.hold });
    this.answers = new Answers({
      store,
      verdicts,
      lifetimes: this.lifetimes,
      rules: this.rules,
      prompts: this.prompts,
      flows: this.flows,
      hold: this.hold,
      contents: this.contents,
      why: ({ app, direction, endpoint, process }) =>
        this.policy.whyAsked({ app, direction, endpoint, user: process.uid }),
      checkpoint: parts.checkpoint,
      policyChanged: () => this.policyChanged(),
    });
    this.rulesFiles = new RulesFiles({ store, rules: this.rules, policyChanged: () => void this.policyChanged() });
    this.finishVerdicts(verdicts);
    this.hold.forgetHeldGates();
    this.settle(); // an earlier helper may have died between a commit and its cards
    this.edits = new RuleEdits({
      store,
      rules: this.rules,
      lifetimes: this.lifetimes,
      answers: this.answers,
      flows: this.flows,
      lists: parts.lists,
      policyChanged: () => void this.policyChanged(),
    });
    this.traffic = new TrafficCounts({
      programs,
      flows: this.flows,
      recorder: parts.recorder,
      isKnown: (flow) => this.isKnown(flow),
      missed: (record) => this.listMissed(record),
    });
    this.news = new KernelNews({
      maps,
      notices: this.notices,
      prompts: this.prompts,
      isHeld: (flow) => this.hold.get(flow) !== undefined,
      forgetHeldGates: () => this.hold.forgetHeldGates(),
      lostPackets: parts.lostPackets,
      lostBefore,
      lostNews: parts.lostNews,
      findEnded: () => this.findEnded(),
      heard: parts.heard,
      announced: (program) => this.naming.announce(program),
      held: (record, packet, how) => this.onHeld(this.withOwner(record), packet, how),
      told: (record) => this.onNews(record, flowId(record.flow)),
    });
    this.lifetimes.follow();
    this.news.start();
  }

  close(): void {
    this.lifetimes.close();
    this.news.close();
    this.prompts.flush();
    this.called.close();
    this.uses.flush();
    this.hold.close();
    this.sockets.close();
    this.deliveries.close();
  }

  /** The guard ends in order: what waits is refused rather than let go unasked. The questions stay. */
  refuseHeld(): void {
    for (const { id } of this.hold.all()) this.hold.refuse(id, 0);
  }

  /** Verdicts that were committed when an earlier helper died: their gates are written now, the kernel does the rest. */
  private finishVerdicts(verdicts: FlowVerdicts): void {
    for (const { flow, verdict } of verdicts.pending()) {
      const state = verdict === "allow" ? flowState.allowed : flowState.blocked;
      const key = Buffer.from(flow, "hex");
      // Of another version, whose flows this one knows by other keys: it asks again.
      if (key.length === layouts.flow_key.size) this.hold.writeGate(layouts.flow_key.read(key), state, null);
      verdicts.done(flow);
    }
  }

  // What the kernel says

  /** Reads what the kernel has said until now. */
  catchUp(): void {
    this.news.catchUp();
  }

  private onHeld(record: FlowRecord, packet: Buffer, { resumed, late }: { resumed: boolean; late: boolean }): void {
    const state = record.state === flowState.blocked ? flowState.blocked : this.stateOf(record, packet);
    if (state === flowState.blocked) this.hold.refusePacket(record, packet);
    else if (state === flowState.allowed) {
      // A late SYN of an allowed flow is left to the kernel's own retransmission.
      if (late) this.hold.dropLate(record);
      else if (!isConnection(record.flow)) this.hold.sendNow(record, packet);
    } else if (!this.naming.underWay.hasRoom(sharerOf(record))) this.news.oweGates();
    else if (this.hold.keep(record, packet, late)) {
      const asks = (app: App) => this.policy.decide(this.askedOf(record, app)).verdict === "ask";
      this.meet(record, (app) => this.judgeHeld(record, app, resumed), asks);
    } else this.called.hearMore(flowId(record.flow));
  }

  /** A packet may have been caught in the moment before its flow's gate was written, by this helper or the one before. */
  private stateOf(record: FlowRecord, packet: Buffer): number {
    const id = flowId(record.flow);
    if (this.hold.get(id) !== undefined) return flowState.held;
    const gate = Buffer.alloc(layouts.gate.size);
    if (!this.parts.programs.maps.gates.get(layouts.flow_key.write(record.flow), gate))
      return this.hold.isLateAttempt(id, record, packet) ? flowState.allowed : flowState.held;
    const { state, answered, generation } = layouts.gate.read(gate);
    // As is_decided() in bpf/verdict.bpf.h.
    return answered || generation === this.policy.generation ? state : flowState.held;
  }

  private onNews(record: FlowRecord, id: string): void {
    switch (record.type) {
      case recordType.decided:
        this.onDecided(record, id);
        break;
      case recordType.established:
        this.hold.established(id, record.flow, record.state);
        break;
      case recordType.ended:
        if (record.flow.protocol === 0) this.onSocketEnded(record.flow.cookie);
        else this.onConnectionEnded(record, id);
        break;
    }
  }

  private onDecided(record: FlowRecord, id: string): void {
    const judgement = this.policy.explainRecord(record);
    // The kernel found the answer first. What was kept of a datagram flow still has to go; a SYN it retransmits itself.
    if (judgement.verdict === "allow" && !isConnection(record.flow)) this.hold.release(id, record.rule);
    else this.hold.forget(id);
    if (judgement.verdict === "allow") this.giveErrors(record);
    const known = this.flows.get(id);
    const add = (app: App) => {
      this.addFlow(record, app, this.inWords(record, app, judgement), record.rule);
      // A connect() that was refused has no socket state that could end.
      if (known === undefined && judgement.verdict === "block" && isConnection(record.flow)) {
        this.flows.end(id);
        this.parts.recorder.end(id, 0, 0, Date.now());
      }
    };
    if (known) add(known.app);
    else this.meet(record, add);
    // A packet met the new policy before the helper could end its connection: the app has still to hear of it.
    if (known?.verdict === "allow" && judgement.verdict === "block") this.revocation.carryOut();
  }

  /** Whatever policy says of a flow it says in the same words: the kernel's verdict too, unless the policy is another by now. */
  private inWords(record: FlowRecord, app: App, judgement: Judgement): Judgement {
    const { verdict, rule, layer, reason, number } = this.policy.decide(this.askedOf(record, app));
    return number === record.rule && verdict === judgement.verdict ? { verdict, rule, layer, reason } : judgement;
  }

  /** The kernel allowed the first flow of a socket that has asked for errors. */
  private giveErrors(record: FlowRecord): void {
    const socket = takeErrorSocket(record);
    if (socket !== undefined) giveErrors(socket, record);
  }

  /** Where nobody told of its beginning (a journal that was full, a helper that was killed), its end still tells what it was. */
  private onConnectionEnded(record: FlowRecord, id: string): void {
    const end = { bytesIn: Number(record.bytes_in), bytesOut: Number(record.bytes_out) };
    const missed = record.state === flowState.allowed && !this.isKnown(id) && !this.naming.underWay.has(id);
    if (missed) this.listMissed(record);
    this.onFlowEnded(id, end);
  }

  private listMissed(record: FlowRecord): void {
    this.meet(record, (app) => this.addFlow(record, app, this.wordsFor(record, app)));
  }

  private isKnown(id: string): boolean {
    return this.flows.has(id) || this.parts.recorder.has(id);
  }

  private onFlowEnded(id: string, end: EarlyEnd): void {
    const postponed = this.naming.underWay.postponeEnd(id, end);
    // What a program sent before it ended is still to be judged, and goes if it may.
    if (postponed && !isConnection(layouts.flow_key.read(Buffer.from(id, "hex")))) return;
    this.hold.forget(id);
    this.called.forget(id);
    if (postponed) return;
    this.flows.count(id, end.bytesIn, end.bytesOut);
    this.flows.end(id);
    this.parts.recorder.end(id, end.bytesIn, end.bytesOut, Date.now());
    this.prompts.flowEnded(id);
  }

  /** Held connections without a socket: their end found no room in the journal. What lives all the same is told again with its next packet. */
  private findEnded(): void {
    const { programs } = this.parts;
    const waiting = this.hold.all().filter((flow) => isConnection(flow.key) && !isRemoteAttempt(flow));
    if (waiting.length === 0) return;
    const there = new Set(programs.readTraffic().map(({ flow }) => flowId(flow)));
    const syn = Buffer.alloc(layouts.held_syn.size);
    for (const { id } of waiting)
      if (!there.has(id) && !programs.maps.held_syns.get(Buffer.from(id, "hex"), syn))
        this.onFlowEnded(id, { bytesIn: 0, bytesOut: 0 });
  }

  private onSocketEnded(cookie: bigint): void {
    const { recorder, programs } = this.parts;
    const { gates } = programs.maps;
    // Flows of an earlier helper are known to history only.
    const known = [...this.flows.ofSocket(cookie), ...recorder.datagramsOf(cookie)];
    for (const id of new Set([...known, ...this.naming.underWay.ofSocket(cookie)])) {
      const key = Buffer.from(id, "hex");
      // A listener's connections outlive it; what it was asked about does not.
      if (isConnection(layouts.flow_key.read(key)) && this.flows.get(id)?.verdict === "allow") continue;
      const gate = Buffer.alloc(layouts.gate.size);
      gates.get(key, gate);
      const { bytes_in, bytes_out } = layouts.gate.read(gate);
      this.onFlowEnded(id, { bytesIn: Number(bytes_in), bytesOut: Number(bytes_out) });
      gates.delete(key);
    }
  }

  private askedOf(record: FlowRecord, app: App): Asked {
    const endpoint = this.called.endpointOf(record);
    return { app, direction: directionOf(record), endpoint, user: record.process.uid };
  }

  /** `asks`: whether a person will be asked, who wants to know more than policy does. */
  private meet(record: FlowRecord, then: (app: App) => void, asks: (app: App) => boolean = () => false): void {
    // At once: a scope is gone with its last process.
    const cgroup = this.parts.cgroups.recall(record.process.cgroup);
    this.naming.meet(
      record,
      (app) => {
        this.numbers.meet(app.path, Date.now());
        then(labelled(app, cgroup));
      },
      (id, end) => {
        this.onFlowEnded(id, end);
        // Judged after its socket's end: nobody else removes it.
        this.parts.programs.maps.gates.delete(Buffer.from(id, "hex"));
      },
      asks,
    );
  }

  /**
   * Lists the flow, or what has become of it: held in its midst, it is listed by what allowed it before. `number`: that of the rule, which
   * was used once, also where helper and kernel both decided: the kernel with what the app sent while the helper was at it.
   */
  private addFlow(record: FlowRecord, app: App, judgement: Judgement, number = 0): void {
    const key = flowId(record.flow);
    const known = this.flows.get(key);
    if (known?.rule !== judgement.rule || known?.verdict !== judgement.verdict) this.uses.count(number, Date.now());
    if (known) {
      this.flows.judge(key, judgement);
      return;
    }
    const age = Math.max(0, Number(process.hrtime.bigint() - record.time) / 1e6);
    const endpoint = this.called.endpointOf(record);
    const direction = directionOf(record);
    const { flow, process: owner } = record;
    const at = Date.now() - age;
    if (judgement.layer === "blocklist") this.parts.lists.count(endpoint);
    const whose = { user: owner.uid, ...this.personOf(record) };
    this.flows.add({ key, cookie: flow.cookie, app, direction, endpoint, at, ...whose, ...judgement });
  }

  /** Nothing where people are not told apart. */
  private personOf({ process: { uid, pid, cgroup } }: FlowRecord): { person?: number | null } {
    const person = this.parts.personOf({ uid, pid, cgroup: this.parts.cgroups.recall(cgroup) });
    return person === undefined ? {} : { person };
  }

  /** Of a question of an earlier helper, which may have told people apart otherwise. Its process is gone: its number means nobody. */
  private toldApart({ person: before, ...process }: Prompt["process"]): Prompt["process"] {
    const person = this.parts.personOf({ uid: process.uid, pid: -1, cgroup: null });
    if (person === undefined) return process;
    return { ...process, person: before === undefined ? person : before };
  }

  private judgeHeld(record: FlowRecord, app: App, resumed: boolean): void {
    const id = flowId(record.flow);
    const asked = this.askedOf(record, app);
    const { direction, endpoint } = asked;
    const decision = this.policy.decide(asked);
    const { verdict, rule, layer, reason, number } = decision;
    if (verdict !== "ask") {
      this.addFlow(record, app, { verdict, rule, layer, reason }, number);
      this.called.carryOut(id, asked, decision);
      return;
    }
    const command = record.process.command.toString("utf8").split("\0")[0] ?? "";
    const asking = { pid: record.process.pid, uid: record.process.uid, command, ...this.personOf(record) };
    const at = this.parts.clock.boottime();
    const told = this.prompts.ask({ flow: id, app, direction, endpoint, process: asking, at, resumed });
    // Over budget: the kernel goes on holding it, and brings it back with its next packet or when there is room (revisit).
    if (!told) {
      this.hold.forget(id);
      return;
    }
    if (isCertain(app)) this.hold.giveTo(app.path, id);
    this.addFlow(record, app, { verdict: "held", rule, layer, reason }, number);
  }

  /** What allowed a connection, as far as policy of today knows. */
  private wordsFor(record: FlowRecord, app: App): Judgement {
    const earlier = { verdict: "allow", rule: null, layer: "mode", reason: "It was allowed before." } as const;
    const { verdict, rule, layer, reason } = this.policy.decide(this.askedOf(record, app));
    return verdict === "allow" ? { verdict, rule, layer, reason } : earlier;
  }

  /** Connections older than their guard are listed; from now on a rule that blocks them ends them. Other sockets are met as they send. */
  adopt(sockets: readonly SocketState[]): void {
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
      this.meet(record, (app) => {
        this.addFlow(record, app, { verdict: "allow", rule: null, layer: "mode", reason });
        const { verdict } = this.policy.decide(this.askedOf(record, app));
        if (verdict === "block") this.revocation.soon();
      });
    }
  }

  private forgetGates(cookie: bigint): void {
    const { gates } = this.parts.programs.maps;
    for (const key of gates.keys(layouts.flow_key.size))
      if (layouts.flow_key.read(key).cookie === cookie) gates.delete(key);
  }

  /** What a socket sent in the moment between its guard and the search for its owner was told without one. */
  private withOwner(record: FlowRecord): FlowRecord {
    const owner = record.process.start === 0n ? this.found.get(record.flow.cookie) : undefined;
    return owner === undefined ? record : { ...record, process: owner };
  }

  // What people change

  /** After any committed change: maps, then held and live flows, then cards. Returns the ids of the cards that are settled. */
  policyChanged(): string[] {
    // Before a rule is in the maps that is for some of those with the app's number, and not for others.
    this.naming.review(this.contents.follow(Date.now()));
    const changed = this.policy.refresh();
    this.parts.checkpoint("compiled");
    for (const held of this.hold.all()) {
      const flow = this.flows.get(held.id);
      if (flow === undefined) continue; // still being named
      const decision = this.policy.decide(flow);
      const { verdict, rule, layer, reason } = decision;
      if (verdict === "ask") continue;
      this.uses.count(decision.number, Date.now());
      this.flows.judge(held.id, { verdict, rule, layer, reason });
      this.called.carryOut(held.id, flow, decision);
    }
    if (changed) this.revocation.carryOut();
    this.parts.checkpoint("released");
    const settled = this.settle();
    this.lifetimes.follow();
    this.parts.listener.rules(this.rules.news());
    return settled;
  }

  /** Takes what policy answers by now off every card. */
  private settle(): string[] {
    return this.prompts.settle((asked) => this.policy.decide(asked).verdict !== "ask");
  }

  listRules(): Rule[] {
    return this.policy.list();
  }

  /** The rules with what is to be said of each. */
  describeRules(): Rule[] {
    return describeRules(this.rules.all(), this.policy.findIdle(), this.uses, Date.now());
  }

  /** What would happen to a flow, and why. Errors: bad_address, bad_name. */
  explain(asked: ParsedParams<"explain">): Result<"explain"> {
    const told = this.policy.explainFlow(asked);
    const host = asked.address === null && asked.host !== null ? writtenName(asked.host.trim()) : null;
    if (host === null) return told;
    const at = this.called.placesOf(host, placesTold).map(([hex, names]) => {
      const address = formatAddress(Buffer.from(hex, "hex"));
      return { address, ...this.policy.explainFlow({ ...asked, address }, names) };
    });
    return { ...told, at: at.filter(({ verdict, rule }) => verdict !== told.verdict || rule !== told.rule) };
  }

  // What people look at

  /** Errors: unknown_prompt. */
  describePrompt(id: string): PromptDetails {
    this.news.catchUp();
    this.countTraffic();
    const { prompt } = this.prompts.find(id);
    const { person } = prompt.process;
    const known = {
      firstSeen: (path: string) => this.numbers.firstMet(path),
      flows: () => this.flows.list(flowsLooked).filter((flow) => flow.person === person),
    };
    return detailsOf(prompt, known, new Date());
  }

  /** Newest first, with byte counts of this moment. */
  listFlows(limit: number): Flow[] {
    this.news.catchUp();
    this.countTraffic();
    return this.flows.list(limit);
  }

  /** Flows that somebody is asked about. */
  waiting(): Waiting[] {
    return this.hold.all().flatMap(({ id }) => {
      const flow = this.flows.get(id);
      if (flow?.verdict !== "held" || !this.prompts.isAsked(id)) return [];
      return [{ id, app: flow.app.path, address: flow.endpoint.address, person: flow.person }];
    });
  }

  /** A flow that is remembered. */
  findFlow(id: string): Flow | undefined {
    return this.flows.find(id);
  }

  personOfPrompt(id: string): Flow["person"] | "unknown" {
    return this.answers.personOf(id);
  }

  findRule(id: string): Rule | undefined {
    // Most are called by their number: many are asked for at once.
    const numbered = this.rules.get(Number(id))?.rule;
    return numbered?.id === id ? numbered : this.policy.list().find((rule) => rule.id === id);
  }

  /** Users whose rules each change of rules was about, the newest change first. */
  changedUsers(): Iterable<{ id: number; users: (number | null)[] }> {
    return this.rules.changes.users();
  }

  /** As the last look left them, newest first. */
  rememberedFlows(): Flow[] {
    return this.flows.list(Number.POSITIVE_INFINITY);
  }

  /** Of this moment, in no order. */
  liveFlows(): Flow[] {
    this.news.catchUp();
    return this.flows.live().map(([, flow]) => flow);
  }

  /** What the policy in force says of a flow. */
  verdictOn(asked: Asked): Action {
    return this.policy.decide(asked).verdict;
  }

  /** Brings the byte counts of live flows up to date. Returns whether there was anything new. */
  countTraffic(): boolean {
    return this.traffic.refresh();
  }

  /** What does not work as it should, by the names that the status has for it. */
  get shortfalls(): Record<string, number> {
    return {
      ...this.hold.counters,
      leftOut: this.policy.leftOut,
      unreadableRules: this.policy.unreadable,
      unnamed: this.naming.unnamed,
      namingFull: this.naming.underWay.turnedAway,
      errorsWithheld: abandonedSearches(),
    };
  }
}
