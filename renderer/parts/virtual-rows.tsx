// Rows of known or measured heights in a scrolling box, of which only those in view exist. What is being read stays in place when rows arrive above it.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";

type Row = { id: string };

type Props<T extends Row> = {
  rows: readonly T[];
  /** CSS pixels, of all or of each; a function must stay the same one while heights do. */
  height: number | ((row: T) => number);
  /** Whether rows are as high as what is in them; `height` is what they are taken for before they are seen. */
  measured?: boolean;
  label: string;
  /** Shown while the top is out of view and rows arrived there. */
  newer?: (count: number) => string;
  /** Id of a row that is in sight at first, wherever it stands. */
  first?: string;
  head?: ReactNode;
  children: (row: T) => ReactNode;
};

export function VirtualRows<T extends Row>({
  rows,
  height,
  measured = false,
  label,
  newer,
  first: sought,
  head,
  children,
}: Props<T>) {
  const box = useRef<HTMLDivElement>(null);
  const top = useRef<string | undefined>(undefined);
  const [above, setAbove] = useState(0);
  const heights = useMemo(() => rows.map((row) => (typeof height === "number" ? height : height(row))), [rows, height]);
  const first = heights[0] ?? 0;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => heights[index] ?? first,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 6,
  });

  // biome-ignore lint/correctness/useExhaustiveDependencies: other heights than those that were computed before
  useLayoutEffect(() => {
    // What was measured holds: whoever changes is measured again by itself.
    if (!measured) virtual.measure();
  }, [heights]);

  const unseen = useRef(sought);
  useLayoutEffect(() => {
    const at = rows.findIndex((row) => row.id === unseen.current);
    if (at < 0) return;
    unseen.current = undefined;
    virtual.scrollToIndex(at, { align: "center" });
  }, [rows, virtual]);

  useLayoutEffect(() => {
    const scroller = box.current;
    const arrived = top.current === undefined ? 0 : rows.findIndex((row) => row.id === top.current);
    top.current = rows[0]?.id;
    if (!scroller || scroller.scrollTop < first / 2) {
      setAbove(0);
      return;
    }
    if (arrived > 0) {
      scroller.scrollTop += heights.slice(0, arrived).reduce((sum, each) => sum + each, 0);
      if (newer) setAbove((count) => count + arrived);
    }
  }, [rows, heights, first, newer]);

  return (
    <div className="rows" role="table" aria-label={label} aria-rowcount={rows.length + (head ? 1 : 0)}>
      {head && (
        <div role="rowgroup" className="rows-head">
          {head}
        </div>
      )}
      <div
        className="rows-box"
        role="rowgroup"
        ref={box}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable by keyboard
        tabIndex={0}
        aria-label={label}
        onScroll={(event) => {
          if (event.currentTarget.scrollTop < first / 2) setAbove(0);
        }}
      >
        <div className="rows-space" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <div
                  key={item.key}
                  className="row"
                  role="row"
                  aria-rowindex={item.index + (head ? 2 : 1)}
                  data-id={row.id}
                  {...(measured && { ref: virtual.measureElement, "data-index": item.index })}
                  style={{
                    ...(!measured && { height: item.size }),
                    transform: `translateY(${item.start}px)`,
                  }}
                >
                  {children(row)}
                </div>
              )
            );
          })}
        </div>
      </div>
      {newer && above > 0 && (
        <Button className="pill" onPress={() => box.current?.scrollTo({ top: 0 })}>
          {newer(above)}
        </Button>
      )}
    </div>
  );
}
