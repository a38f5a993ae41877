// How a flow comes into the list: its app is named, whose it is found out, and policy's words for it said.
import type { App } from "../contract/words.ts";
import type { PolicyLists } from "./blocklists/policy-lists.ts";
import type { Asked, EnforcedPolicy } from "./enforced-policy.ts";
import type { Flows, Judgement } from "./flows/flows.ts";
import type { Recorder } from "./history/recorder.ts";
import { labelled } from "./identity/labels.ts";
import type { Naming } from "./identity/naming.ts";
import type { EarlyEnd } from "./identity/under-way.ts";
import type { CgroupPaths } from "./kernel/cgroup-paths.ts";
import { type FlowRecord, flowId } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import { directionOf } from "./kernel/records.ts";
import type { NamesAtWork } from "./names-at-work.ts";
import type { Origin } from "./people/person.ts";
import type { AppNumbers } from "./store/numbers.ts";
import type { RuleUses } from "./store/rule-uses.ts";

export interface FlowListingParts {
  readonly programs: Pick<Programs, "maps">;
  readonly cgroups: CgroupPaths;
  readonly naming: Naming;
  readonly numbers: AppNumbers;
  readonly policy: EnforcedPolicy;
  readonly called: NamesAtWork;
  readonly flows: Flows;
  readonly uses: RuleUses;
  readonly lists: PolicyLists;
  readonly recorder: Recorder;
  /** Whose a process is; undefined where people are not told apart. */
  personOf(origin: Origin): number | null | undefined;
  /** A flow that ended while its app was being named. */
  ended(flow: string, end: EarlyEnd): void;
}

export class FlowListing {
  private readonly parts: FlowListingParts;

  constructor(parts: FlowListingParts) {
    this.parts = parts;
  }

  /** Names the app. `asks`: whether a person will be asked, who wants to know more than policy does. */
  meet(record: FlowRecord, then: (app: App) => void, asks: (app: App) => boolean = () => false): void {
    const { cgroups, naming, numbers, programs } = this.parts;
    // At once: a scope is gone with its last process.
    const cgroup = cgroups.recall(record.process.cgroup);
    naming.meet(
      record,
      (app) => {
        numbers.meet(app.path, Date.now());
        then(labelled(app, cgroup));
      },
      (id, end) => {
        this.parts.ended(id, end);
        // Judged after its socket's end: nobody else removes it.
        programs.maps.gates.delete(Buffer.from(id, "hex"));
      },
      asks,
    );
  }

  /**
   * Lists the flow, or what has become of it: held in its midst, it is listed by what allowed it before. `number`: that of the rule, which
   * was used once, also where helper and kernel both decided: the kernel with what the app sent while the helper was at it.
   */
  add(record: FlowRecord, app: App, judgement: Judgement, number = 0): void {
    const { flows, uses, called, lists } = this.parts;
    const key = flowId(record.flow);
    const known = flows.get(key);
    if (known?.rule !== judgement.rule || known?.verdict !== judgement.verdict) uses.count(number, Date.now());
    if (known) {
      flows.judge(key, judgement);
      return;
    }
    const age = Math.max(0, Number(process.hrtime.bigint() - record.time) / 1e6);
    const endpoint = called.endpointOf(record);
    const direction = directionOf(record);
    const { flow, process: owner } = record;
    const at = Date.now() - age;
    if (judgement.layer === "blocklist") lists.count(endpoint);
    const whose = { user: owner.uid, ...this.personOf(record) };
    flows.add({ key, cookie: flow.cookie, app, direction, endpoint, at, ...whose, ...judgement });
  }

  /** A connection whose beginning nobody told of. */
  addMissed(record: FlowRecord): void {
    this.meet(record, (app) => this.add(record, app, this.wordsFor(record, app)));
  }

  isKnown(id: string): boolean {
    return this.parts.flows.has(id) || this.parts.recorder.has(id);
  }

  askedOf(record: FlowRecord, app: App): Asked {
    const endpoint = this.parts.called.endpointOf(record);
    return { app, direction: directionOf(record), endpoint, user: record.process.uid };
  }

  /** Nothing where people are not told apart. */
  personOf({ process: { uid, pid, cgroup } }: FlowRecord): { person?: number | null } {
    const person = this.parts.personOf({ uid, pid, cgroup: this.parts.cgroups.recall(cgroup) });
    return person === undefined ? {} : { person };
  }

  /** Whatever policy says of a flow it says in the same words: the kernel's verdict too, unless the policy is another by now. */
  inWords(record: FlowRecord, app: App, judgement: Judgement): Judgement {
    const { verdict, rule, layer, reason, number } = this.parts.policy.decide(this.askedOf(record, app));
    return number === record.rule && verdict === judgement.verdict ? { verdict, rule, layer, reason } : judgement;
  }

  /** What allowed a connection, as far as policy of today knows. */
  private wordsFor(record: FlowRecord, app: App): Judgement {
    const earlier = { verdict: "allow", rule: null, layer: "mode", reason: "It was allowed before." } as const;
    const { verdict, rule, layer, reason } = this.parts.policy.decide(this.askedOf(record, app));
    return verdict === "allow" ? { verdict, rule, layer, reason } : earlier;
  }
}
