// How uPlot draws the history: what came above the line, what went below it, blocked connections in a strip of their own at the foot,
// and a mark for everything that happened. Colours are those of the page at the moment of drawing.
import uPlot from "uplot";
import type { HistoryEvent } from "../../../contract/history.ts";
import { humanBytes } from "../../format.ts";
import { language, text } from "../../text.ts";
import { timeFormat } from "../../zone.ts";
import { bucketAt } from "./columns.ts";
import type { Look, Span } from "./look.ts";
import { flagsOf, type Stage, shadesOf } from "./marks.ts";
import { reachOf, ticksOf } from "./scale.ts";

/** The strip's share of the height. */
const strip = 0.16;

/** CSS pixels between two flags: so that a number has room beside the first. */
const flagsApart = 18;

const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const hours = timeFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = timeFormat({
  minute: "2-digit",
  second: "2-digit",
  hour: "2-digit",
  hourCycle: "h23",
});
const days = timeFormat({ day: "numeric", month: "short" });
const months = timeFormat({ month: "short", year: "numeric" });

/** `apart`: seconds between two labels. */
function timeLabel(time: number, apart: number): string {
  const date = new Date(time * 1000);
  if (apart >= 28 * 86_400) return months(date);
  if (apart >= 86_400 || (date.getHours() === 0 && date.getMinutes() === 0)) return days(date);
  return (apart < 60 ? seconds : hours)(date);
}

/** `gaps`: where no line is drawn, Unix seconds. */
export type Shows = { measure: Look["measure"]; events: readonly HistoryEvent[]; gaps: readonly Span[] };

/** `shows` is asked at each drawing; `chosen` hears of a range that was dragged over, `pointed` of the bucket under the pointer. */
export function plotOptions(
  size: { width: number; height: number },
  shows: () => Shows,
  chosen: (from: number, to: number) => void,
  pointed: (at: number | null) => void,
): uPlot.Options {
  const steps = uPlot.paths.stepped?.({ align: 1 });
  const line = uPlot.paths.linear?.();
  const bars = uPlot.paths.bars?.({ size: [0.7, 20], align: 1 });
  const paths: uPlot.Series.PathBuilder = (self, series, from, to) =>
    ((shows().measure === "rate" ? line : steps) as uPlot.Series.PathBuilder)(self, series, from, to);
  const area = (name: "came" | "went"): uPlot.Series => ({
    scale: "bytes",
    stroke: () => colour(name),
    fill: () => colour(`${name}-soft`),
    width: 1.25,
    points: { show: false },
    paths,
    // Sleep begins and ends between two points: there, not at the points, the line breaks off.
    gaps: (self) => shows().gaps.map(({ from, to }) => [self.valToPos(from, "x", true), self.valToPos(to, "x", true)]),
  });
  const axis: uPlot.Axis = {
    stroke: () => colour("ink-second"),
    font: `11px ${getComputedStyle(document.body).fontFamily}`,
    grid: { stroke: () => colour("line"), width: 1 },
    ticks: { show: false },
  };
  return {
    ...size,
    // On the right is room for half of a label.
    padding: [10, 18, 0, 4],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: true, y: false, setScale: false, dist: 4 },
    },
    scales: {
      x: { time: true },
      bytes: { range: (self, min, max) => bytesRange(self, Math.min(0, min ?? 0), Math.max(0, max ?? 0)) },
      blocked: { range: (_self, _min, max) => [0, Math.max(1, max ?? 0) / (strip * 0.8)] },
    },
    axes: [
      {
        ...axis,
        size: 26,
        space: 72,
        grid: { show: false },
        values: (_self, splits, _axis, _space, apart) => splits.map((time) => timeLabel(time, apart)),
      },
      {
        ...axis,
        scale: "bytes",
        size: 72,
        space: 32,
        splits: (self, _axis, foot, top, step) => aboveStrip(self, foot, top, step),
        // Below the line are bytes as well: how many went.
        values: (_self, splits) => splits.map((value) => bytesLabel(Math.abs(value), shows().measure)),
      },
    ],
    series: [
      {},
      area("came"),
      area("went"),
      {
        scale: "blocked",
        stroke: () => colour("block"),
        fill: () => colour("block"),
        width: 0,
        points: { show: false },
        paths: (self, series, from, to) => (bars as uPlot.Series.PathBuilder)(self, series, from, to),
      },
    ],
    hooks: {
      setSelect: [
        (self) => {
          const { left, width } = self.select;
          if (width > 0) chosen(under(self, left), under(self, left + width - 1));
        },
      ],
      setCursor: [(self) => pointed((self.cursor.left ?? -1) < 0 ? null : under(self, self.cursor.left ?? 0))],
      drawClear: [(self) => drawSleep(self, shows().events)],
      draw: [(self) => drawFlags(self, shows().events)],
    },
  };
}

/** The bucket at that place; the last column only closes the one before. */
function under(self: uPlot, left: number): number {
  return bucketAt([...self.data[0]].slice(0, -1), self.posToVal(left, "x"));
}

function bytesLabel(bytes: number, measure: Look["measure"]): string {
  if (bytes < 1) return bytes === 0 ? "0" : "";
  return measure === "rate" ? text.history.chart.rate(humanBytes(bytes)) : humanBytes(bytes);
}

const anyBlocked = (self: uPlot): boolean => (self.data[3] ?? []).some((count) => (count ?? 0) > 0);

function bytesRange(self: uPlot, min: number, max: number): [number, number] {
  const { foot, top } = reachOf(min, max);
  return anyBlocked(self) ? [foot - ((top - foot) * strip) / (1 - strip), top] : [foot, top];
}

/** The strip of blocked connections has nothing to do with bytes: no label and no line there. */
function aboveStrip(self: uPlot, foot: number, top: number, step: number): number[] {
  const any = (column: 1 | 2): boolean => (self.data[column] ?? []).some((bytes) => !!bytes);
  const above = anyBlocked(self) ? foot + (top - foot) * strip : foot;
  return ticksOf(above, top, step, { above: any(1), below: any(2) });
}

function stageOf(self: uPlot): Stage {
  const { bbox } = self;
  return { left: bbox.left, right: bbox.left + bbox.width, place: (time) => self.valToPos(time, "x", true) };
}

/** A shade, below everything, for as long as the computer slept. */
function drawSleep(self: uPlot, events: readonly HistoryEvent[]): void {
  const { ctx, bbox } = self;
  ctx.save();
  ctx.fillStyle = colour("sunken");
  const shades = shadesOf(events, stageOf(self));
  for (const { left, right } of shades) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  const ratio = devicePixelRatio;
  ctx.fillStyle = colour("ink-second");
  ctx.font = `${12 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "bottom";
  // Low in the chart, where no line of the grid strikes it through, and only where there is room.
  for (const { left, right } of shades)
    if (ctx.measureText(text.history.chart.asleep).width + 12 * ratio < right - left)
      ctx.fillText(text.history.chart.asleep, (left + right) / 2, bbox.top + bbox.height - 6 * ratio);
  ctx.restore();
}

/** A flag for everything else that happened, with a number where it is more than one thing. */
function drawFlags(self: uPlot, events: readonly HistoryEvent[]): void {
  const { ctx, bbox } = self;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.font = `600 ${9 * ratio}px ${getComputedStyle(document.body).fontFamily}`;
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "left";
  for (const { at, count, warns } of flagsOf(events, stageOf(self), flagsApart * ratio)) {
    ctx.strokeStyle = ctx.fillStyle = colour(warns ? "hold" : "ink-second");
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(at - 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(at + 4 * ratio, bbox.top - 6 * ratio);
    ctx.lineTo(at, bbox.top + ratio);
    ctx.fill();
    if (count > 1) ctx.fillText(count.toLocaleString(language), at + 5 * ratio, bbox.top - ratio);
  }
  ctx.restore();
}
