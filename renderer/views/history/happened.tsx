// The chart's marks in words, newest first: in a year thousands, of which only those in view exist.
import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { HistoryEvent } from "../../../contract/history.ts";
import { moment } from "../../format.ts";
import { Chevron } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import { eventText } from "./words.ts";

/** CSS pixels of one of a single line, space below it included. */
const usualHeight = 22;

export function Happened({ events }: { events: readonly HistoryEvent[] }) {
  if (events.length === 0) return null;
  const title = text.history.events.title(events.length);
  return (
    <DialogTrigger>
      <Button className="button button-quiet happened">
        {title}
        <Chevron />
      </Button>
      <Popover className="popover happened-box" placement="bottom end">
        <Dialog aria-label={title}>
          <List events={events} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

function List({ events }: { events: readonly HistoryEvent[] }) {
  const box = useRef<HTMLDivElement>(null);
  const newest = useMemo(() => events.toReversed(), [events]);
  const virtual = useVirtualizer({
    count: newest.length,
    getScrollElement: () => box.current,
    estimateSize: () => usualHeight,
    getItemKey: (at) => newest[at]?.id ?? at,
    overscan: 8,
  });
  const now = new Date();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <div className="happened-list" ref={box} tabIndex={0}>
      <ul style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const event = newest[index];
          return (
            event && (
              <li
                key={key}
                ref={virtual.measureElement}
                data-index={index}
                aria-setsize={newest.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)` }}
              >
                <time dateTime={event.time}>{moment(event.time, now)}</time>
                <bdi>{eventText(event)}</bdi>
              </li>
            )
          );
        })}
      </ul>
    </div>
  );
}
