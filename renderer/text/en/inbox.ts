// Questions nobody answered, and how the last ones were answered.
import { count } from "./amounts.ts";

export const inbox = {
  title: "Inbox",
  label: "Open questions by app",
  search: "Search apps and places",
  waiting: "Waiting now",
  waitingHint: "These apps wait for your answer.",
  unanswered: "Unanswered",
  hint: "These attempts are over, the questions are not: your answer becomes a rule for next time.",
  none: "Nothing is waiting for you",
  noneHint: "Questions you did not get to are kept here until you answer them.",
  notFound: "No question matches",
  quiet: (n: number) => `${count(n, "question", "questions")} nobody has asked again for two weeks`,
  questions: (n: number) => count(n, "open question", "open questions"),
  calledBy: (caller: string) => `A call from ${caller}`,
  tried: (attempts: number, last: string) => `${count(attempts, "attempt", "attempts")}, last ${last}`,
  /** How far the buttons beside it reach. */
  reach: (place: string) => `Your answer holds for ${place}, always`,
  allow: "Allow",
  block: "Block",
  allowAll: "Allow everything",
  blockAll: "Block everything",
  allowLabel: (from: string, to: string) => `Always allow ${from} to ${to}`,
  blockLabel: (from: string, to: string) => `Always block ${from} to ${to}`,
  // A label begins with what its button says: whoever speaks to the computer says what they see.
  allowAllLabel: (from: string, to: string) => `Allow everything: ${from} to ${to}`,
  blockAllLabel: (from: string, to: string) => `Block everything: ${from} to ${to}`,
  dismissLabel: (app: string, to: string) => `Put away without a rule: ${app} to ${to}`,
  snoozed: {
    label: "Apps that are not asked about for a while",
    line: (app: string, until: string) => `${app} is snoozed until ${until}`,
    wake: "Ask again now",
  },
  recent: {
    title: (n: number) => `${count(n, "recent answer", "recent answers")}`,
    undo: "Undo",
    undoLabel: (sentence: string) => `Undo: ${sentence}`,
    undone: "Taken back",
    once: "This time only",
    line: (app: string, place: string, holds: string) => `${app} to ${place} ${holds}`,
    lineInbound: (app: string, place: string, holds: string) => `${place} to ${app} ${holds}`,
  },
};
