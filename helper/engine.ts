import type { ParsedParams, Result } from "../contract/methods.ts";
import type { PromptDetails } from "../contract/questions.ts";
import type { Action, App, Flow, Prompt, Rule } from "../contract/words.ts";
import { Answers, type Step } from "./answers.ts";
import type { PolicyLists } from "./blocklists/policy-lists.ts";
import { Ending } from "./ending.ts";
import { type Asked, EnforcedPolicy, type Situation } from "./enforced-policy.ts";
import { FlowEnds } from "./flow-ends.ts";
import { FlowListing } from "./flow-listing.ts";
import { Flows } from "./flows/flows.ts";
import { HeldPackets } from "./held-packets.ts";
import type { Countries } from "./history/countries.ts";
import type { Recorder } from "./history/recorder.ts";
import { Hold } from "./hold/hold.ts";
import type { Apps } from "./identity/apps.ts";
import { Contents } from "./identity/contents.ts";
import { Naming } from "./identity/naming.ts";
import type { CgroupPaths } from "./kernel/cgroup-paths.ts";
import { Deliveries } from "./kernel/deliveries.ts";
import {
  type FlowRecord,
  flowId,
  flowState,
  isConnection,
  layouts,
  recordType,
  type SocketState,
} from "./kernel/layout.ts";
import { Notices } from "./kernel/notices.ts";
import { PolicyMaps, type Settings } from "./kernel/policy-maps.ts";
import type { Programs } from "./kernel/programs.ts";
import { RawSockets } from "./kernel/raw-sockets.ts";
import { abandonedSearches, giveErrors, takeErrorSocket } from "./kernel/socket-options.ts";
import { KernelNews } from "./kernel-news.ts";
import { Lifetimes } from "./lifetimes.ts";
import { log } from "./log.ts";
import { NamesAtWork } from "./names-at-work.ts";
import { OlderSockets } from "./older-sockets.ts";
import type { Origin } from "./people/person.ts";
import type { Waiting } from "./people/unattended.ts";
import { formatAddress } from "./policy/address.ts";
import { writtenName } from "./policy/host-name.ts";
import type { Zones } from "./policy/rule.ts";
import { detailsOf } from "./prompts/details.ts";
import { Prompts } from "./prompts/prompts.ts";
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
import { TrafficCounts } from "./traffic-counts.ts";

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
  private readonly listing: FlowListing;
  private readonly ends: FlowEnds;
  private readonly older: OlderSockets;
  private readonly revocation: Revocation;
  private readonly numbers: AppNumbers;
  private readonly lifetimes: Lifetimes;
  private readonly news: KernelNews;
  private readonly traffic: TrafficCounts;

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
      catchUp: () => this.news.catchUp(),
      kin: (process) => this.naming.kinOf(process),
      foreign: (cgroup) => programs.hasForeignEgress(cgroup),
      generation: () => this.policy.generation,
      resent: (flow, bytes) => {
        this.flows.addResent(flow, bytes);
        parts.recorder.addResent(flow, bytes, Date.now());
      },
      ended: (flow) => this.ends.end(flow, { bytesIn: 0, bytesOut: 0 }),
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
    const { naming, policy, called, flows, uses, hold, prompts } = this;
    const { recorder, lists, cgroups } = parts;
    this.listing = new FlowListing({
      ...{ programs, cgroups, naming, numbers: apps, policy, called, flows, uses, lists, recorder },
      personOf: parts.personOf,
      ended: (flow, end) => this.ends.end(flow, end),
    });
    const { listing } = this;
    this.ends = new FlowEnds({ programs, hold, naming, listing, called, flows, recorder, prompts });
    const held = new HeldPackets({
      ...{ programs, hold, naming, listing, policy, called, prompts },
      boottime: () => parts.clock.boottime(),
      oweGates: () => this.news.oweGates(),
    });
    this.revocation = new Revocation({ programs, policy, flows, hold });
    this.older = new OlderSockets({ programs, listing, policy, revocation: this.revocation });
    this.ending = new Ending({ programs, flows, hold });
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
    for (const _ of this.hold.forgetHeldGates());
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
      isKnown: (flow) => this.listing.isKnown(flow),
      missed: (record) => this.listing.addMissed(record),
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
      findEnded: () => this.ends.findUntold(),
      heard: parts.heard,
      announced: (program) => this.naming.announce(program),
      held: (record, packet, how) => held.take(this.older.withOwner(record), packet, how),
      told: (record) => this.onNews(record),
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

  /** Reads what the kernel has said until now, as far as there is time for it. */
  catchUp(): void {
    this.news.catchUp();
  }

  private onNews(record: FlowRecord): void {
    const id = flowId(record.flow);
    switch (record.type) {
      case recordType.decided:
        this.onDecided(record, id);
        break;
      case recordType.established:
        this.hold.established(id, record.flow, record.state);
        break;
      case recordType.ended:
        if (record.flow.protocol === 0) this.ends.ofSocket(record.flow.cookie);
        else this.ends.ofConnection(record);
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
      this.listing.add(record, app, this.listing.inWords(record, app, judgement), record.rule);
      // A connect() that was refused has no socket state that could end.
      if (known === undefined && judgement.verdict === "block" && isConnection(record.flow)) {
        this.flows.end(id);
        this.parts.recorder.end(id, 0, 0, Date.now());
      }
    };
    if (known) add(known.app);
    else this.listing.meet(record, add);
    // A packet met the new policy before the helper could end its connection: the app has still to hear of it.
    if (known?.verdict === "allow" && judgement.verdict === "block") this.revocation.carryOut();
  }

  /** The kernel allowed the first flow of a socket that has asked for errors. */
  private giveErrors(record: FlowRecord): void {
    const socket = takeErrorSocket(record);
    if (socket !== undefined) giveErrors(socket, record);
  }

  /** Of a question of an earlier helper, which may have told people apart otherwise. Its process is gone: its number means nobody. */
  private toldApart({ person: before, ...process }: Prompt["process"]): Prompt["process"] {
    const person = this.parts.personOf({ uid: process.uid, pid: -1, cgroup: null });
    if (person === undefined) return process;
    return { ...process, person: before === undefined ? person : before };
  }

  /** Sockets older than their guard. */
  adopt(sockets: readonly SocketState[]): void {
    this.older.adopt(sockets);
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
