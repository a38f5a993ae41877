// What was just done, and the way back for ten seconds. Whoever points at it or has it focused has all the time.
import { type ReactNode, useEffect, useRef } from "react";
import { Button } from "react-aria-components";

const visibleMs = 10_000;

type Props = { children: ReactNode; undo?: { word: string; act: () => void }; over: () => void };

export function UndoLine({ children, undo, over }: Props) {
  const line = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!line.current?.matches(":hover, :focus-within")) over();
    }, visibleMs);
    return () => clearInterval(timer);
  }, [over]);
  return (
    <div className="undo-line" role="status" ref={line}>
      <span className="undo-words">{children}</span>
      {undo && (
        <Button className="button" onPress={undo.act}>
          {undo.word}
        </Button>
      )}
    </div>
  );
}
