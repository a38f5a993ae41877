// The methods a client may call and the events it may watch. Server, client and preload are derived from these objects.
import * as v from "valibot";
import { blocklistMethods, blocklistSchema } from "./blocklists.ts";
import { lifetimeSchema, ruleLifetimeSchema } from "./lifetime.ts";
import {
  actionSchema,
  flowSchema,
  promptSchema,
  protocolSchema,
  ruleDirectionSchema,
  ruleSchema,
  scopeSchema,
  statusSchema,
} from "./words.ts";

/** Raised whenever an old client and a new helper would misunderstand one another. */
export const contractVersion = 2;

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const nothing = v.strictObject({});
const done = v.object({});

export const topics = ["status", "prompts", "flows", "rules", "blocklists"] as const;
export const topicSchema = v.picklist(topics);
export type Topic = v.InferOutput<typeof topicSchema>;

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
  /** Errors: unknown_prompt, app_unknown, prompt_not_held (`once` on an inbox item), not_running. `rules`: ids of the rules it made. */
  "prompts.answer": {
    params: v.strictObject({
      id,
      action: v.picklist(["allow", "block"]),
      scope: v.optional(scopeSchema, "endpoint"),
      lifetime: v.optional(lifetimeSchema, "once"),
    }),
    result: v.object({ rules: v.array(v.string()), settled: v.array(v.string()) }),
  },
  "rules.list": { params: nothing, result: v.array(ruleSchema) },
  /**
   * `app`: executable path, null for any. A rule with an identical matcher is replaced, a temporary one only by a temporary one.
   * Errors: bad_address, interpreter_alone, not_running (`quit`).
   */
  "rules.add": {
    params: v.strictObject({
      app: v.nullable(v.pipe(v.string(), v.startsWith("/"), v.maxLength(4096))),
      action: actionSchema,
      address: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(64))), null),
      port: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535))), null),
      protocol: v.optional(v.nullable(protocolSchema), null),
      direction: v.optional(ruleDirectionSchema, "outbound"),
      lifetime: v.optional(ruleLifetimeSchema, "forever"),
      note: v.optional(v.pipe(v.string(), v.maxLength(1024)), ""),
    }),
    /** `replaced`: id of the rule that had the same matcher. */
    result: v.object({ ...ruleSchema.entries, replaced: v.nullable(v.string()) }),
  },
  /** Errors: unknown_rule, factory_rule. */
  "rules.remove": { params: v.strictObject({ id }), result: done },
  /** Errors: unknown_rule. */
  "rules.enable": { params: v.strictObject({ id, enabled: v.boolean() }), result: ruleSchema },
  /** Newest first; `limit` at most 5,000. */
  "flows.list": {
    params: v.strictObject({
      limit: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5000)), 1000),
    }),
    result: v.array(flowSchema),
  },
  ...blocklistMethods,
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
export type Events = { [T in Topic]: v.InferOutput<(typeof events)[T]> };
