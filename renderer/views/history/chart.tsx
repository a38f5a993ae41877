// The chart: how much came and went and was blocked. Dragging over it, or Shift with the arrow keys, chooses a part of its time.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import type { HistoryEvent, HistorySeries } from "../../../contract/history.ts";
import { humanBytes } from "../../format.ts";
import { text } from "../../text.ts";
import { bucketAt, busiest, columnsOf, gapsOf, secondsOver, sleepsOf, spanBetween } from "./columns.ts";
import type { Look, Span } from "./look.ts";
import { happenedIn } from "./marks.ts";
import { plotOptions, type Shows } from "./plot.ts";
import { bucketText, eventText } from "./words.ts";

const words = text.history.chart;
const height = 196;

type Props = {
  series: HistorySeries;
  events: readonly HistoryEvent[];
  measure: Look["measure"];
  span: Span | null;
  choose: (span: Span | null) => void;
};

export function Chart({ series, events, measure, span, choose }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  /** The bucket under the pointer, as it is drawn. */
  const [at, setAt] = useState<number | null>(null);
  /** Where the arrow keys are, and where they were when Shift was pressed: times, for buckets move on below them. */
  const [mark, setMark] = useState<number | null>(null);
  const [anchor, setAnchor] = useState<number | null>(null);
  const dragging = useRef(false);
  const shows = useRef<Shows>({ measure, events, gaps: [] });
  const sleeps = useMemo(() => sleepsOf(events), [events]);
  shows.current = { measure, events, gaps: useMemo(() => gapsOf(series, sleeps), [series, sleeps]) };
  // What is said of the bucket that is not over yet is what is drawn.
  const { now } = useMemo(() => ({ now: Date.now() / 1000, of: series }), [series]);
  const latest = useRef({ series, choose });
  latest.current = { series, choose };

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      plotOptions(
        { width: element.clientWidth, height },
        () => shows.current,
        (from, to) => latest.current.choose(spanBetween(latest.current.series, from, to)),
        setAt,
      ),
      [[], [], [], []],
      element,
    );
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    const schemes = ["(prefers-color-scheme: dark)", "(prefers-contrast: more)", "(forced-colors: active)"].map(
      (query) => matchMedia(query),
    );
    const redraw = (): void => made.redraw();
    for (const scheme of schemes) scheme.addEventListener("change", redraw);
    return () => {
      for (const scheme of schemes) scheme.removeEventListener("change", redraw);
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => {
    plot.current?.setData(columnsOf(series, measure, now, sleeps));
    // After the new scales hold. What the axes say can differ where their scales do not.
    queueMicrotask(() => {
      plot.current?.redraw(false, true);
      // While somebody drags, the mark is theirs.
      if (!dragging.current) markSpan(plot.current, span);
      if (mark !== null) pointAt(plot.current, mark);
    });
  }, [series, measure, now, sleeps, span, mark]);

  const last = series.starts.length - 1;
  const here = mark !== null ? bucketAt(series.starts, mark) : at === null ? last : Math.min(at, last);
  const isPointed = mark !== null || at !== null;
  const onKey = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowRight: here + 1,
      ArrowUp: here + 1,
      ArrowLeft: here - 1,
      ArrowDown: here - 1,
      PageUp: here + 10,
      PageDown: here - 10,
      Home: 0,
      End: last,
    };
    const move = moves[event.key];
    if (event.key === "Escape" && span !== null) choose(null);
    else if (move !== undefined) {
      const to = Math.max(0, Math.min(last, move));
      if (event.shiftKey) {
        const from = anchor ?? series.starts[here] ?? 0;
        setAnchor(from);
        choose(spanBetween(series, bucketAt(series.starts, from), to));
      } else setAnchor(null);
      setMark(series.starts[to] ?? null);
    } else return;
    event.preventDefault();
  };

  const measured = (bytes: number, bucket: number): string =>
    measure === "rate" ? words.rate(humanBytes(bytes / secondsOver(series, bucket, now))) : humanBytes(bytes);
  const said = (bucket: number): string =>
    words.at(
      bucketText(series.bucket, series.starts[bucket] ?? 0),
      measured(series.bytesIn[bucket] ?? 0, bucket),
      measured(series.bytesOut[bucket] ?? 0, bucket),
      series.blocked[bucket] ?? 0,
    );
  const most = busiest(series);
  const happened = !isPointed ? [] : happenedIn(events, spanBetween(series, here, here)).map(eventText);
  const bucket = words.buckets[series.bucket];
  const caption = measure === "rate" ? words.speedIn(bucket) : words.amountIn(bucket);
  return (
    <div className="chart">
      <div
        className="chart-box"
        ref={box}
        role="slider"
        tabIndex={0}
        aria-label={words.label}
        aria-describedby="chart-words"
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={Math.max(0, here)}
        aria-valuetext={[said(here), ...happened].join(". ")}
        onKeyDown={onKey}
        onBlur={() => setAnchor(null)}
        // A redrawn page makes a pointer at rest move by nothing.
        onPointerMove={({ movementX, movementY }) => {
          if (movementX !== 0 || movementY !== 0) setMark(null);
        }}
        onPointerDown={() => {
          dragging.current = true;
          const over = () => {
            dragging.current = false;
          };
          window.addEventListener("pointerup", over, { once: true });
          window.addEventListener("pointercancel", over, { once: true });
        }}
      />
      {/* One line says what is under the pointer; without one, what the chart is. */}
      <p className="chart-line" aria-hidden="true">
        {!isPointed ? (
          <>
            <span>{caption}</span>
            <span>{words.hint}</span>
          </>
        ) : (
          <span className="line">{[said(here), ...happened].join(" · ")}</span>
        )}
      </p>
      <p className="hidden-words" id="chart-words">
        {most !== null &&
          words.busiest(
            bucketText(series.bucket, series.starts[most] ?? 0),
            measured((series.bytesIn[most] ?? 0) + (series.bytesOut[most] ?? 0), most),
          )}{" "}
        {words.keys}
      </p>
    </div>
  );
}

function pointAt(plot: uPlot | null, time: number): void {
  plot?.setCursor({ left: plot.valToPos(time, "x"), top: 0 }, false);
}

/** The chosen part stays marked while the chart moves on below it. */
function markSpan(plot: uPlot | null, span: Span | null): void {
  if (plot === null) return;
  const mark = (left: number, width: number): void =>
    plot.setSelect({ left, width, top: 0, height: plot.over.clientHeight }, false);
  if (span === null) {
    mark(0, 0);
    return;
  }
  const edge = (time: number): number => Math.max(0, Math.min(plot.over.clientWidth, plot.valToPos(time, "x")));
  mark(edge(span.from), edge(span.to) - edge(span.from));
}
