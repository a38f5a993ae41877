// What was seen while Picket learned, as rules to accept or to leave.
import type { Direction, Mode } from "../../../contract/words.ts";
import { count } from "./amounts.ts";

export const learning = {
  title: "Learning",
  label: "What was seen, by app",
  total: (rules: number, apps: number) =>
    `${count(rules, "proposed rule", "proposed rules")} for ${count(apps, "app", "apps")}`,
  now: {
    title: (since: string) => `Picket has been learning since ${since}`,
    titleUnknown: "Picket is learning",
    body: "What is new is allowed and noted here. Accept what you know as a rule; what you leave is handled as you choose for afterwards.",
  },
  over: {
    title: "Learning is over",
    body: "This was seen while Picket learned. Accept what you know as a rule. What you leave gets no rule.",
  },
  after: "Afterwards",
  afters: { ask: "Ask me", block: "Block what is new", learn: "Go on learning" } satisfies Partial<
    Record<Mode, string>
  >,
  afterWhy: {
    ask: "What has no rule is asked about.",
    block: "What has no rule is blocked, without a question.",
    learn: "What has no rule goes on being allowed and noted.",
  } satisfies Partial<Record<Mode, string>>,
  acceptAll: (n: number) => (n === 1 ? "Accept the rule" : `Accept all ${n.toLocaleString("en")} rules`),
  acceptAllFinish: (n: number) =>
    n === 1 ? "Accept the rule and finish" : `Accept all ${n.toLocaleString("en")} rules and finish`,
  finish: "Finish learning",
  finishWithout: "Finish without them",
  rejectAll: "Reject all…",
  none: "Nothing new was seen yet",
  noneHint: "Use your apps as always. What they connect to appears here, as rules for you to accept.",
  noneOver: "Everything is decided",
  noneOverHint: "Nothing that was seen while learning is left.",
  seen: (n: number, last: string) => `Seen ${count(n, "time", "times")}, last ${last}`,
  places: { outbound: "destinations", inbound: "callers" } satisfies Record<Direction, string>,
  wide: (n: number, places: string) =>
    `It was seen with ${n.toLocaleString("en")} ${places}, too many to list one by one`,
  accept: "Accept",
  reject: "Reject",
  acceptLabel: (sentence: string) => `Accept: ${sentence}`,
  rejectLabel: (sentence: string) => `Reject: ${sentence}`,
  acceptApp: (n: number) => (n === 1 ? "Accept" : `Accept all ${n.toLocaleString("en")}`),
  rejectApp: (n: number) => (n === 1 ? "Reject" : "Reject all"),
  acceptAppLabel: (words: string, app: string) => `${words}: ${app}`,
  done: {
    accepted: (n: number) => `${count(n, "rule", "rules")} made.`,
    acceptedFinished: (n: number) => `${count(n, "rule", "rules")} made. Learning is over.`,
    rejected: (n: number) => `${count(n, "proposal", "proposals")} rejected.`,
    finished: "Learning is over.",
    undo: "Undo the rules",
    undone: "The rules are taken back.",
  },
  confirm: {
    title: (n: number) => `Reject ${count(n, "proposal", "proposals")}?`,
    body: "No rule is made, and what was seen is forgotten. This cannot be undone.",
    yes: "Reject all",
    no: "Keep them",
  },
};
