// Questions nobody answered.
import type { Direction } from "../../../contract/words.ts";
import { count } from "./amounts.ts";

export const inbox = {
  title: "Inbox",
  label: "Unanswered questions, oldest first",
  waitingLabel: "Questions that wait for an answer now",
  waiting: "Waiting now",
  unanswered: "Unanswered",
  hint: "These attempts are over, the questions are not: your answer becomes a rule for next time.",
  none: "Nothing is waiting for you",
  noneHint: "Questions you did not get to are kept here until you answer them.",
  wanted: {
    outbound: (destination: string) => `wanted to connect to ${destination}`,
    inbound: (caller: string) => `had a caller: ${caller}`,
  } satisfies Record<Direction, (other: string) => string>,
  wants: {
    outbound: (destination: string) => `wants to connect to ${destination}`,
    inbound: (caller: string) => `has a caller waiting: ${caller}`,
  } satisfies Record<Direction, (other: string) => string>,
  attempts: (n: number) => count(n, "attempt", "attempts"),
  since: (time: string) => `since ${time}`,
  allow: "Always allow",
  block: "Always block",
  allowLabel: (from: string, to: string) => `Always allow ${from} to ${to}`,
  blockLabel: (from: string, to: string) => `Always block ${from} to ${to}`,
  scopeLabel: {
    outbound: (app: string) => `Which destinations your answer is for (${app})`,
    inbound: (app: string) => `Which callers your answer is for (${app})`,
  } satisfies Record<Direction, (app: string) => string>,
};
