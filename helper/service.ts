// The contract's methods on the helper's side.
import { readlinkSync } from "node:fs";
import { release } from "node:os";
import { CodedError } from "../contract/errors.ts";
import { contractVersion, type MethodName, type ParsedParams, type Result, type Topic } from "../contract/methods.ts";
import type { Profile, Prompt, Rule, Standing, Status } from "../contract/words.ts";
import type { Backups, Wanting } from "./backup.ts";
import type { BlocklistService } from "./blocklists/service.ts";
import type { Degraded } from "./degraded.ts";
import type { Engine } from "./engine.ts";
import type { Runs } from "./guard/runs.ts";
import type { historyService } from "./history/service.ts";
import { withAppKeys } from "./identity/rule-app.ts";
import type { Journal } from "./journal/journal.ts";
import { closeDescriptor, isStillThere, peerPidfd } from "./kernel/peer.ts";
import type { Learning } from "./learning.ts";
import type { Modes } from "./modes.ts";
import type { Monitor } from "./monitor/monitor.ts";
import { makeMonitorService } from "./monitor/service.ts";
import { ownFlows } from "./own-session.ts";
import { mayBring } from "./people/backups.ts";
import type { AdminLock } from "./people/locks.ts";
import { isOwnChange, type World } from "./people/scopes.ts";
import { type Tailor, wholeFor } from "./people/tailor.ts";
import { type Served, sees, type Viewer } from "./people/viewer.ts";
import { gatewayText } from "./policy/profile.ts";
import type { Probation } from "./probation.ts";
import type { Authority } from "./server/authority.ts";
import type { Call, Connection } from "./server/connection.ts";
import { pass } from "./server/gate.ts";
import { rightOf } from "./server/rights.ts";
import { accountOf } from "./server/window-group.ts";
import { coded } from "./store/trouble.ts";

export interface ServiceParts {
  readonly engine: Engine;
  readonly monitor: Monitor;
  readonly runs: Runs;
  readonly blocklists: BlocklistService;
  readonly modes: Modes;
  readonly probation: Probation;
  readonly learning: Learning;
  readonly backups: Backups;
  readonly history: ReturnType<typeof historyService>;
  readonly countries: Status["countries"];
  /** Every one there is, by name. */
  profiles(): Profile[];
  readonly version: string;
  guarded(): string[];
  degraded(): Degraded[];
  counters(): Record<string, number>;
  readonly journal: Journal;
  /** Hears of what the database could not do. */
  storeFailed(error: unknown): void;
  stop(): void;
  readonly authority: Authority;
  readonly people: People;
  readonly lock: AdminLock;
}

/** Who is told apart, and what is whose. */
export interface People {
  readonly served: Served;
  /** Uid of who looks after the computer. */
  readonly owner: number;
  viewerOf(uid: number): Viewer;
  readonly world: World;
  readonly tailor: Pick<Tailor, "remember">;
}

type Methods = {
  /** `byAdmin`: an administrator consented to it. */
  [M in MethodName]: (params: ParsedParams<M>, client: Connection, byAdmin: boolean) => Result<M> | Promise<Result<M>>;
};

function standingOf({ modes, probation }: ServiceParts, { uid, everything }: Viewer): Standing {
  return { ...modes.standing, trial: probation.trialOf(uid, everything) };
}

export function statusOf(parts: ServiceParts, viewer: Viewer): Status {
  return {
    helper: "running",
    version: parts.version,
    kernel: release(),
    ...standingOf(parts, viewer),
    people: { served: parts.people.served, owner: parts.people.owner },
    level: parts.authority.windowGroup === null ? "open" : "protected",
    guarded: parts.guarded(),
    degraded: parts.degraded(),
    locked: [...parts.lock.read().locked],
    prompts: parts.engine.prompts.count,
    pid: process.pid,
    counters: parts.counters(),
    countries: parts.countries,
  };
}

/** The whole of a topic, as far as the watcher may see it, as the first event. */
function tellWhole(parts: ServiceParts, topic: Topic, client: Connection): void {
  const { engine } = parts;
  const { world, tailor, viewerOf } = parts.people;
  const viewer = viewerOf(client.peer.uid);
  const whole = () => {
    switch (topic) {
      case "status":
        return wholeFor(viewer, topic, statusOf(parts, viewer), world);
      case "prompts":
        return wholeFor(viewer, topic, engine.prompts.list(), world);
      case "flows":
        return wholeFor(viewer, topic, engine.listFlows(viewer.everything ? 1000 : 5000), world);
      case "rules":
        return wholeFor(viewer, topic, engine.listRules(), world);
      case "blocklists":
        return wholeFor(viewer, topic, parts.blocklists.lists(), world);
    }
  };
  const own = whole();
  tailor.remember(client, topic, own);
  client.event(topic, Array.isArray(own) ? { full: true, changed: own, removed: [] } : own);
}

/** Rules of a change that are told one by one: as many fit into an answer. */
const mostTold = 200;

function rulesText(ids: readonly string[]): string {
  return ids.length === 1 ? `Rule ${ids[0]}` : `${ids.length} rules`;
}

/** What became of the rules. */
function differenceOf(before: readonly Rule[], after: readonly Rule[]): Result<"rules.undo"> {
  // When a length of time is over is told anew each time, by the clock on the wall.
  const asText = (rule: Rule) => JSON.stringify({ ...rule, expires: null });
  const without = (rules: readonly Rule[], others: readonly Rule[]) => {
    const known = new Map(others.map((rule) => [rule.id, rule]));
    return rules.filter((rule) => {
      const other = known.get(rule.id);
      // What nobody touched is the very same object.
      return other !== rule && (other === undefined || asText(other) !== asText(rule));
    });
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
  const viewerOf = (client: Connection) => parts.people.viewerOf(client.peer.uid);
  /** Whose rules a client's are; null: everybody's. */
  const ruleUser = (client: Connection) => (viewerOf(client).everything ? null : client.peer.uid);
  /** Whose looks at files are one after another: as in server.ts, the window has its own. */
  const askerOf = ({ peer }: Connection) => accountOf(peer, parts.authority.windowGroup);
  const named = async <T extends { app?: string | null }>(asked: T, client: Connection): Promise<T> => {
    const [whole = asked] = await withAppKeys([asked], askerOf(client));
    return whole;
  };
  /** A change that is on trial if it cuts the caller's own connection, or with `seconds`. */
  const attempt = <T>(client: Connection, what: string, work: () => T, seconds: number | null = null): T =>
    probation.attempt({ what, pid: client.peer.pid, uid: client.peer.uid, seconds }, work);
  const changing = (client: Connection, what: string, work: () => void, seconds: number | null = null): Standing => {
    attempt(client, what, work, seconds);
    return standingOf(parts, viewerOf(client));
  };
  const restoring = (client: Connection, byAdmin: boolean, dryRun: boolean): Wanting => ({
    dryRun,
    asker: askerOf(client),
    may: (brought) => byAdmin || mayBring(brought, viewerOf(client), parts.people.world),
    attempt: (work) => attempt(client, "A backup restored.", work),
  });
  const undoing = (client: Connection, byAdmin: boolean, dryRun: boolean): Wanting => ({
    dryRun,
    asker: askerOf(client),
    may: (brought) => {
      const users = brought.map(({ user }) => user);
      return byAdmin || isOwnChange(users, viewerOf(client), parts.people.world);
    },
    attempt: (work) => attempt(client, "A restore taken back.", work),
  });
  /** What would be refused though its person consents is refused before they are asked to. */
  const rehearse = (method: MethodName, params: ParsedParams<MethodName>, client: Connection) => {
    if (method === "backup.undo") return parts.backups.undo(undoing(client, false, true));
    if (method !== "backup.restore" || (params as ParsedParams<"backup.restore">).dryRun) return null;
    return parts.backups.restore(client, restoring(client, false, true));
  };
  /** Connections that ever handed over a backup or a file of rules. */
  const handing = new WeakSet<Connection>();
  /** What a connection hands over goes with it. */
  const handsOver = (client: Connection) => {
    if (handing.has(client)) return;
    handing.add(client);
    client.socket.once("close", () => {
      parts.backups.forget(client);
      engine.rulesFiles.forget(client);
    });
  };
  const service: Methods = {
    hello: () => ({ contract: contractVersion, version: parts.version }),
    status: (_, client) => statusOf(parts, viewerOf(client)),
    "prompts.list": () => engine.prompts.list(),
    "prompts.answer": ({ id, action, scope, lifetime, shown }, client) => {
      const answer = () => engine.answers.answer(id, action, scope, lifetime, shown);
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
    "rules.stage": async (part, client) => {
      handsOver(client);
      return engine.rulesFiles.stage(client, { ...part, rules: await withAppKeys(part.rules, askerOf(client)) });
    },
    "rules.apply": (asked, client) =>
      attempt(client, "Rules from a file.", () => engine.rulesFiles.apply(client, asked, ruleUser(client))),
    "rules.undo": ({ change }, client) => {
      const before = engine.listRules();
      const { pid, uid } = client.peer;
      const asked = { what: "A change of rules taken back.", pid, uid, seconds: null };
      probation.attempt(
        asked,
        () => engine.edits.undo(change),
        (inverse) => inverse,
      );
      return differenceOf(before, engine.listRules());
    },
    explain: async (asked, client) => engine.explain(await named(asked, client)),
    "rules.add": (rule, client) => {
      const { profile } = rule;
      // It would never count, and a person would believe in it.
      if (profile !== null && !parts.profiles().some(({ name }) => name === profile))
        throw new CodedError("unknown_profile", profile);
      return attempt(client, "A new rule.", () => engine.edits.add(rule));
    },
    "rules.remove": ({ ids }, client) => attempt(client, `${rulesText(ids)} removed.`, () => engine.edits.remove(ids)),
    "rules.enable": ({ ids, enabled }, client) =>
      attempt(client, `${rulesText(ids)} ${enabled ? "enabled" : "disabled"}.`, () =>
        engine.edits.enable(ids, enabled),
      ),
    "mode.set": ({ mode, confirmWithin }, client) => {
      const begins = mode === "learn" && modes.state.mode !== "learn";
      const standing = changing(client, `Mode ${mode}.`, () => modes.set({ mode }), confirmWithin);
      if (begins) learning.begin();
      return standing;
    },
    confirm: (_, client) => {
      probation.confirm(client.peer.uid, viewerOf(client).everything);
      return standingOf(parts, viewerOf(client));
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
    "learn.review": (_, client) => learning.review(ruleUser(client)),
    "learn.accept": ({ ids }, client) => learning.accept(ids, ruleUser(client)),
    "learn.forget": ({ ids }, client) => learning.forget(ids, ruleUser(client)),
    "rules.except": ({ flow, everybody }, client) =>
      attempt(client, "An exception to blocklists.", () =>
        engine.edits.except(flow, everybody, ruleUser(client) !== null),
      ),
    "flows.list": ({ limit }) => engine.listFlows(limit),
    ...makeMonitorService(
      parts.monitor,
      engine.ending,
      (client) => {
        const viewer = viewerOf(client);
        return viewer.everything ? null : ({ person }) => sees(viewer, person);
      },
      (pid) => ownFlows(pid, { live: () => engine.liveFlows() }),
    ),
    ...parts.blocklists.methods,
    ...parts.history,
    "backup.read": () => parts.backups.read(),
    "backup.append": (piece, client) => {
      handsOver(client);
      return { length: parts.backups.append(client, piece) };
    },
    "backup.restore": ({ dryRun }, client, byAdmin) =>
      parts.backups.restore(client, restoring(client, byAdmin, dryRun)),
    "backup.undo": (_, client, byAdmin) => parts.backups.undo(undoing(client, byAdmin, false)),
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
      for (const topic of fresh) tellWhole(parts, topic, client);
      return {};
    },
  };
  const gate = { ...parts, rehearse, isStill: ({ socket, peer }: Connection) => isStillThere(socket, peer) };
  return async ({ method, params, client }) => {
    const noted = isDecision(method, params) ? noteOf(parts, method, params, client) : null;
    try {
      // What a rule is about must stand when it is judged who may make it: to look for it takes time.
      const whole = method === "rules.add" ? await named(params as ParsedParams<"rules.add">, client) : params;
      return await pass(gate, { method, params: whole, client }, async (asked, byAdmin) => {
        const serve = service[method] as (...given: unknown[]) => Promise<Result<typeof method>>;
        const result = await (noted?.during(async () => serve(asked, client, byAdmin)) ??
          serve(asked, client, byAdmin));
        if (!onTheWay.includes(method)) noted?.ended("done", result);
        return result;
      });
    } catch (error) {
      parts.storeFailed(error);
      const told = coded(error);
      noted?.ended(told instanceof CodedError ? told.code : "internal", null);
      throw told;
    }
  };
}

/** Parts of a text on their way decide nothing, unless they are refused. */
const onTheWay: readonly MethodName[] = ["blocklists.begin", "blocklists.append"];

function isDecision(method: MethodName, params: unknown): boolean {
  return rightOf(method, params as ParsedParams<MethodName>) !== "read" && method !== "blocklists.append";
}

/** Who asks for what, as it is before it is done; the journal hears of it with its outcome. */
function noteOf(parts: ServiceParts, method: MethodName, params: unknown, { peer }: Connection) {
  const { id } = params as { id?: string };
  const prompt = method === "prompts.answer" || method === "prompts.dismiss" ? promptOf(parts.engine, id) : null;
  const by = { uid: peer.uid, pid: peer.pid, exe: executableOf(peer.pid) };
  return {
    during: <T>(work: () => Promise<T>) => parts.journal.during(by, work),
    ended: (outcome: string, result: unknown) => parts.journal.decided({ method, params, by, outcome, prompt, result }),
  };
}

function promptOf({ prompts }: Engine, id = ""): Prompt | null {
  try {
    return prompts.find(id).prompt;
  } catch {
    return null;
  }
}

function executableOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return null; // it is gone
  }
}
