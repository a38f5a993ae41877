// What a method does to what apps may: the one list that the level "protected" rests on. Pure.
import type { MethodName, ParsedParams } from "../../contract/methods.ts";

/** read: tells. narrow: blocks more, asks more, or changes nothing about access. widen: something may connect afterwards that could not before, or what was seen is forgotten. */
export type Right = "read" | "narrow" | "widen";

/** What only the rooms know, as it is when it is asked. */
export interface Known {
  /** Whether the rule would take the place of a temporary one that may hold for longer. */
  ruleEndsSooner(rule: ParsedParams<"rules.add">): boolean;
  /** The same of what an answer becomes. */
  answerEndsSooner(answer: ParsedParams<"prompts.answer">): boolean;
  /** Whether a blocklist that would be fetched was asked for a short while ago. */
  fetchedLately(list: string | null): boolean;
  /** Whether what the user would keep of what is on trial lets through what was not before. */
  trialWidens(uid: number): boolean;
  /** What the user would keep of what is on trial. */
  onTrial(uid: number): OnTrial | null;
}

/** One is never like another of the same person. `ends`: CLOCK_BOOTTIME milliseconds. */
export interface OnTrial {
  readonly what: string;
  readonly ends: number;
}

/** Where none of it is known, it is so. */
const nothingKnown: Known = {
  ruleEndsSooner: () => true,
  answerEndsSooner: () => true,
  fetchedLately: () => true,
  trialWidens: () => true,
  onTrial: () => ({ what: "", ends: 0 }),
};

type Rule<M extends MethodName> = Right | ((params: ParsedParams<M>, known: Known, uid: number) => Right);

const widensUnless = (narrow: boolean): Right => (narrow ? "narrow" : "widen");

const rights: { [M in MethodName]: Rule<M> } = {
  hello: "read",
  status: "read",
  "prompts.list": "read",
  "prompts.dismiss": "narrow",
  "prompts.answer": (answer, known) => widensUnless(answer.action === "block" && !known.answerEndsSooner(answer)),
  "prompts.details": "read",
  "answers.list": "read",
  "rules.list": "read",
  // A narrower allow of somebody's rule could be replaced by a block with the same matcher: that blocks more, and can be undone.
  "rules.add": (rule, known) => widensUnless(rule.action === "block" && !known.ruleEndsSooner(rule)),
  // Removing a block, an allow that a wider block stood behind, an exception: which of them it is, only the whole policy knows.
  "rules.remove": "widen",
  "rules.enable": "widen",
  "rules.stage": "read",
  "rules.apply": ({ dryRun }) => (dryRun ? "read" : "widen"),
  "rules.undo": "widen",
  "rules.except": "widen",
  explain: "read",
  // All that a person has on trial ends together: with a new end what is laxer would stay for longer, or a block of theirs go sooner.
  "mode.set": ({ mode, confirmWithin }, known, uid) =>
    widensUnless(mode === "block" && (confirmWithin === null || known.onTrial(uid) === null)),
  // Whoever set what is on trial had the right to, for as long as it lasts.
  confirm: (_, known, uid) => widensUnless(!known.trialWidens(uid)),
  pause: ({ for: length }) => widensUnless(length === null),
  lockdown: ({ on }) => widensUnless(on),
  "profile.set": "widen",
  "profiles.list": "read",
  "profiles.define": "widen",
  "profiles.remove": "widen",
  "learn.review": "read",
  "learn.accept": "widen",
  // What a program did while it was let do anything is what a person is to see.
  "learn.forget": "widen",
  "flows.list": "read",
  // Connections end; what comes after them is judged as before.
  "flows.end": "narrow",
  "monitor.watch": "read",
  "monitor.leave": "read",
  "monitor.end": "narrow",
  "blocklists.list": "read",
  "blocklists.hits": "read",
  // Whatever is in the address of a list is sent to whoever it names, past every rule.
  "blocklists.add": "widen",
  // New text may hold less than the old one.
  "blocklists.begin": ({ replace }) => widensUnless(!replace),
  "blocklists.append": "narrow",
  "blocklists.commit": "narrow",
  "blocklists.remove": "widen",
  "blocklists.enable": ({ enabled }) => widensUnless(enabled),
  // So is when it is asked for.
  "blocklists.refresh": ({ name, acceptShrunk }, known) => widensUnless(!acceptShrunk && !known.fetchedLately(name)),
  "history.query": "read",
  "history.events": "read",
  "history.networks": "read",
  "history.apps": "read",
  "history.settings": "read",
  // What is forgotten, or not noted from now on, hides who talked to whom.
  "history.configure": "widen",
  "history.setPrivate": "widen",
  "history.delete": "widen",
  "backup.read": "read",
  "backup.append": "read",
  "backup.restore": ({ dryRun }) => (dryRun ? "read" : "widen"),
  "backup.undo": "widen",
  // A process that moves itself into a guard is guarded more than before. That only root stops the helper is said where it is done.
  "run.enter": "narrow",
  "helper.stop": "widen",
  watch: "read",
};

/** `uid`: whose it is to be for; it matters where something is known. */
export function rightOf<M extends MethodName>(
  method: M,
  params: ParsedParams<M>,
  known = nothingKnown,
  uid = 0,
): Right {
  const rule = rights[method] as Rule<M>;
  return typeof rule === "function" ? rule(params, known, uid) : rule;
}
