// What was let past the lists with one click, and the way back.
import { Button } from "react-aria-components";
import { exceptionNote } from "../../../contract/blocklists.ts";
import type { Rule } from "../../../contract/words.ts";
import { appCalled, useApps } from "../../apps.ts";
import { useNamesOf } from "../../ask-apps.ts";
import { moment } from "../../format.ts";
import { ruleDestination, ruleSentence } from "../../sentence.ts";
import { text } from "../../text.ts";

const words = text.blocklists.except;

/** The latest first. */
export function exceptionsIn(rules: ReadonlyMap<string, Rule>): Rule[] {
  return [...rules.values()]
    .filter(({ action, note }) => action === "allow" && note === exceptionNote)
    .sort((a, b) => (a.created < b.created ? 1 : -1));
}

type Props = { rules: readonly Rule[]; online: boolean; remove: (rule: Rule) => void };

export function Exceptions({ rules, online, remove }: Props) {
  useApps();
  useNamesOf(rules.flatMap(({ app }) => app ?? []));
  return (
    <section className="exceptions" aria-label={words.title}>
      <h2>{words.title}</h2>
      <p className="hint">{rules.length === 0 ? words.none : words.hint}</p>
      {rules.length > 0 && (
        <ul className="panel-list">
          {rules.map((rule) => (
            <li key={rule.id} className="exception" data-rule={rule.id}>
              <span className="two-lines">
                <span className="sentence" title={rule.app ?? undefined}>
                  <bdi className="app-name">{appCalled(rule.app)}</bdi> {text.rules.may[rule.direction][rule.action]}{" "}
                  <bdi>{ruleDestination(rule)}</bdi>
                </span>
                <span className="second">
                  {words.since(moment(rule.created, new Date()))}
                  {!rule.enabled && `, ${words.off}`}
                </span>
              </span>
              <Button
                className="button"
                aria-label={words.removeLabel(ruleSentence(rule))}
                isDisabled={!online}
                onPress={() => remove(rule)}
              >
                {words.remove}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
