// The words between the window's two halves: main/window (which holds the helper's socket) and renderer (which has only the DOM).
import * as v from "valibot";
import { blocklistNameSchema } from "./blocklists.ts";
import { type ErrorCode, errorCodes } from "./errors.ts";
import { historyMethods } from "./history.ts";
import { type Events, type Params, type Result, type Topic, topics } from "./methods.ts";
import type { MonitorUpdate } from "./monitor.ts";
import { type Preferences, preferencesChangeSchema } from "./preferences.ts";

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
  "profiles.define",
  "profiles.remove",
  "profile.set",
  "learn.review",
  "learn.accept",
  "learn.forget",
  "mode.set",
  "blocklists.add",
  "blocklists.enable",
  "blocklists.refresh",
  "blocklists.remove",
  "blocklists.hits",
  "pause",
  "lockdown",
  "confirm",
  "monitor.watch",
  "monitor.leave",
  "monitor.end",
  "history.query",
  "history.events",
  "history.apps",
  "history.settings",
  "history.configure",
  "history.setPrivate",
  "history.delete",
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
    /** The last "take-up" that the page heard of, 0 for none: what was on its way before says nothing of a later one. */
    takenUp: v.pipe(v.number(), v.integer(), v.minValue(0)),
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
  /** Main window only. Another language: every page is loaded anew. */
  v.strictObject({ do: v.literal("prefer"), change: preferencesChangeSchema }),
  /** Main window only: what the person chose when they closed it and there is no tray; `quit` ends the prompt window too. */
  v.strictObject({ do: v.literal("leave"), how: v.picklist(["minimise", "close", "quit"]) }),
  /** Main window only: the first run's live example, started or given up. */
  v.strictObject({ do: v.literal("example"), on: v.boolean() }),
]);
export type ShellRequest = v.InferOutput<typeof shellRequestSchema>;

/** Main window only: rows of history into a file that the person chooses. `title`: what the system's dialog is called. */
export const saveHistorySchema = v.strictObject({
  format: v.picklist(["csv", "json"]),
  query: historyMethods["history.query"].params,
  title: v.pipe(v.string(), v.maxLength(100)),
});
export type SaveHistory = v.InferInput<typeof saveHistorySchema>;

/** `saved` false: the person changed their mind. */
export type Saved = { ok: true; saved: boolean } | { ok: false; code: ErrorCode; message: string };
/**
 * Main window only: a blocklist's text in a file of the person's. The page knows neither its path nor its text. choose: by the system's
 * dialog. hand-over: what was chosen last becomes the text of a list (`replace`: of one that is there).
 */
export const listFileRequestSchema = v.variant("do", [
  v.strictObject({ do: v.literal("choose"), title: v.pipe(v.string(), v.maxLength(200)) }),
  v.strictObject({ do: v.literal("hand-over"), name: blocklistNameSchema, replace: v.boolean() }),
]);
export type ListFileRequest = v.InferOutput<typeof listFileRequestSchema>;

/** `file`: what the chosen one is called; null where none was. */
export type ListFileOutcome = { ok: true; file: string | null } | { ok: false; code: ErrorCode; message: string };

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

/** The shell itself. */
export type Shell = {
  preferences: Preferences;
  /** Whether the desktop shows tray icons. */
  tray: boolean;
  /** Whether the package starts the window with the session. */
  startsWithSession: boolean;
  /** Whether closing the main window ends the app (`npm start`). */
  foreground: boolean;
  version: string;
  /** The name of whoever sits at the window. */
  user: string;
};

/** Where the live example leads: in 127.0.0.0/8, all of which is this computer; nothing else is known to listen there. */
export const exampleAddress = "127.80.73.67";

/**
 * The first run's live example: a connection within this computer that waits like any other. `allowed`: it arrived after it was
 * allowed. `blocked`: it was refused. `failed`: nothing was asked; `why` says what stood in the way.
 */
export type Example =
  | { state: "none" | "starting" | "asking" | "allowed" | "blocked" }
  | { state: "failed"; why: "paused" | "lockdown" | "refused" | "silent" | "unanswered" | "broken"; detail: string };

/** What lets more through than now, asked for in the tray's menu. Only a press in the window carries it out. */
export type Wish = { [M in "mode.set" | "pause" | "lockdown"]: { method: M; params: Params<M> } }[
  | "mode.set"
  | "pause"
  | "lockdown"];

/** What main/window tells a page. The first updates after `follow` are all that the helper has said so far, and then the link. */
export type Update =
  | { kind: "link"; link: Link }
  | { [T in Topic]: { kind: "event"; topic: T; data: Events[T] } }[Topic]
  /** Main window only: what its view of the monitor shows. */
  | { kind: "monitor"; update: MonitorUpdate }
  | { kind: "attention"; attention: Attention }
  | { kind: "shell"; shell: Shell }
  /** Main window only: the person closed it, and must say what is meant by it. */
  | { kind: "closing" }
  /** Main window only. */
  | { kind: "example"; example: Example }
  /** Main window only: the person asked for this view. */
  | { kind: "view"; view: "inbox" | "monitor" | "history" | "settings" }
  /** Main window only: what the person asked for elsewhere, in the tray, was refused. */
  | { kind: "refused"; code: ErrorCode }
  /** Main window only: it asks the person whether this is meant. */
  | { kind: "wish"; wish: Wish }
  /** Main window only: whether it is on the screen, or hidden or minimised. */
  | { kind: "seen"; seen: boolean }
  /** Prompt window only: it got the focus just now. */
  | { kind: "focused" }
  /** Prompt window only: it became visible just now. */
  | { kind: "shown" }
  /** Prompt window only: the person closed it; every open question is put aside. */
  | { kind: "put-aside" }
  /** Prompt window only: the person asked for the questions put aside, for the nth time. */
  | { kind: "take-up"; nth: number };

/** What the preload script puts on `window.picket`. */
export type Bridge = {
  call<M extends WindowMethod>(method: M, params: Params<M>): Promise<Outcome<M>>;
  shell(request: ShellRequest): Promise<void>;
  saveHistory(asked: SaveHistory): Promise<Saved>;
  listFile(request: ListFileRequest): Promise<ListFileOutcome>;
  follow(listener: (update: Update) => void): () => void;
};

export const channels = {
  call: "picket:call",
  shell: "picket:shell",
  saveHistory: "picket:save-history",
  listFile: "picket:list-file",
  follow: "picket:follow",
  update: "picket:update",
} as const;
