// Whether Picket still learns, what comes afterwards, and what is done with all that was seen.
import { useState } from "react";
import { Button } from "react-aria-components";
import type { Proposal } from "../../../contract/words.ts";
import { moment } from "../../format.ts";
import { useLearned } from "../../learning.ts";
import { Choice } from "../../parts/choice.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import type { Review } from "./use-review.ts";

const words = text.learning;
type Then = keyof typeof words.afters;

type Props = { proposals: readonly Proposal[]; online: boolean; review: Review; askReject: () => void };

export function LearningHead({ proposals, online, review, askReject }: Props) {
  const learns = useKnown(({ status }) => status?.mode === "learn");
  const since = useLearned((state) => state.since);
  const [then, setThen] = useState<Then>("ask");
  const all = proposals.length;
  if (!learns && all === 0) return null;
  const ends = learns && then !== "learn";
  const title = learns
    ? since === null
      ? words.now.titleUnknown
      : words.now.title(moment(since, new Date()))
    : words.over.title;
  return (
    <section className="learning-head" aria-label={title}>
      <h2>{title}</h2>
      <p className="hint">{learns ? words.now.body : words.over.body}</p>
      {learns && (
        <div className="learning-then">
          <span className="second" aria-hidden="true">
            {words.after}
          </span>
          <Choice<Then> label={words.after} value={then} options={words.afters} choose={setThen} />
          <span className="second" aria-live="polite">
            {words.afterWhy[then]}
          </span>
        </div>
      )}
      <div className="learning-acts">
        {all > 0 && (
          <Button
            className="button button-main"
            isDisabled={!online}
            onPress={() => void review.accept(proposals, ends ? then : null)}
          >
            {ends ? words.acceptAllFinish(all) : words.acceptAll(all)}
          </Button>
        )}
        {ends && (
          <Button
            className={all === 0 ? "button button-main" : "button"}
            isDisabled={!online}
            onPress={() => void review.accept([], then)}
          >
            {all === 0 ? words.finish : words.finishWithout}
          </Button>
        )}
        {all > 0 && (
          <Button className="button button-quiet" isDisabled={!online} onPress={askReject}>
            {words.rejectAll}
          </Button>
        )}
      </div>
    </section>
  );
}
