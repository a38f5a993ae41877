// What is done with proposals, and what is told of it afterwards.
import { useCallback, useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import type { Mode, Proposal } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { askLearned } from "../../learning.ts";
import { text } from "../../text.ts";
import { inPieces } from "./proposed.ts";

const words = text.learning.done;

/** `changes`: what rules.undo takes back. */
export type Done = { sentence: string; changes: readonly number[] };

export function useReview() {
  const [done, setDone] = useState<Done | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const over = useCallback(() => setDone(null), []);

  /** Rules of all of them, then this mode; an error ends it, and what was made stays and is told. */
  const accept = async (proposals: readonly Proposal[], then: Mode | null): Promise<void> => {
    const changes: number[] = [];
    let made = 0;
    let failed: ErrorCode | null = null;
    for (const ids of inPieces(proposals)) {
      const outcome = await bridge.call("learn.accept", { ids });
      if (!outcome.ok) {
        failed = outcome.code;
        break;
      }
      made += outcome.result.rules.length;
      if (outcome.result.change !== null) changes.push(outcome.result.change);
    }
    const finished = failed === null && then !== null ? await bridge.call("mode.set", { mode: then }) : null;
    if (finished && !finished.ok) failed = finished.code;
    setError(failed);
    const sentence = made === 0 ? words.finished : finished?.ok ? words.acceptedFinished(made) : words.accepted(made);
    setDone(made === 0 && !finished?.ok ? null : { sentence, changes });
    await askLearned();
  };

  const reject = async (proposals: readonly Proposal[]): Promise<void> => {
    let failed: ErrorCode | null = null;
    for (const ids of inPieces(proposals)) {
      const outcome = await bridge.call("learn.forget", { ids });
      if (!outcome.ok) failed = outcome.code;
    }
    setError(failed);
    setDone(failed === null ? { sentence: words.rejected(proposals.length), changes: [] } : null);
    await askLearned();
  };

  /** The newest first. */
  const undo = async (changes: readonly number[]): Promise<void> => {
    setDone(null);
    for (const change of changes.toReversed()) {
      const outcome = await bridge.call("rules.undo", { change });
      setError(outcome.ok ? null : outcome.code);
      if (!outcome.ok) return;
    }
    setDone({ sentence: words.undone, changes: [] });
  };

  return { done, error, over, accept, reject, undo };
}
export type Review = ReturnType<typeof useReview>;
