// A place in the monitor's box and the row that is drawn in it. Places stay where they are and only say something else when rows come, go
// or change their order: nothing is made anew, and nothing moves in the page.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, the rows are pointed at
import { memo, useCallback, useEffect, useRef, useState } from "react";
import type { Row } from "../../../contract/monitor.ts";
import { MonitorRow } from "./row.tsx";
import { drawInTurn, forgetTurn } from "./turns.ts";

type Props = {
  /** undefined: not known yet. */
  row: Row | undefined;
  index: number;
  /** Pixels. */
  start: number;
  height: number;
  flat: boolean;
  /** The active row. */
  active: string | null;
  /** Not in its turn: all rows move together while the box is scrolled, and when somebody asked for others. */
  atOnce: boolean;
};

export const Slot = memo(function Slot({ row: newest, index, start, height, flat, active, atOnce }: Props) {
  const row = useInTurn(newest, atOnce);
  return (
    <div
      className="row"
      role="row"
      aria-rowindex={index + 1}
      style={{ height, transform: `translateY(${start}px)` }}
      {...(row && {
        id: rowId(row.id),
        "data-id": row.id,
        "data-kind": row.kind,
        "aria-selected": row.id === active,
        ...(!flat && { "aria-level": row.depth + 1 }),
        ...(row.kind !== "flow" && { "aria-expanded": row.expanded }),
      })}
    >
      {row ? <MonitorRow row={row} flat={flat} /> : <span role="gridcell" className="row-waits" />}
    </div>
  );
});

export function rowId(id: string): string {
  return `row-${id}`;
}

/** The row that is to be drawn now: soon the newest. */
function useInTurn(newest: Row | undefined, atOnce: boolean): Row | undefined {
  const [drawn, setDrawn] = useState(newest);
  const latest = useRef(newest);
  const draw = useCallback(() => setDrawn(latest.current), []);
  useEffect(() => {
    latest.current = newest;
    if (newest === drawn) return;
    if (atOnce) draw();
    else drawInTurn(draw);
  }, [newest, drawn, atOnce, draw]);
  useEffect(() => () => forgetTurn(draw), [draw]);
  return atOnce ? newest : drawn;
}
