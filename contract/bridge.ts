// The words between the window's two halves: main/window (which holds the helper's socket) and renderer (which has only the DOM).
import * as v from "valibot";
import { type ErrorCode, errorCodes } from "./errors.ts";
import { type LanguageChoice, languageChoiceSchema } from "./language.ts";
import { type Events, type Params, type Result, type Topic, topics } from "./methods.ts";
import type { MonitorUpdate } from "./monitor.ts";

/** What a window watches all the time. Flows come by what it has on its screen (monitor.ts): to tell of all of them costs too much. */
export const windowTopics = topics.filter((topic): topic is Exclude<Topic, "flows"> => topic !== "flows");

/** The only methods a page may call; everything it reads arrives as updates instead. */
export const windowMethods = [
  "prompts.answer",
  "prompts.dismiss",
  "prompts.details",
  "answers.list",
  "rules.list",
  "rules.add",
  "rules.enable",
  "rules.remove",
  "rules.undo",
  "rules.except",
  "profiles.list",
  "monitor.watch",
  "monitor.leave",
  "monitor.end",
  "history.query",
  "history.events",
  "history.settings",
] as const;
export type WindowMethod = (typeof windowMethods)[number];

/** Parameters are checked a second time with the method's own schema. */
export const callSchema = v.strictObject({ method: v.picklist(windowMethods), params: v.unknown() });

/** An error keeps its code across Electron's IPC only as a value: a thrown one arrives as a bare sentence. */
export type Outcome<M extends WindowMethod> =
  | { ok: true; result: Result<M> }
  | { ok: false; code: ErrorCode; message: string };

/** What a page may ask of its own windows. Heights are CSS pixels. */
export const shellRequestSchema = v.variant("do", [
  /** Prompt window only: how tall its card is, and whether there is one at all. */
  v.strictObject({
    do: v.literal("fit-prompt"),
    visible: v.boolean(),
    height: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4000)),
  }),
  /** Prompt window only: the same as closing it. Never an answer. */
  v.strictObject({ do: v.literal("close-prompt") }),
  /** Brings the open questions back, also those put aside. */
  v.strictObject({ do: v.literal("open-prompt") }),
  /** Prompt window only: opens the main window at its inbox. */
  v.strictObject({ do: v.literal("open-inbox") }),
  /** Prompt window only: what to say of the card where a window cannot come up by itself. Empty: there is none. */
  v.strictObject({
    do: v.literal("announce"),
    title: v.pipe(v.string(), v.maxLength(200)),
    body: v.pipe(v.string(), v.maxLength(400)),
    show: v.pipe(v.string(), v.maxLength(60)),
    later: v.pipe(v.string(), v.maxLength(60)),
  }),
  /** Raises nothing about the app for so long; its questions stay open. */
  v.strictObject({
    do: v.literal("snooze"),
    app: v.pipe(v.string(), v.minLength(1), v.maxLength(8192)),
    minutes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(24 * 60)),
  }),
  v.strictObject({ do: v.literal("wake"), app: v.pipe(v.string(), v.maxLength(8192)) }),
  /** Main window only: speaks another language from now on. Every page is loaded anew. */
  v.strictObject({ do: v.literal("language"), choice: languageChoiceSchema }),
]);
export type ShellRequest = v.InferOutput<typeof shellRequestSchema>;

const errorCodeSchema = v.picklist(Object.keys(errorCodes) as ErrorCode[]);

/** connecting: not known yet. up: watching. away: no helper, trying again; `code` says why. */
export const linkSchema = v.variant("state", [
  v.object({ state: v.literal("connecting") }),
  v.object({ state: v.literal("up") }),
  v.object({ state: v.literal("away"), code: errorCodeSchema, message: v.string() }),
]);
export type Link = v.InferOutput<typeof linkSchema>;

/** Why nothing is raised: the screen is locked, a window fills it, or the person switched notifications off. */
export type QuietReason = "locked" | "fullscreen" | "doNotDisturb";

/** What the person does not want to be asked just now. Apps by path; times as in the contract. */
export type Attention = {
  quiet: { why: QuietReason; since: string } | null;
  snoozed: { app: string; until: string }[];
};

/** What main/window tells a page. The first updates after `follow` are the link and, when it is up, the whole state. */
export type Update =
  | { kind: "link"; link: Link }
  | { [T in Topic]: { kind: "event"; topic: T; data: Events[T] } }[Topic]
  /** Main window only: what its view of the monitor shows. */
  | { kind: "monitor"; update: MonitorUpdate }
  | { kind: "attention"; attention: Attention }
  /** What the person chose; pages know the language itself by their document's. */
  | { kind: "language"; choice: LanguageChoice }
  /** Main window only: the person asked for this view. */
  | { kind: "view"; view: "inbox" }
  /** Main window only: whether it is on the screen, or hidden or minimised. */
  | { kind: "seen"; seen: boolean }
  /** Prompt window only: it got the focus just now. */
  | { kind: "focused" }
  /** Prompt window only: it became visible just now. */
  | { kind: "shown" }
  /** Prompt window only: the person closed it; every open question is put aside. */
  | { kind: "put-aside" }
  /** Prompt window only: the person asked for the questions put aside. */
  | { kind: "take-up" };

/** What the preload script puts on `window.picket`. */
export type Bridge = {
  call<M extends WindowMethod>(method: M, params: Params<M>): Promise<Outcome<M>>;
  shell(request: ShellRequest): Promise<void>;
  follow(listener: (update: Update) => void): () => void;
};

export const channels = {
  call: "picket:call",
  shell: "picket:shell",
  follow: "picket:follow",
  update: "picket:update",
} as const;
