// Asking again after something changed, once for many changes.
import { useEffect, useRef } from "react";

/**
 * Does the work so many milliseconds after a change. What changes meanwhile is one with it and does not put it off: under a stream of
 * changes it is done again and again.
 */
export function useSoon(work: () => void, milliseconds: number, changes: readonly unknown[]): void {
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(work);
  useEffect(() => {
    latest.current = work;
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the changes are the reason
  useEffect(() => {
    due.current ??= setTimeout(() => {
      due.current = undefined;
      latest.current();
    }, milliseconds);
  }, [...changes]);
  useEffect(
    () => () => {
      clearTimeout(due.current);
      due.current = undefined;
    },
    [],
  );
}
