// What is told about questions on demand: what is known of who asks, and how the last ones were answered.
import * as v from "valibot";
import { lifetimeSchema } from "./lifetime.ts";
import { appSchema, directionSchema, endpointSchema, scopeSchema } from "./words.ts";

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const shortText = v.pipe(v.string(), v.maxLength(4096));
const time = v.pipe(v.string(), v.isoTimestamp());
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

export const promptDetailsSchema = v.object({
  /** The process that asked first, then what started it, upwards, by the names their files have for themselves; empty when it is gone. */
  processes: v.array(v.object({ pid: v.number(), path: shortText })),
  /** What the user of that process is called on this computer. */
  user: v.nullable(shortText),
  /** When Picket met the app; null where that was before it kept such things. */
  firstSeen: v.nullable(time),
  /** What this app did since midnight, as far as the helper remembers its flows. */
  today: v.object({ allowed: count, blocked: count, destinations: count, bytesIn: count, bytesOut: count }),
});
export type PromptDetails = v.InferOutput<typeof promptDetailsSchema>;

export const recentAnswerSchema = v.object({
  /** The prompt's. */
  id: shortText,
  time,
  app: appSchema,
  direction: directionSchema,
  action: v.picklist(["allow", "block"]),
  scope: scopeSchema,
  lifetime: lifetimeSchema,
  /** What it was about: the first endpoint, how many there were, their domain. */
  endpoint: endpointSchema,
  endpoints: count,
  domain: v.nullable(shortText),
  /** What rules.undo takes back; null where the answer made no rule, or it was taken back. */
  change: v.nullable(v.number()),
  undone: v.boolean(),
});
export type RecentAnswer = v.InferOutput<typeof recentAnswerSchema>;

const { protocol, address, port } = endpointSchema.entries;
/** The endpoints of a card as somebody had it in view: what tells one from another. */
export const shownSchema = v.pipe(v.array(v.strictObject({ protocol, address, port })), v.maxLength(256));
export type Shown = v.InferOutput<typeof shownSchema>;

export function shownOf(endpoints: readonly Shown[number][]): Shown {
  return endpoints.map(({ protocol, address, port }) => ({ protocol, address, port }));
}

export const questionMethods = {
  /** What is known of who asks, as of this moment. Errors: unknown_prompt. */
  "prompts.details": { params: v.strictObject({ id }), result: promptDetailsSchema },
  /** The last answers since the helper started, newest first. */
  "answers.list": { params: v.strictObject({}), result: v.array(recentAnswerSchema) },
} as const;
