// The last answers, each with its way back for as long as nothing else took its place.
import { useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { RecentAnswer } from "../../../contract/questions.ts";
import { bridge } from "../../bridge.ts";
import { moment } from "../../format.ts";
import { AppFace, appLine } from "../../parts/app.tsx";
import { ErrorLine } from "../../parts/notice.tsx";
import { ActionMark } from "../../parts/verdict.tsx";
import { useDeadTime } from "../../prompt/dead-time.ts";
import { recentAnswer } from "../../sentence.ts";
import { useSoon } from "../../soon.ts";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";

const words = text.inbox.recent;
/** As many as a person looks back at; the rules have the rest. */
const most = 20;
/** Milliseconds: a change of many rules comes in several pieces. */
const settling = 100;

/** Asked anew whenever rules or questions changed: somebody answered, here or elsewhere. */
export function useRecentAnswers(): RecentAnswer[] {
  const [answers, setAnswers] = useState<RecentAnswer[]>([]);
  const rules = useKnown((known) => known.rules);
  const prompts = useKnown((known) => known.prompts);
  const up = useKnown((known) => known.link.state === "up");
  const ask = async (): Promise<void> => {
    const outcome = up ? await bridge.call("answers.list", {}) : undefined;
    if (outcome?.ok) setAnswers(outcome.result.slice(0, most));
  };
  useSoon(() => void ask(), settling, [rules, prompts, up]);
  return answers;
}

export function Recent({ answers }: { answers: readonly RecentAnswer[] }) {
  const [error, setError] = useState<ErrorCode | null>(null);
  const list = useRef<HTMLUListElement>(null);
  // The newest comes first: an answer given elsewhere puts another one's way back under the pointer.
  const key = answers.map(({ id, time, change }) => `${id} ${time} ${change}`).join("\n");
  const { live, mayAct } = useDeadTime(key, () => list.current ?? window);
  // A second press, before the list says that it is undone, would only be told that there is nothing left to undo.
  const sent = useRef(new Set<string>());
  const undo = async (id: string, change: number): Promise<void> => {
    const asked = `${id} ${change}`;
    if (!mayAct() || sent.current.has(asked)) return;
    sent.current.add(asked);
    const outcome = await bridge.call("rules.undo", { change });
    if (!outcome.ok) sent.current.delete(asked);
    setError(outcome.ok ? null : outcome.code);
  };
  return (
    <details className="fold">
      <summary>{words.title(answers.length)}</summary>
      {error && <ErrorLine code={error} />}
      <ul className="recent" ref={list} data-live={live}>
        {answers.map((answer) => {
          const { change, undone, lifetime } = answer;
          return (
            <li key={`${answer.id} ${answer.time}`} className="recent-row" data-answer={answer.id} data-undone={undone}>
              <time className="second">{moment(answer.time, new Date())}</time>
              <AppFace app={answer.app} />
              <ActionMark action={answer.action} />
              <span className="recent-words" title={appLine(answer.app)}>
                {recentAnswer(answer)}
              </span>
              {change === null ? (
                <span className="second">{undone ? words.undone : lifetime === "once" ? words.once : ""}</span>
              ) : (
                <Button
                  className="button"
                  aria-label={words.undoLabel(recentAnswer(answer))}
                  onPress={() => void undo(answer.id, change)}
                >
                  {words.undo}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </details>
  );
}
