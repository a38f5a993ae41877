// The rows of the view in a scrolling box, of which only those near the screen are known. One of them is the active one: the arrow keys
// move it, and it keeps its place on the screen when others come and go above it.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, the rows are pointed at
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Button } from "react-aria-components";
import type { Row, Shown } from "../../../contract/monitor.ts";
import { text } from "../../text.ts";
import { rowId, Slot } from "./slot.tsx";

const words = text.monitor;
/** Two lines of text, however large somebody has it. */
const rowHeight = 3 * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
/** Rows asked for above and below those in view, and in which steps: not every turn of a wheel is a question. */
const around = 40;
const step = 20;

export type Screen = { from: number; rows: number };

type Props = {
  shown: Shown;
  flat: boolean;
  label: string;
  /** The active row's menu is open. */
  menuIsOpen: boolean;
  /** Somebody points at the rows, or has one active. */
  setStill: (still: boolean) => void;
  setScreen: (screen: Screen) => void;
  toggle: (row: Row, open: boolean) => void;
  /** `at`: where the pointer is, when it asked. */
  openMenu: (row: Row, anchor: Element, at?: DOMRect) => void;
};

export function Grid({ shown, flat, label, menuIsOpen, setStill, setScreen, toggle, openMenu }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<{ id: string; index: number } | null>(null);
  const [scrolled, setScrolled] = useState(false);
  const { rows, from, total } = shown;
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 4,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;

  useEffect(() => {
    const begin = Math.max(0, Math.floor((first - around) / step) * step);
    const end = Math.ceil((last + around) / step) * step;
    setScreen({ from: begin, rows: Math.min(300, Math.max(step, end - begin)) });
  }, [first, last, setScreen]);

  const indexOf = (id: string): number => {
    const at = rows.findIndex((row) => row.id === id);
    return at < 0 ? -1 : at + from;
  };
  const offset = virtual.scrollOffset ?? 0;
  useAnchor(box, offset, shown, active?.id ?? null, flat);

  const activate = (index: number): void => {
    const to = Math.max(0, Math.min(total - 1, index));
    const row = rows[to - from];
    setActive({ id: row?.id ?? "", index: to });
    virtual.scrollToIndex(to);
  };
  /** Where the active row is by now; a row that came into reach only after a jump becomes it. */
  const at = active === null ? -1 : active.id === "" ? active.index : indexOf(active.id);
  const current = at < 0 ? undefined : rows[at - from];
  useEffect(() => {
    if (active?.id === "" && current) setActive({ id: current.id, index: at });
  }, [active, current, at]);

  const onKey = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1);
    const here = at < 0 ? -1 : at;
    const moves: Record<string, number> = {
      ArrowDown: here + 1,
      ArrowUp: here - 1,
      PageDown: here + page,
      PageUp: here - page,
      Home: 0,
      End: total - 1,
    };
    const move = moves[event.key];
    if (move !== undefined) activate(move);
    else if (!current) return;
    else if (event.key === "ArrowRight") toggle(current, true);
    else if (event.key === "ArrowLeft") {
      if (current.kind !== "flow" && current.expanded) toggle(current, false);
      else activate(parentOf(rows, at - from) + from);
    } else if (event.key === " ") toggle(current, !(current.kind !== "flow" && current.expanded));
    else if (event.key === "Enter" || event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const element = box.current?.querySelector(`#${rowId(current.id)} [data-menu]`);
      if (element) openMenu(current, element);
    } else return;
    event.preventDefault();
  };

  /** The row that is pointed at becomes the active one. */
  const pointedAt = (target: Element): Row | undefined => {
    const id = target.closest<HTMLElement>("[data-id]")?.dataset.id;
    const row = rows.find((each) => each.id === id);
    if (row) setActive({ id: row.id, index: indexOf(row.id) });
    return row;
  };
  const onClick = (event: MouseEvent): void => {
    const target = event.target as Element;
    const row = pointedAt(target);
    if (!row) return;
    const button = target.closest("[data-menu]");
    if (button) openMenu(row, button);
    else if (row.kind !== "flow") toggle(row, !row.expanded);
  };
  const onContextMenu = (event: MouseEvent): void => {
    event.preventDefault();
    const target = event.target as Element;
    const row = pointedAt(target);
    if (row) openMenu(row, target, new DOMRect(event.clientX, event.clientY));
  };

  return (
    <div className={`rows monitor ${flat ? "monitor-flat" : ""} ${menuIsOpen ? "monitor-asked" : ""}`}>
      <div className="rows-head" aria-hidden="true">
        <div className="row monitor-row">
          <span>{words.columns.name}</span>
          <span>{words.columns.verdict}</span>
          <span className="cell-numbers head-speed">{words.columns.speed}</span>
          <span className="cell-numbers cell-traffic">{words.columns.traffic}</span>
          <span className="cell-when">{words.columns.when[flat ? "time" : "app"]}</span>
        </div>
      </div>
      <div
        className="rows-box"
        role="treegrid"
        ref={box}
        tabIndex={0}
        aria-label={label}
        aria-rowcount={total}
        {...(current && { "aria-activedescendant": rowId(current.id) })}
        onKeyDown={onKey}
        onClick={onClick}
        onContextMenu={onContextMenu}
        onFocus={() => {
          setStill(true);
          if (active === null && box.current?.matches(":focus-visible")) activate(first);
        }}
        onBlur={() => setStill(box.current?.matches(":hover") ?? false)}
        onPointerEnter={() => setStill(true)}
        onPointerLeave={() => setStill(box.current?.matches(":focus-visible") ?? false)}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > rowHeight)}
      >
        <div className="rows-space" role="presentation" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <Slot
              key={item.key}
              row={rows[item.index - from]}
              index={item.index}
              start={item.start}
              height={rowHeight}
              flat={flat}
              active={current?.id ?? null}
              atOnce={offset > 0 || shown.seq === 0}
            />
          ))}
        </div>
      </div>
      {flat && scrolled && (
        <Button className="pill" onPress={() => box.current?.scrollTo({ top: 0 })}>
          {words.newest}
        </Button>
      )}
    </div>
  );
}

/** Place of the row that `at` is below; itself where that is none, or out of reach. */
function parentOf(rows: readonly Row[], at: number): number {
  const depth = rows[at]?.depth ?? 0;
  for (let above = at - 1; above >= 0; above--) if ((rows[above]?.depth ?? 0) < depth) return above;
  return at;
}

/**
 * What is read or pointed at stays where it is on the screen when rows come and go above it. `scrolled`: as the last event told, pixels. To
 * ask the box would lay the whole page out in the midst of drawing it.
 */
function useAnchor(
  box: RefObject<HTMLDivElement | null>,
  scrolled: number,
  shown: Shown,
  active: string | null,
  flat: boolean,
): void {
  const before = useRef<Shown>(shown);
  useLayoutEffect(() => {
    const earlier = before.current;
    before.current = shown;
    const element = box.current;
    if (!element || earlier === shown) return;
    const top = Math.floor(scrolled / rowHeight);
    const pointed = element.matches(":hover") || element.matches(":focus");
    // At the very top what is new is what is to be seen, unless somebody points at what is there.
    if (top === 0 && !(pointed && flat)) return;
    const id =
      active !== null && earlier.rows.some((row) => row.id === active) ? active : earlier.rows[top - earlier.from]?.id;
    if (id === undefined) return;
    const was = earlier.rows.findIndex((row) => row.id === id) + earlier.from;
    const is = shown.rows.findIndex((row) => row.id === id);
    const moved = is + shown.from - was;
    if (is >= 0 && moved !== 0) element.scrollTop += moved * rowHeight;
  }, [shown, scrolled, active, flat, box]);
}
