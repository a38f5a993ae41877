// For ten seconds after an answer that became a rule: what it was, and the way back. It stands below the card, so nothing moves when it goes.
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { create } from "zustand";
import type { ErrorCode } from "../../contract/errors.ts";
import { bridge } from "../bridge.ts";
import { ErrorLine } from "../parts/notice.tsx";
import { text } from "../text.ts";
import { useDeadTime } from "./dead-time.ts";
import { letterOf } from "./letter.ts";

const words = text.prompt.undo;
/** How long the way back is offered here, ms. Later it is in the inbox, among the recent answers. */
const offeredMs = 10_000;
/** How long it says that an answer was taken back, ms. */
const undoneMs = 2_500;

export type Undoable = { change: number; sentence: string };

/** `answering`: an answer is on its way. The card may be gone before it is known to have become a rule. */
export const useUndo = create<{ last: Undoable | null; answering: boolean }>()(() => ({
  last: null,
  answering: false,
}));

export function offerUndo(last: Undoable | null): void {
  useUndo.setState({ last });
}

export function UndoBar({ last }: { last: Undoable }) {
  const bar = useRef<HTMLDivElement>(null);
  const [undone, setUndone] = useState(false);
  const sent = useRef(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  // Where it comes up there was a button a moment ago.
  const { live, mayAct } = useDeadTime(String(last.change), () => bar.current ?? window);

  useEffect(() => {
    const leave = (): void => {
      // Whoever is at it is not hurried.
      if (!undone && bar.current?.matches(":hover, :focus-within")) again = setTimeout(leave, 1000);
      else offerUndo(null);
    };
    let again = setTimeout(leave, undone ? undoneMs : offeredMs);
    return () => clearTimeout(again);
  }, [undone]);

  const undo = async (): Promise<void> => {
    if (!mayAct() || undone || sent.current) return;
    sent.current = true;
    const outcome = await bridge.call("rules.undo", { change: last.change });
    sent.current = false;
    setError(outcome.ok ? null : outcome.code);
    setUndone(outcome.ok);
  };

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      // With a card above it Escape is the card's.
      if (event.key === "Escape" && bar.current?.previousElementSibling === null) offerUndo(null);
      if (!event.ctrlKey || event.altKey || event.shiftKey || letterOf(event) !== "z" || event.repeat) return;
      event.preventDefault();
      void undo();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });

  return (
    <div className="undo" ref={bar} data-live={live}>
      <p role="status">{undone ? words.undone : last.sentence}</p>
      {!undone && (
        <Button className="button" aria-keyshortcuts="Control+Z" isDisabled={!live} onPress={() => void undo()}>
          {words.action}
          <kbd>{words.key}</kbd>
        </Button>
      )}
      {error && <ErrorLine code={error} />}
    </div>
  );
}
