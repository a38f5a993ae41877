// What was seen while Picket learned, as rules grouped by app: accepted or rejected, all, by app or one by one; and how learning ends.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState } from "react";
import { useNamesOf } from "../../ask-apps.ts";
import { useLearned, useLookAtLearned } from "../../learning.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Pupil } from "../../parts/icons.tsx";
import { ErrorLine, Nothing } from "../../parts/notice.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";
import { AppGroup } from "./group.tsx";
import { LearningHead } from "./head.tsx";
import { type AppProposals, byApp } from "./proposed.ts";
import { useReview } from "./use-review.ts";

const words = text.learning;

export function Learning() {
  useLookAtLearned();
  const proposals = useLearned((state) => state.proposals);
  const unasked = useLearned((state) => !state.asked);
  const failed = useLearned((state) => state.error);
  const online = useKnown((state) => state.link.state === "up");
  const learns = useKnown(({ status }) => status?.mode === "learn");
  const review = useReview();
  const [rejecting, setRejecting] = useState(false);
  const groups = useMemo(() => byApp(proposals), [proposals]);
  useNamesOf(groups.map(({ app }) => app));
  const { done } = review;
  const acts = {
    accept: (chosen: Parameters<typeof review.accept>[0]) => void review.accept(chosen, null),
    reject: (chosen: Parameters<typeof review.reject>[0]) => void review.reject(chosen),
  };
  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head">
        <h1>{words.title}</h1>
        {proposals.length > 0 && <span className="view-count">{words.total(proposals.length, groups.length)}</span>}
      </div>
      <LearningHead proposals={proposals} online={online} review={review} askReject={() => setRejecting(true)} />
      {failed && <ErrorLine code={failed} />}
      {groups.length > 0 ? (
        <Groups groups={groups} online={online} acts={acts} />
      ) : (
        !unasked && (
          <Nothing
            icon={<Pupil />}
            title={learns ? words.none : words.noneOver}
            hint={learns ? words.noneHint : words.noneOverHint}
          />
        )
      )}
      {review.error && <ErrorLine code={review.error} />}
      {done && (
        <UndoLine
          key={`${done.sentence} ${done.changes.join()}`}
          over={review.over}
          {...(done.changes.length > 0 && {
            undo: { word: words.done.undo, act: () => void review.undo(done.changes) },
          })}
        >
          {done.sentence}
        </UndoLine>
      )}
      <Confirm
        isOpen={rejecting}
        title={words.confirm.title(proposals.length)}
        subject={<p>{words.total(proposals.length, groups.length)}</p>}
        body={words.confirm.body}
        no={{ word: words.confirm.no, act: () => setRejecting(false) }}
        yes={{
          word: words.confirm.yes,
          act: () => {
            setRejecting(false);
            void review.reject(proposals);
          },
        }}
      />
    </section>
  );
}

type GroupsProps = { groups: readonly AppProposals[]; online: boolean; acts: Parameters<typeof AppGroup>[0]["acts"] };

/** Weeks of learning are hundreds of apps: only those in view exist. */
function Groups({ groups, online, acts }: GroupsProps) {
  const box = useRef<HTMLElement>(null);
  const virtual = useVirtualizer({
    count: groups.length,
    getScrollElement: () => box.current,
    estimateSize: (at) => 64 + 56 * (groups[at]?.proposals.length ?? 1),
    getItemKey: (at) => groups[at]?.app ?? at,
    overscan: 3,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
    <section className="view-scroll inbox-scroll" ref={box} tabIndex={0} aria-label={words.label}>
      <div className="inbox-space" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const group = groups[item.index];
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className="inbox-piece"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {group && <AppGroup {...group} online={online} acts={acts} />}
            </div>
          );
        })}
      </div>
    </section>
  );
}
