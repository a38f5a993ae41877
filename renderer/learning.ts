// What was seen while Picket learned. No event tells of it, so it is asked for: when the helper appears, when the mode changes, and again and
// again while somebody looks.
import { useEffect } from "react";
import { create } from "zustand";
import type { ErrorCode } from "../contract/errors.ts";
import type { Result } from "../contract/methods.ts";
import { bridge } from "./bridge.ts";
import { useKnown } from "./store.ts";

type Learned = Result<"learn.review">;

/** Milliseconds between two looks, while somebody looks. */
const pace = 3000;

export const useLearned = create<Learned & { error: ErrorCode | null; asked: boolean }>()(() => ({
  since: null,
  proposals: [],
  error: null,
  asked: false,
}));

export async function askLearned(): Promise<void> {
  if (useKnown.getState().link.state !== "up") return;
  const outcome = await bridge.call("learn.review", {});
  if (!outcome.ok) useLearned.setState({ error: outcome.code, asked: true });
  // What did not change stays the same object: nothing is drawn anew.
  else if (JSON.stringify(outcome.result) !== JSON.stringify(seen()))
    useLearned.setState({ ...outcome.result, error: null, asked: true });
  else useLearned.setState({ error: null, asked: true });
}

function seen(): Learned {
  const { since, proposals } = useLearned.getState();
  return { since, proposals };
}

/** While a view of it is there. */
export function useLookAtLearned(): void {
  useEffect(() => {
    void askLearned();
    const timer = setInterval(() => {
      if (!document.hidden) void askLearned();
    }, pace);
    return () => clearInterval(timer);
  }, []);
}

/** Whether there is anything to see of it. */
export function useIsLearning(): boolean {
  const learns = useKnown(({ status }) => status?.mode === "learn");
  const left = useLearned(({ proposals }) => proposals.length > 0);
  return learns || left;
}

useKnown.subscribe((known, before) => {
  const up = known.link.state === "up" && before.link.state !== "up";
  if (up || known.status?.mode !== before.status?.mode) void askLearned();
});
