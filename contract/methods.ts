// The methods a client may call and the events it may watch. Server, client and preload are derived from these objects.
import * as v from "valibot";
import { backupMethods } from "./backup.ts";
import { blocklistMethods, blocklistSchema } from "./blocklists.ts";
import { historyMethods } from "./history.ts";
import { durationSchema, lifetimeSchema, ruleLifetimeSchema } from "./lifetime.ts";
import { monitorMethods, monitorUpdateSchema } from "./monitor.ts";
import { questionMethods, shownSchema } from "./questions.ts";
import { rulesAtOnce } from "./rules-at-once.ts";
import { factoryRulesSchema, fileRuleSchema } from "./rules-file.ts";
import {
  actionSchema,
  directionSchema,
  flowSchema,
  layerSchema,
  matcherSchema,
  modeSchema,
  networksSchema,
  profileSchema,
  promptSchema,
  proposalSchema,
  protocolSchema,
  ruleDirectionSchema,
  ruleSchema,
  scopeSchema,
  standingSchema,
  statusSchema,
  zoneSchema,
} from "./words.ts";

/** Raised whenever an old client and a new helper would misunderstand one another. */
export const contractVersion = 7;

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const nothing = v.strictObject({});
const done = v.object({});

export const topics = ["status", "prompts", "flows", "rules", "blocklists"] as const;
export const topicSchema = v.picklist(topics);
export type Topic = v.InferOutput<typeof topicSchema>;

const appPath = v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096));
const somePort = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));

/** What is decided, and why. */
const explained = {
  verdict: actionSchema,
  rule: v.nullable(v.string()),
  layer: layerSchema,
  reason: v.string(),
} as const;

const someRules = v.pipe(
  v.array(id),
  v.minLength(1),
  v.maxLength(rulesAtOnce),
  v.check((ids) => new Set(ids).size === ids.length, "one of them twice"),
);

const seconds = v.pipe(v.number(), v.integer(), v.minValue(5), v.maxValue(3600));
const profileName = profileSchema.entries.name;

/** A person's rule before it has an id: what is left out is any. */
export const newRuleSchema = v.strictObject({
  app: v.nullable(appPath),
  via: v.optional(v.nullable(appPath), null),
  user: v.optional(matcherSchema.entries.user, null),
  action: actionSchema,
  address: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null),
  /** Any way to write a host name that a browser takes. */
  host: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(1024))), null),
  domain: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(1024))), null),
  zone: v.optional(v.nullable(zoneSchema), null),
  port: v.optional(v.nullable(somePort), null),
  portTo: v.optional(v.nullable(somePort), null),
  protocol: v.optional(v.nullable(protocolSchema), null),
  direction: v.optional(ruleDirectionSchema, "outbound"),
  profile: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(64))), null),
  lifetime: v.optional(ruleLifetimeSchema, "forever"),
  note: v.optional(v.pipe(v.string(), v.maxLength(1024)), ""),
});

export type NewRuleParams = v.InferInput<typeof newRuleSchema>;

/**
 * `params`: what the client sends (unknown keys are refused); `result`: what the helper answers.
 * Errors: any code of errors.ts.
 */
export const methods = {
  /** Must come first on every connection. */
  hello: {
    params: v.strictObject({ contract: v.number(), client: v.pipe(v.string(), v.maxLength(64)) }),
    result: v.object({ contract: v.number(), version: v.string() }),
  },
  status: { params: nothing, result: statusSchema },
  "prompts.list": { params: nothing, result: v.array(promptSchema) },
  /** Takes an item out of the inbox; no rule is made, and the next attempt asks again. Errors: unknown_prompt, already_answered, prompt_held. */
  "prompts.dismiss": { params: v.strictObject({ id }), result: done },
  /**
   * `shown`: the endpoints that the person saw. An answer that would mean more by now, as further ones have joined the card, is refused.
   * Errors: unknown_prompt, already_answered (and how), app_unknown, prompt_not_held (`once` on an inbox item), not_running, name_unknown
   * (host, domain), question_changed, too_many_rules. `rules`: ids of the rules it made.
   */
  "prompts.answer": {
    params: v.strictObject({
      id,
      action: v.picklist(["allow", "block"]),
      scope: v.optional(scopeSchema, "endpoint"),
      lifetime: v.optional(lifetimeSchema, "once"),
      shown: v.optional(shownSchema),
    }),
    /** `change`: what rules.undo takes back; null where the answer made no rule. */
    result: v.object({
      rules: v.array(v.string()),
      settled: v.array(v.string()),
      change: v.nullable(v.number()),
    }),
  },
  ...questionMethods,
  "rules.list": { params: nothing, result: v.array(ruleSchema) },
  /**
   * A rule with an identical matcher is replaced, a temporary one only by a temporary one. An `address` is made canonical.
   * Errors: bad_address, bad_name, bad_matcher, interpreter_alone, not_running (`quit`), unknown_profile, too_many_rules.
   */
  "rules.add": {
    params: newRuleSchema,
    /** `replaced`: id of the rule that had the same matcher. `change`: what rules.undo takes back; null where nothing changed. */
    result: v.object({ ...ruleSchema.entries, replaced: v.nullable(v.string()), change: v.nullable(v.number()) }),
  },
  /** All of them or none, in one change. `change`: as for rules.add. Errors: unknown_rule, factory_rule. */
  "rules.remove": {
    params: v.strictObject({ ids: someRules }),
    result: v.object({ change: v.nullable(v.number()) }),
  },
  /** As rules.remove. Errors: unknown_rule. */
  "rules.enable": {
    params: v.strictObject({ ids: someRules, enabled: v.boolean() }),
    result: v.object({ change: v.nullable(v.number()) }),
  },
  /**
   * Takes rules of a file in, a part at a time as requests are bounded, for this connection's rules.apply. `first`: forgets earlier parts.
   * One connection of each user's at a time: the last to begin. Nothing changes yet. `problems`: rules that cannot be, by their place in all
   * parts together; such a rule is left out. Errors: too_large (more than there can be: rulesInFile), bad_rules_file (another began).
   */
  "rules.stage": {
    params: v.strictObject({ first: v.boolean(), rules: v.array(fileRuleSchema) }),
    result: v.object({
      staged: v.number(),
      problems: v.array(v.object({ at: v.number(), code: v.string(), message: v.string() })),
    }),
  },
  /**
   * Makes the permanent rules exactly those that were staged, in one change that can be taken back, or tells what that would do. What is
   * temporary stays. `source`: only imports of that source are replaced, and what was staged becomes such imports. Otherwise all of people's
   * rules and imports are, and `factory` says which factory rules are enabled: those it does not name are. Errors: unknown_rule (factory), too_many_rules,
   * bad_rules_file (none was staged here, or a rule that is no import of the source).
   */
  "rules.apply": {
    params: v.strictObject({
      source: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(256))), null),
      factory: v.optional(factoryRulesSchema, {}),
      dryRun: v.optional(v.boolean(), false),
    }),
    /** Staged rules by their place, others by id. `change`: what rules.undo takes back; null where nothing changed. */
    result: v.object({
      added: v.array(v.number()),
      changed: v.array(v.object({ id: v.string(), at: v.number() })),
      removed: v.array(v.string()),
      factory: v.array(v.object({ id: v.string(), enabled: v.boolean() })),
      change: v.nullable(v.number()),
    }),
  },
  /** Takes a change of rules back: added, removed, enabled, or an answer. Without `change` the newest. Errors: nothing_to_undo, too_many_rules. */
  "rules.undo": {
    params: v.strictObject({ change: v.optional(v.nullable(v.number()), null) }),
    /** Rules that are there no more, and those that are back, as they were; one that only changed is in both. `more`: left out of these. */
    result: v.object({ removed: v.array(ruleSchema), restored: v.array(ruleSchema), more: v.number() }),
  },
  /**
   * What would happen to a flow. `host`: the trusted name of its destination, without which it has none that anybody knows; `address`
   * may be left out then: it is answered for one on the internet that no rule names, and `at` tells where that name is known to lead and
   * the verdict is another, by rules about the address or by what else is called so. Errors: bad_address, bad_name, bad_matcher (neither host nor address).
   */
  explain: {
    params: v.strictObject({
      app: appPath,
      via: v.optional(v.nullable(appPath), null),
      user: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
      host: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(1024))), null),
      address: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null),
      port: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65535)),
      protocol: v.optional(protocolSchema, "tcp"),
      direction: v.optional(directionSchema, "outbound"),
    }),
    result: v.object({
      ...explained,
      at: v.optional(v.array(v.object({ address: v.string(), ...explained }))),
    }),
  },
  /**
   * What comes last, where no rule says anything. `confirmWithin` seconds: it takes itself back unless `confirm` comes in time. So does
   * every change of mode, lockdown, pause, profile or rules that would cut the connection over which the caller works (`trial`).
   */
  "mode.set": {
    params: v.strictObject({ mode: modeSchema, confirmWithin: v.optional(v.nullable(seconds), null) }),
    result: standingSchema,
  },
  /** Keeps what is on trial. Errors: nothing_to_confirm; question_changed, where it is another by the time somebody consents. */
  confirm: { params: nothing, result: standingSchema },
  /** Allows everything for so long, awake or asleep, at most until the machine restarts; null ends it. */
  pause: { params: v.strictObject({ for: v.nullable(durationSchema) }), result: standingSchema },
  /** Nothing leaves or enters this computer until it is switched off. */
  lockdown: { params: v.strictObject({ on: v.boolean() }), result: standingSchema },
  /** By hand, until it is `automatic` again: then the network chooses. Errors: unknown_profile. */
  "profile.set": {
    params: v.union([
      v.strictObject({ name: v.nullable(profileName) }),
      v.strictObject({ automatic: v.literal(true) }),
    ]),
    result: standingSchema,
  },
  /** `networks` is null where NetworkManager does not run: then profiles change by hand only. */
  "profiles.list": {
    params: nothing,
    result: v.object({ profiles: v.array(profileSchema), networks: v.nullable(networksSchema) }),
  },
  /** Makes a profile, or gives one other conditions. Errors: bad_address (`gateway`). */
  "profiles.define": {
    params: v.strictObject({
      name: profileName,
      ssid: v.optional(profileSchema.entries.ssid, null),
      gateway: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null),
      vpn: v.optional(profileSchema.entries.vpn, null),
    }),
    result: profileSchema,
  },
  /** Its rules stay (`rules`: their ids), and count again when it is defined again. Errors: unknown_profile. */
  "profiles.remove": {
    params: v.strictObject({ name: profileName }),
    result: v.object({ rules: v.array(v.string()) }),
  },
  /** Rules that would allow what was seen since learning began, most used first. `since` is null when Picket never learned. */
  "learn.review": {
    params: nothing,
    result: v.object({
      since: v.nullable(v.pipe(v.string(), v.isoTimestamp())),
      proposals: v.array(proposalSchema),
    }),
  },
  /** Makes rules of proposals, in one change, and forgets what they were made of. Errors: unknown_proposal, too_many_rules. */
  "learn.accept": {
    params: v.strictObject({ ids: v.pipe(v.array(id), v.minLength(1), v.maxLength(2000)) }),
    result: v.object({ rules: v.array(ruleSchema), change: v.nullable(v.number()) }),
  },
  /** Forgets what proposals were made of, without a rule. Errors: unknown_proposal. */
  "learn.forget": {
    params: v.strictObject({ ids: v.pipe(v.array(id), v.minLength(1), v.maxLength(2000)) }),
    result: done,
  },
  /** Newest first; `limit` at most 5,000. */
  "flows.list": {
    params: v.strictObject({
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5000)), 1000),
    }),
    result: v.array(flowSchema),
  },
  ...monitorMethods,
  ...blocklistMethods,
  ...historyMethods,
  ...backupMethods,
  /**
   * Lets a flow's app, or with `everybody` any, past the blocklists to where the flow went: rules that allow whatever of it is listed, in
   * one change. Errors: unknown_flow, not_listed, app_unknown, too_many_rules.
   */
  "rules.except": {
    params: v.strictObject({ flow: v.pipe(v.string(), v.maxLength(256)), everybody: v.optional(v.boolean(), false) }),
    result: v.object({ rules: v.array(ruleSchema), change: v.nullable(v.number()) }),
  },
  /** Moves the *calling process* into a guarded cgroup of its own. Errors: run_failed. */
  "run.enter": {
    params: v.strictObject({ name: v.pipe(v.string(), v.maxLength(64)) }),
    result: v.object({ cgroup: v.string() }),
  },
  /** Ends the helper; root only. Errors: not_permitted. */
  "helper.stop": { params: nothing, result: done },
  /** Chooses the events this connection receives. For every topic newly watched, one event with the whole state follows first. */
  watch: { params: v.strictObject({ topics: v.pipe(v.array(topicSchema), v.maxLength(8)) }), result: done },
} as const;

export type Methods = typeof methods;
export type MethodName = keyof Methods;
export type Params<M extends MethodName> = v.InferInput<Methods[M]["params"]>;
export type ParsedParams<M extends MethodName> = v.InferOutput<Methods[M]["params"]>;
export type Result<M extends MethodName> = v.InferOutput<Methods[M]["result"]>;

/** `full`: replaces what the client knows of the topic. Otherwise `changed` is merged by id, then `removed` ids go. */
function collection<T extends v.GenericSchema>(item: T) {
  return v.object({ full: v.boolean(), changed: v.array(item), removed: v.array(v.string()) });
}

/** What arrives for a watched topic, at most ten times a second each. */
export const events = {
  status: statusSchema,
  prompts: collection(promptSchema),
  flows: collection(flowSchema),
  rules: collection(ruleSchema),
  blocklists: collection(blocklistSchema),
} as const satisfies Record<Topic, v.GenericSchema>;

/** What arrives outside of any topic: only to whom it concerns. */
export const eventNames = [...topics, "monitor"] as const;
export type EventName = (typeof eventNames)[number];
export const eventSchemas = { ...events, monitor: monitorUpdateSchema } as const satisfies Record<
  EventName,
  v.GenericSchema
>;

export type Events = { [T in Topic]: v.InferOutput<(typeof events)[T]> };
