// What each method shows and lets do of what belongs to somebody: the one list that keeps people apart. Pure; root, and an owner whom alone
// the helper serves, pass it by.
import { CodedError } from "../../contract/errors.ts";
import type { HistoryEvent, HistoryNetwork } from "../../contract/history.ts";
import type { MethodName, ParsedParams, Result } from "../../contract/methods.ts";
import type { Flow, Prompt, Rule, Standing, Status, Trial } from "../../contract/words.ts";
import { wholeBackup } from "./backups.ts";
import { looksAfter, mayRule, sees, seesRule, type Viewer } from "./viewer.ts";

type Person = Flow["person"];

/** What has to be known of things that are only named. "unknown": there is no such thing. */
export interface World {
  isPerson(uid: number): boolean;
  personOfPrompt(id: string): Person | "unknown";
  /** Open ones and those in the inbox. */
  countPrompts(viewer: Viewer): number;
  promptOf(id: string): Prompt | undefined;
  flowOf(id: string): Flow | undefined;
  ruleOf(id: string): Rule | undefined;
  /** Users whose rules a change of rules was about, the newest change first. */
  changes(): Iterable<{ id: number; users: readonly (number | null)[] }>;
  /** What the user has on trial; null: nothing. */
  trialOf(uid: number): Trial | null;
  /** Whether history has anything of the app's by processes of the user. */
  hasUsed(app: string, uid: number): boolean;
  /** The networks in which history has anything of processes of the user. */
  networksOf(uid: number): readonly HistoryNetwork[];
  /** Users whom permanent rules are for; null: everybody. */
  ruleUsers(): readonly (number | null)[];
  privateApps(): readonly string[];
  /** Users of whose processes history has anything. */
  historyUsers(): readonly number[];
}

/** What the viewer has to be for it: anybody, or one who looks after the whole machine. */
export type Demand = "anybody" | "keeper" | "admin";

interface Scope<M extends MethodName> {
  /** Errors: as for what does not exist, where it is somebody else's. */
  readonly demands?: (params: ParsedParams<M>, viewer: Viewer, world: World) => Demand;
  /** The same request as far as the viewer may ask it. Errors: not_permitted. */
  readonly enter?: (params: ParsedParams<M>, viewer: Viewer, world: World) => ParsedParams<M>;
  /** What the viewer is told of the answer; `asked`: before `enter`. */
  readonly leave?: (result: Result<M>, viewer: Viewer, world: World, asked: ParsedParams<M>) => Result<M>;
}

/** open: nobody's in particular, or the service itself tells people apart. machine: everybody's at once. */
type Entry<M extends MethodName> = "open" | "machine" | Scope<M>;

/** A path at which no app is. */
const noApp = "/";

/** What is somebody else's is not there. */
function ownPrompt({ id }: { id: string }, viewer: Viewer, world: World): Demand {
  const person = world.personOfPrompt(id);
  if (person !== "unknown" && !sees(viewer, person)) throw new CodedError("unknown_prompt", id);
  return "anybody";
}

function ownFlow(id: string, viewer: Viewer, world: World): Flow {
  const flow = world.flowOf(id);
  if (flow === undefined || !sees(viewer, flow.person)) throw new CodedError("unknown_flow", id);
  return flow;
}

/** Of several, whoever may change each of them. */
function ownRules({ ids }: { ids: readonly string[] }, viewer: Viewer, world: World): Demand {
  const demands = new Set(ids.map((id) => ownRule(id, viewer, world)));
  return (["admin", "keeper"] as const).find((demand) => demands.has(demand)) ?? "anybody";
}

/** A rule that everybody sees is the keeper's to change, one of root's an administrator's; of another's nobody hears. */
function ownRule(id: string, viewer: Viewer, { ruleOf, isPerson }: World): Demand {
  const rule = ruleOf(id);
  if (rule === undefined || !seesRule(viewer, rule, isPerson)) throw new CodedError("unknown_rule", id);
  if (mayRule(viewer, rule.user, isPerson)) return "anybody";
  return rule.user === null ? "keeper" : "admin";
}

/** A rule of a person's is for that person's processes; the keeper's may be for services. */
function ownUser(user: number | null, viewer: Viewer, { isPerson }: World): number {
  if (user === null) return viewer.uid;
  if (mayRule(viewer, user, isPerson)) return user;
  throw new CodedError("not_permitted", "a rule for another user is an administrator's to make");
}

/** A change of nothing but what the viewer may change, or looks after: what an administrator consented to can be taken back. */
export function isOwnChange(users: readonly (number | null)[], viewer: Viewer, { isPerson }: World): boolean {
  return users.every((user) =>
    user === null ? viewer.keeper : mayRule(viewer, user, isPerson) || looksAfter(viewer, user, isPerson),
  );
}

function ruleFor(viewer: Viewer, world: World): (rule: Rule) => Rule[] {
  return (rule) => {
    if (!seesRule(viewer, rule, world.isPerson)) return [];
    if (rule.user !== null) return [rule];
    // How often, and when last, is everybody's doing.
    const { uses: _uses, lastUsed: _last, hints, ...rest } = rule;
    const told = hints?.filter(({ kind }) => kind !== "unused") ?? [];
    return [{ ...rest, ...(told.length > 0 && { hints: told }) }];
  };
}

function standingFor<S extends Standing>(standing: S, viewer: Viewer, world: World): S {
  return { ...standing, trial: world.trialOf(viewer.uid) };
}

/** Without numbers that other people's apps move. What is wrong is everybody's to know, how often it was is not. */
function statusFor(status: Status, viewer: Viewer, world: World): Status {
  const degraded = status.degraded
    .filter(({ code }) => code !== "packetSockets" && code !== "outsideSockets")
    .map(({ code, message }) => ({ code, message: message.replace(/ \(\d+\)$/, "") }));
  return { ...standingFor(status, viewer, world), degraded, counters: {}, prompts: world.countPrompts(viewer) };
}

/** `names`: of the networks that the viewer's processes used. */
function eventFor(event: HistoryEvent, viewer: Viewer, world: World, names: ReadonlySet<string>): HistoryEvent[] {
  const { kind, app, from, to } = event;
  if (app !== null && !world.hasUsed(app, viewer.uid)) return [];
  if (kind !== "network") return [event];
  const [left, joined] = [from, to].map((name) => (name !== null && names.has(name) ? name : null));
  // Out of one's own network into another's: to where is not told, and so not that it was.
  if (to === null ? left === null : joined === null) return [];
  return [{ ...event, from: left ?? null }];
}

const scopes: { [M in MethodName]: Entry<M> } = {
  hello: "open",
  status: { leave: statusFor },
  "prompts.list": {
    leave: (prompts, viewer) => prompts.filter(({ process }) => sees(viewer, process.person)),
  },
  "prompts.dismiss": { demands: ownPrompt },
  "prompts.answer": {
    demands: (params, viewer, world) => {
      ownPrompt(params, viewer, world);
      const asked = world.promptOf(params.id)?.process;
      // What runs as another user (sudo) is allowed or blocked by who started it while it lasts; a rule for that user is more.
      const lasts = params.lifetime !== "once" && params.lifetime !== "quit";
      return asked !== undefined && lasts && !mayRule(viewer, asked.uid, world.isPerson) ? "admin" : "anybody";
    },
  },
  "prompts.details": { demands: ownPrompt, leave: (details) => ({ ...details, firstSeen: null }) },
  "answers.list": {
    leave: (answers, viewer, world) =>
      answers.filter(({ id }) => {
        const person = world.personOfPrompt(id);
        return person !== "unknown" && sees(viewer, person);
      }),
  },
  "rules.list": { leave: (rules, viewer, world) => rules.flatMap(ruleFor(viewer, world)) },
  "rules.stage": {
    enter: ({ first, rules }, viewer, world) => ({
      first,
      rules: rules.map((rule) => ({ ...rule, user: ownUser(rule.user ?? null, viewer, world) })),
    }),
  },
  // Which rows it is about, the service says; factory rules are everybody's.
  "rules.apply": { enter: (asked) => ({ ...asked, factory: {} }) },
  "rules.undo": {
    enter: ({ change }, viewer, world) => {
      for (const { id, users } of world.changes())
        if ((change === null || change === id) && isOwnChange(users, viewer, world)) return { change: id };
      throw new CodedError("nothing_to_undo");
    },
    leave: ({ removed, restored, more }, viewer, world) => ({
      removed: removed.flatMap(ruleFor(viewer, world)),
      restored: restored.flatMap(ruleFor(viewer, world)),
      more,
    }),
  },
  explain: {
    // Nobody's user in particular is one's own.
    enter: (asked, viewer, world) => ({ ...asked, user: ownUser(asked.user || null, viewer, world) }),
    // Which names lead where, somebody looked up.
    leave: ({ at: _at, ...told }) => told,
  },
  "rules.add": { enter: (rule, viewer, world) => ({ ...rule, user: ownUser(rule.user, viewer, world) }) },
  "rules.remove": { demands: ownRules },
  "rules.enable": { demands: ownRules },
  "rules.except": {
    demands: ({ flow }, viewer, world) =>
      mayRule(viewer, ownFlow(flow, viewer, world).user, world.isPerson) ? "anybody" : "admin",
  },
  "mode.set": "machine",
  confirm: {
    demands: (_, viewer, world) => {
      if (world.trialOf(viewer.uid) === null) throw new CodedError("nothing_to_confirm");
      return "anybody";
    },
    leave: standingFor,
  },
  pause: "machine",
  lockdown: "machine",
  "profile.set": "machine",
  "profiles.list": "open",
  "profiles.define": "machine",
  "profiles.remove": "machine",
  "learn.review": "open",
  "learn.accept": "open",
  "learn.forget": "open",
  "flows.list": {
    enter: (asked) => ({ ...asked, limit: 5000 }),
    leave: (flows, viewer, _, { limit }) => flows.filter(({ person }) => sees(viewer, person)).slice(0, limit),
  },
  "flows.end": {
    demands: ({ id }, viewer, world) => {
      ownFlow(id, viewer, world);
      return "anybody";
    },
  },
  "monitor.watch": "open",
  "monitor.leave": "open",
  "monitor.end": "open",
  "blocklists.list": { leave: (lists) => lists.map((list) => ({ ...list, hits: 0 })) },
  "blocklists.hits": { leave: () => [] },
  "blocklists.add": "machine",
  "blocklists.begin": "machine",
  // Of what this connection began: that is what was asked about.
  "blocklists.append": "open",
  "blocklists.commit": "open",
  "blocklists.remove": "machine",
  "blocklists.enable": "machine",
  "blocklists.refresh": "machine",
  "history.query": {
    enter: (asked, viewer) => {
      const { user } = asked.filter;
      if (user !== undefined && user !== viewer.uid) throw new CodedError("not_permitted", `user ${user}`);
      return { ...asked, filter: { ...asked.filter, user: viewer.uid } };
    },
  },
  "history.events": {
    // How many of the computer's own are left out beside it must not tell that somebody else's app is known.
    enter: (asked, viewer, world) =>
      asked.app === undefined || world.hasUsed(asked.app, viewer.uid) ? asked : { ...asked, app: noApp },
    leave: ({ events }, viewer, world) => {
      const names = new Set(world.networksOf(viewer.uid).map(({ name }) => name));
      return { events: events.flatMap((event) => eventFor(event, viewer, world, names)) };
    },
  },
  // Where this computer was is where its people were.
  "history.networks": {
    leave: ({ networks, current }, viewer, world) => {
      const own = new Set(world.networksOf(viewer.uid).map(({ id }) => id));
      return { networks: networks.filter(({ id }) => own.has(id)), current: current.filter((id) => own.has(id)) };
    },
  },
  "history.apps": {
    leave: ({ apps }, viewer, world) => ({ apps: apps.filter(({ path }) => world.hasUsed(path, viewer.uid)) }),
  },
  "history.settings": {
    leave: (settings, viewer, world) => ({
      ...settings,
      private: settings.private.filter((app) => world.hasUsed(app, viewer.uid)),
    }),
  },
  "history.configure": "machine",
  "history.setPrivate": "machine",
  "history.delete": "machine",
  // What one does to rules is looked at again where it is done: the text, and whose rules there are, may be others by then.
  "backup.read": { demands: wholeBackup },
  // Nothing but one's own text, until it is restored.
  "backup.append": "open",
  "backup.restore": { demands: wholeBackup },
  "backup.undo": { demands: wholeBackup },
  "run.enter": "open",
  "helper.stop": "open",
  watch: "open",
};

function scopeOf<M extends MethodName>(method: M): Scope<M> {
  const entry = scopes[method] as Entry<M>;
  if (entry === "open") return {};
  return entry === "machine" ? { demands: () => "keeper" } : entry;
}

/** Errors: as for what does not exist, where it is somebody else's. */
export function demandOf<M extends MethodName>(
  method: M,
  params: ParsedParams<M>,
  viewer: Viewer,
  world: World,
): Demand {
  if (viewer.everything) return "anybody";
  const demand = scopeOf(method).demands?.(params, viewer, world) ?? "anybody";
  return demand === "keeper" ? (viewer.keeper ? "anybody" : "admin") : demand;
}

/** Errors: not_permitted, nothing_to_undo. */
export function enter<M extends MethodName>(
  method: M,
  params: ParsedParams<M>,
  viewer: Viewer,
  world: World,
): ParsedParams<M> {
  if (viewer.everything) return params;
  return scopeOf(method).enter?.(params, viewer, world) ?? params;
}

export function leave<M extends MethodName>(
  method: M,
  result: Result<M>,
  viewer: Viewer,
  world: World,
  asked: ParsedParams<M>,
): Result<M> {
  if (viewer.everything) return result;
  return scopeOf(method).leave?.(result, viewer, world, asked) ?? result;
}
