// One rule: whether it is in force, what it says, why it is there, and what makes it worth a look.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { Button } from "react-aria-components";
import type { Hint, Rule } from "../../../contract/words.ts";
import { appCalled } from "../../apps.ts";
import { clockTime, dayOf, pathText, plain } from "../../format.ts";
import { Bin, Pencil, Warning } from "../../parts/icons.tsx";
import { KnownFace } from "../../parts/known-face.tsx";
import { Toggle } from "../../parts/toggle.tsx";
import { ActionMark } from "../../parts/verdict.tsx";
import { ruleDestination, ruleEnd, ruleSentence } from "../../sentence.ts";
import { text } from "../../text.ts";
import { Tick } from "./tick.tsx";

const words = text.rules;

/** Lines of a note that a row shows; its editor shows all. */
const noteLines = 3;

export function linesOf(note: string): string[] {
  const lines = note.split(/\r?\n/u).map(plain);
  return lines.length <= noteLines ? lines : [...lines.slice(0, noteLines - 1), `${lines[noteLines - 1]} …`];
}

/** About: the sentence on one line and some air, then a line for each other thing it says. In rem, so that rows grow with the text. */
export function heightOf(rule: Rule, hints: readonly Hint[]): number {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round(rem * (2.75 + 1.125 * (Math.max(1, secondLines(rule).length) + hints.length)));
}

/** Its note line by line, then its app's path. */
function secondLines({ id, note: own, app, origin }: Rule): string[] {
  const note = origin === "factory" ? text.helper.factoryNote(id, own) : own;
  return [...(note === "" ? [] : linesOf(note)), ...(app === null ? [] : [pathText(app)])];
}

export type RowActs = {
  enable: (rule: Rule, enabled: boolean) => void;
  select: (rule: Rule, selected: boolean) => void;
  edit: (rule: Rule) => void;
  remove: (rule: Rule) => void;
};

/** `found`: somebody looks for this one. It takes the focus and says so. */
type Props = {
  rule: Rule;
  hints: readonly string[];
  now: number;
  online: boolean;
  selected: boolean;
  acts: RowActs;
  found?: () => void;
};

export function RuleRow({ rule, hints, now, online, selected, acts, found }: Props) {
  const sentence = ruleSentence(rule);
  const own = rule.origin !== "factory";
  return (
    <div className={`rule-row ${rule.enabled ? "" : "rule-off"}`} role="presentation">
      <span role="cell">
        <Tick
          label={words.bulk.select(sentence)}
          selected={selected}
          change={(next) => acts.select(rule, next)}
          {...(found && { found })}
        />
      </span>
      <span role="cell">
        <Toggle
          label={words.enabled(sentence)}
          selected={rule.enabled}
          disabled={!online}
          change={(enabled) => acts.enable(rule, enabled)}
        />
      </span>
      <span role="cell">
        <ActionMark action={rule.action} />
      </span>
      <span role="cell" className="rule-words">
        <KnownFace path={rule.app} />
        <span className="two-lines">
          <span className="sentence" title={sentence}>
            <bdi className="app-name">{appCalled(rule.app)}</bdi> {words.may[rule.direction][rule.action]}{" "}
            <bdi className="sentence-end">{ruleDestination(rule)}</bdi>
          </span>
          <Why rule={rule} now={now} />
          {hints.map((hint) => (
            <span key={hint} className="line rule-hint" title={hint}>
              <Warning /> {hint}
            </span>
          ))}
        </span>
      </span>
      <span role="cell" className="two-lines rule-origin">
        <span className="line">{text.origin[rule.origin]}</span>
        {own && (
          <time className="line second" dateTime={rule.created}>
            {dayOf(rule.created, new Date())} {clockTime(rule.created).slice(0, 5)}
          </time>
        )}
      </span>
      <span role="cell" className="rule-acts" title={own ? undefined : words.factoryKept}>
        {own && (
          <>
            <Button
              className="button button-quiet"
              aria-label={words.editThis(sentence)}
              isDisabled={!online}
              onPress={() => acts.edit(rule)}
            >
              <Pencil />
            </Button>
            <Button
              className="button button-quiet"
              aria-label={words.removeThis(sentence)}
              isDisabled={!online}
              onPress={() => acts.remove(rule)}
            >
              <Bin />
            </Button>
          </>
        )}
      </span>
    </div>
  );
}

/** How long it holds, why it is there, and its app's path. */
function Why({ rule, now }: { rule: Rule; now: number }) {
  const end = ruleEnd(rule, now);
  const [first, ...others] = secondLines(rule);
  return (
    <>
      <span className="line second" title={first}>
        {!rule.enabled && <span className="tag">{words.off}</span>} {end && <span className="tag tag-end">{end}</span>}{" "}
        {first}
      </span>
      {others.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of a text are told apart by nothing else
        <span key={at} className="line second" title={line}>
          {line}
        </span>
      ))}
    </>
  );
}
