// A verdict or a rule's action: a colour, a drawing and a word, so that none of the three carries the meaning alone.
import type { ReactNode } from "react";
import type { Action, Verdict } from "../../contract/words.ts";
import { language, text } from "../text.ts";
import { Check, Hourglass, Question, Slash } from "./icons.tsx";

const verdictIcon: Record<Verdict, ReactNode> = { allow: <Check />, block: <Slash />, held: <Hourglass /> };
const actionIcon: Record<Action, ReactNode> = { allow: <Check />, block: <Slash />, ask: <Question /> };

/** `live`: whether the connection is still there. One that ended while it waited was never answered. */
export function VerdictMark({ verdict, live }: { verdict: Verdict; live: boolean }) {
  return (
    <span className={`mark mark-${verdict}`}>
      {verdictIcon[verdict]}
      {verdict === "held" && !live ? text.unanswered : text.verdict[verdict]}
    </span>
  );
}

/** How many connections of a group received it. */
export function CountMark({ verdict, count }: { verdict: Verdict; count: number }) {
  return (
    <span className={`mark mark-${verdict} mark-count`} title={text.monitor.counts[verdict](count)}>
      {verdictIcon[verdict]}
      <span className="hidden-words">{text.monitor.counts[verdict](count)}</span>
      <span aria-hidden="true">{count.toLocaleString(language)}</span>
    </span>
  );
}

export function ActionMark({ action }: { action: Action }) {
  return (
    <span className={`mark mark-${action === "ask" ? "held" : action}`}>
      {actionIcon[action]}
      <span className="mark-word">{text.action[action]}</span>
    </span>
  );
}
