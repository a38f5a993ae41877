// Changes of rules and the way back: each tells the ids that take it back, in the order in which they were made.
import { useCallback, useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import { portionsOf } from "../../../contract/rules-at-once.ts";
import type { Rule } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { ruleSentence } from "../../sentence.ts";
import { text } from "../../text.ts";

const words = text.rules.done;

/** What was done, as a sentence, and what takes it back; nothing where it cannot be. */
export type Done = { sentence: string; changes: number[] };

export function useChanges() {
  const [done, setDone] = useState<Done | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const over = useCallback(() => setDone(null), []);

  /** All in one change. More than one request takes are one after the other: an error ends it, and what went before can still be taken back. */
  const each = async (
    rules: readonly Rule[],
    work: (ids: string[]) => Promise<{ ok: true; result: { change: number | null } } | { ok: false; code: ErrorCode }>,
    sentence: (rules: readonly Rule[]) => string,
  ): Promise<void> => {
    const changed: Rule[] = [];
    const changes: number[] = [];
    setError(null);
    for (const portion of portionsOf(rules)) {
      const outcome = await work(portion.map(({ id }) => id));
      if (!outcome.ok) {
        setError(outcome.code);
        break;
      }
      changed.push(...portion);
      if (outcome.result.change !== null) changes.push(outcome.result.change);
    }
    setDone(changed.length > 0 ? { sentence: sentence(changed), changes } : null);
  };

  return {
    done,
    error,
    over,
    saved: (sentence: string, changes: number[]) => {
      setError(null);
      setDone({ sentence: words.saved(sentence), changes });
    },
    enable: (rules: readonly Rule[], enabled: boolean) =>
      each(
        rules,
        (ids) => bridge.call("rules.enable", { ids, enabled }),
        (changed) => (enabled ? words.on : words.off)(changed.length, one(changed)),
      ),
    remove: (rules: readonly Rule[]) =>
      each(
        rules,
        (ids) => bridge.call("rules.remove", { ids }),
        (changed) => words.removed(changed.length, one(changed)),
      ),
    /** The newest first: earlier ones may be what it was made from. */
    undo: async (changes: readonly number[]): Promise<void> => {
      setDone(null);
      setError(null);
      for (const change of changes.toReversed()) {
        const outcome = await bridge.call("rules.undo", { change });
        if (outcome.ok) continue;
        setError(outcome.code);
        return;
      }
      setDone({ sentence: words.undone, changes: [] });
    },
  };
}

function one(rules: readonly Rule[]): string {
  return rules[0] === undefined ? "" : ruleSentence(rules[0]);
}
