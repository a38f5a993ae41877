// What Picket remembers: each rule as a sentence, switched on or off, deleted after a question. Built-in rules stay.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { useEffect, useMemo, useState } from "react";
import { Button, Switch } from "react-aria-components";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Rule } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { clockTime, dayOf, plain } from "../format.ts";
import { Bin, Lines } from "../parts/icons.tsx";
import { ErrorLine, Nothing } from "../parts/notice.tsx";
import { matches, Search } from "../parts/search.tsx";
import { ActionMark } from "../parts/verdict.tsx";
import { VirtualRows } from "../parts/virtual-rows.tsx";
import { ruleApp, ruleDestination, ruleEnd, ruleSentence } from "../sentence.ts";
import { useKnown } from "../store.ts";
import { text } from "../text.ts";
import { ConfirmDelete } from "./confirm-delete.tsx";

const words = text.rules;

/** How often what is left of temporary rules is told anew: their smallest unit is the minute. */
const tick = 15_000;

function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tick);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** The person's own first, the latest on top; the built-in ones after them. */
function inReadingOrder(rules: Iterable<Rule>): Rule[] {
  const rank = (rule: Rule): number => (rule.origin === "person" ? 0 : 1);
  return [...rules].sort(
    (a, b) => rank(a) - rank(b) || (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? -1 : 1),
  );
}

export function Rules() {
  const rules = useKnown((known) => known.rules);
  const online = useKnown((known) => known.link.state === "up");
  const now = useNow();
  const [query, setQuery] = useState("");
  const [error, setError] = useState<ErrorCode | null>(null);
  const [leaving, setLeaving] = useState<Rule | null>(null);
  const rows = useMemo(
    () => inReadingOrder(rules.values()).filter((rule) => matches(query, ...shown(rule))),
    [rules, query],
  );

  const enable = async (rule: Rule, enabled: boolean): Promise<void> => {
    const outcome = await bridge.call("rules.enable", { id: rule.id, enabled });
    setError(outcome.ok ? null : outcome.code);
  };
  const remove = async (rule: Rule): Promise<void> => {
    setLeaving(null);
    const outcome = await bridge.call("rules.remove", { id: rule.id });
    setError(outcome.ok ? null : outcome.code);
  };

  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head">
        <h1>{words.title}</h1>
        <span className="view-count">{words.total(rows.length)}</span>
        <Search label={words.search} value={query} onChange={setQuery} />
      </div>
      {rows.length === 0 ? (
        <Nothing
          icon={<Lines />}
          title={query ? words.noMatch : words.none}
          {...(query ? {} : { hint: words.noneHint })}
        />
      ) : (
        <VirtualRows rows={rows} height={68} label={words.label}>
          {(rule) => <Cells rule={rule} now={now} online={online} enable={enable} askToRemove={setLeaving} />}
        </VirtualRows>
      )}
      {error && <ErrorLine code={error} />}
      <ConfirmDelete rule={leaving} yes={remove} no={() => setLeaving(null)} />
    </section>
  );
}

function shown(rule: Rule): string[] {
  return [ruleSentence(rule), rule.app ?? "", rule.note, text.origin[rule.origin], text.action[rule.action]];
}

type CellsProps = {
  rule: Rule;
  now: number;
  online: boolean;
  enable: (rule: Rule, enabled: boolean) => void;
  askToRemove: (rule: Rule) => void;
};

function Cells({ rule, now, online, enable, askToRemove }: CellsProps) {
  const sentence = ruleSentence(rule);
  const end = ruleEnd(rule, now);
  const second = [rule.note, rule.app]
    .filter(Boolean)
    .map((part) => plain(part ?? ""))
    .join(" · ");
  return (
    <div className={`rule-row ${rule.enabled ? "" : "rule-off"}`} role="presentation">
      <span role="cell">
        <Switch
          className="switch"
          aria-label={words.enabled(sentence)}
          isSelected={rule.enabled}
          isDisabled={!online}
          onChange={(enabled) => enable(rule, enabled)}
        >
          <span className="switch-track" aria-hidden="true">
            <span className="switch-thumb" />
          </span>
        </Switch>
      </span>
      <span role="cell">
        <ActionMark action={rule.action} />
      </span>
      <span role="cell" className="two-lines">
        <span className="line sentence" title={sentence}>
          <bdi className="app-name">{ruleApp(rule)}</bdi> {words.may[rule.direction][rule.action]}{" "}
          <bdi className="sentence-end">{ruleDestination(rule)}</bdi>
        </span>
        <span className="line second" title={second}>
          {!rule.enabled && <span className="tag">{words.off}</span>}{" "}
          {end && <span className="tag tag-end">{end}</span>} {second}
        </span>
      </span>
      <span role="cell" className="two-lines rule-origin">
        <span className="line">{text.origin[rule.origin]}</span>
        {rule.origin === "person" && (
          <time className="line second" dateTime={rule.created}>
            {dayOf(rule.created, new Date())} {clockTime(rule.created).slice(0, 5)}
          </time>
        )}
      </span>
      <span role="cell" className="rule-delete" title={rule.origin === "factory" ? words.factoryKept : undefined}>
        {rule.origin !== "factory" && (
          <Button
            className="button button-quiet"
            aria-label={words.removeThis(sentence)}
            isDisabled={!online}
            onPress={() => askToRemove(rule)}
          >
            <Bin />
          </Button>
        )}
      </span>
    </div>
  );
}
