// The contract's methods on the helper's side.
import { release } from "node:os";
import { CodedError } from "../contract/errors.ts";
import { contractVersion, type MethodName, type ParsedParams, type Result, type Topic } from "../contract/methods.ts";
import type { Degraded, Profile, Rule, Standing, Status } from "../contract/words.ts";
import type { BlocklistService } from "./blocklists/service.ts";
import type { Engine } from "./engine.ts";
import type { Runs } from "./guard/runs.ts";
import type { historyService } from "./history/service.ts";
import { withAppKeys } from "./identity/rule-app.ts";
import { closeDescriptor, peerPidfd } from "./kernel/peer.ts";
import type { Learning } from "./learning.ts";
import type { Modes } from "./modes.ts";
import type { Monitor } from "./monitor/monitor.ts";
import { makeMonitorService } from "./monitor/service.ts";
import { ownFlows } from "./own-session.ts";
import { gatewayText } from "./policy/profile.ts";
import type { Probation } from "./probation.ts";
import { type Authority, authorize } from "./server/authority.ts";
import type { Call, Connection } from "./server/connection.ts";

export interface ServiceParts {
  readonly engine: Engine;
  readonly monitor: Monitor;
  readonly runs: Runs;
  readonly blocklists: BlocklistService;
  readonly modes: Modes;
  readonly probation: Probation;
  readonly learning: Learning;
  readonly history: ReturnType<typeof historyService>;
  readonly countries: Status["countries"];
  /** Every one there is, by name. */
  profiles(): Profile[];
  readonly version: string;
  guarded(): string[];
  degraded(): Degraded[];
  counters(): Record<string, number>;
  stop(): void;
  readonly authority: Authority;
}

type Methods = {
  [M in MethodName]: (params: ParsedParams<M>, client: Connection) => Result<M> | Promise<Result<M>>;
};

export function standingOf({ modes, probation }: ServiceParts): Standing {
  return { ...modes.standing, trial: probation.trial };
}

export function statusOf(parts: ServiceParts): Status {
  return {
    helper: "running",
    version: parts.version,
    kernel: release(),
    ...standingOf(parts),
    level: parts.authority.windowGroup === null ? "open" : "protected",
    guarded: parts.guarded(),
    degraded: parts.degraded(),
    prompts: parts.engine.prompts.count,
    pid: process.pid,
    counters: parts.counters(),
    countries: parts.countries,
  };
}

/** The whole of a topic, as the first event of a watcher. */
function snapshot(parts: ServiceParts, topic: Topic): unknown {
  const { engine } = parts;
  const full = (changed: unknown[]) => ({ full: true, changed, removed: [] });
  switch (topic) {
    case "status":
      return statusOf(parts);
    case "prompts":
      return full(engine.prompts.list());
    case "flows":
      return full(engine.listFlows(1000));
    case "rules":
      return full(engine.listRules());
    case "blocklists":
      return full(parts.blocklists.lists());
  }
}

/** Rules of a change that are told one by one: as many fit into an answer. */
const mostTold = 200;

/** What became of the rules. */
function differenceOf(before: readonly Rule[], after: readonly Rule[]): Result<"rules.undo"> {
  // When a length of time is over is told anew each time, by the clock on the wall.
  const asText = (rule: Rule) => JSON.stringify({ ...rule, expires: null });
  const without = (rules: readonly Rule[], others: readonly Rule[]) => {
    const known = new Map(others.map((rule) => [rule.id, asText(rule)]));
    return rules.filter((rule) => known.get(rule.id) !== asText(rule));
  };
  const [removed, restored] = [without(before, after), without(after, before)];
  const more = Math.max(0, removed.length - mostTold) + Math.max(0, restored.length - mostTold);
  return { removed: removed.slice(0, mostTold), restored: restored.slice(0, mostTold), more };
}

async function enterRun(runs: Runs, name: string, client: Connection): Promise<{ cgroup: string }> {
  const pidfd = peerPidfd(client.socket);
  try {
    return { cgroup: await runs.enter(client.peer.pid, pidfd, name) };
  } finally {
    closeDescriptor(pidfd);
  }
}

export function makeService(parts: ServiceParts): (call: Call) => Promise<unknown> {
  const { engine, runs, modes, probation, learning } = parts;
  /** A change that is on trial if it cuts the caller's own connection, or with `seconds`. */
  const attempt = <T>(client: Connection, what: string, work: () => T, seconds: number | null = null): T =>
    probation.attempt({ what, pid: client.peer.pid, seconds }, work);
  const changing = (client: Connection, what: string, work: () => void, seconds: number | null = null): Standing => {
    attempt(client, what, work, seconds);
    return standingOf(parts);
  };
  const service: Methods = {
    hello: () => ({ contract: contractVersion, version: parts.version }),
    status: () => statusOf(parts),
    "prompts.list": () => engine.prompts.list(),
    "prompts.answer": ({ id, action, scope, lifetime }, client) => {
      const answer = () => engine.answers.answer(id, action, scope, lifetime);
      // Without a rule no connection fares otherwise than before: there is nothing to try, and to look for the caller's session is not cheap.
      return lifetime === "once" ? answer() : attempt(client, "An answer.", answer);
    },
    "prompts.dismiss": ({ id }) => {
      engine.answers.dismiss(id);
      return {};
    },
    "prompts.details": ({ id }) => engine.describePrompt(id),
    "answers.list": () => engine.answers.list(),
    "rules.list": () => engine.describeRules(),
    "rules.stage": async (part, client) =>
      engine.rulesFiles.stage(client, { ...part, rules: await Promise.all(part.rules.map(withAppKeys)) }),
    "rules.apply": (asked, client) =>
      attempt(client, "Rules from a file.", () => engine.rulesFiles.apply(client, asked)),
    "rules.undo": ({ change }, client) => {
      const before = engine.listRules();
      const asked = { what: "A change of rules taken back.", pid: client.peer.pid, seconds: null };
      probation.attempt(
        asked,
        () => engine.undo(change),
        (inverse) => inverse,
      );
      return differenceOf(before, engine.listRules());
    },
    explain: async (asked) => engine.explain(await withAppKeys(asked)),
    "rules.add": async (rule, client) => {
      const { profile } = rule;
      // It would never count, and a person would believe in it.
      if (profile !== null && !parts.profiles().some(({ name }) => name === profile))
        throw new CodedError("unknown_profile", profile);
      const named = await withAppKeys(rule);
      return attempt(client, "A new rule.", () => engine.addRule(named));
    },
    "rules.remove": ({ id }, client) => attempt(client, `Rule ${id} removed.`, () => engine.removeRule(id)),
    "rules.enable": ({ id, enabled }, client) =>
      attempt(client, `Rule ${id} ${enabled ? "enabled" : "disabled"}.`, () => engine.enableRule(id, enabled)),
    "mode.set": ({ mode, confirmWithin }, client) => {
      const begins = mode === "learn" && modes.state.mode !== "learn";
      const standing = changing(client, `Mode ${mode}.`, () => modes.set({ mode }), confirmWithin);
      if (begins) learning.begin();
      return standing;
    },
    confirm: () => {
      probation.confirm();
      return standingOf(parts);
    },
    pause: ({ for: length }, client) =>
      changing(client, length === null ? "No more pause." : `Pause ${length}.`, () => modes.pause(length)),
    lockdown: ({ on }, client) => changing(client, `Lockdown ${on ? "on" : "off"}.`, () => modes.set({ lockdown: on })),
    "profile.set": (choice, client) => changing(client, "Another profile.", () => modes.chooseProfile(choice)),
    "profiles.list": () => ({ profiles: parts.profiles(), networks: modes.networks }),
    "profiles.define": (given, client) => {
      const gateway = given.gateway === null ? null : gatewayText(given.gateway);
      if (given.gateway !== null && gateway === null) throw new CodedError("bad_address", given.gateway);
      const profile = { ...given, gateway };
      attempt(client, `Profile ${given.name} defined.`, () => modes.define(profile));
      return profile;
    },
    "profiles.remove": ({ name }, client) => {
      attempt(client, `Profile ${name} removed.`, () => modes.remove(name));
      return {
        rules: engine
          .listRules()
          .filter(({ profile }) => profile === name)
          .map(({ id }) => id),
      };
    },
    "learn.review": () => learning.review(),
    "learn.accept": ({ ids }) => learning.accept(ids),
    "rules.except": ({ flow, everybody }, client) =>
      attempt(client, "An exception to blocklists.", () => engine.except(flow, everybody)),
    "flows.list": ({ limit }) => engine.listFlows(limit),
    ...makeMonitorService(parts.monitor, engine.ending, (pid) => ownFlows(pid, { live: () => engine.liveFlows() })),
    ...parts.blocklists.methods,
    ...parts.history,
    "run.enter": ({ name }, client) => enterRun(runs, name, client),
    "helper.stop": (_, client) => {
      if (client.peer.uid !== 0) throw new CodedError("not_permitted", "only root may stop the helper");
      parts.stop();
      return {};
    },
    watch: ({ topics }, client) => {
      const fresh = topics.filter((topic) => !client.topics.has(topic));
      client.topics.clear();
      for (const topic of topics) client.topics.add(topic);
      for (const topic of fresh) client.event(topic, snapshot(parts, topic));
      return {};
    },
  };
  return async ({ method, params, client }) => {
    await authorize(parts.authority, client.peer, method, params);
    const serve = service[method] as (params: unknown, client: Connection) => unknown;
    return serve(params, client);
  };
}
