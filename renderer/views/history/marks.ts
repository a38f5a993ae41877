// What the chart marks of what happened, and where: shades for sleep, flags for everything else. Pure.
import type { HistoryEvent } from "../../../contract/history.ts";
import { secondsOf } from "./columns.ts";
import type { Span } from "./look.ts";

/** From where to where in the picture, in its own pixels; `place`: of a time in Unix seconds. */
export type Stage = { left: number; right: number; place: (time: number) => number };

/** `count`: of what happened there. `warns`: among it is what one should look at. */
export type Flag = { at: number; count: number; warns: boolean };

type Mark = Pick<HistoryEvent, "kind" | "time" | "until">;

/** Of one app only what happened to it, and to the whole computer. Null: of everything. */
export function about(events: readonly HistoryEvent[], app: string | null): HistoryEvent[] {
  return events.filter((event) => app === null || event.app === null || event.app === app);
}

/** What happened in that time; of what lasted, some of it. */
export function happenedIn<M extends Mark>(events: readonly M[], { from, to }: Span): M[] {
  return events.filter(({ time, until }) => {
    const began = secondsOf(time);
    return began < to && (began >= from || (until !== null && secondsOf(until) > from));
  });
}

const isShade = ({ kind, until }: Mark): boolean => kind === "sleep" && until !== null;

/** For as long as the computer slept, as far as that is in the picture. */
export function shadesOf(events: readonly Mark[], { left, right, place }: Stage): { left: number; right: number }[] {
  const within = (iso: string): number => Math.min(right, Math.max(left, place(secondsOf(iso))));
  return events.flatMap((event) => {
    if (!isShade(event) || event.until === null) return [];
    const shade = { left: within(event.time), right: within(event.until) };
    return shade.right > shade.left ? [shade] : [];
  });
}

/** What is nearer to a flag than `apart` pixels is counted there: flags on top of one another say nothing. From left to right. */
export function flagsOf(events: readonly Mark[], { left, right, place }: Stage, apart: number): Flag[] {
  const flags: Flag[] = [];
  const inOrder = events
    .filter((event) => !isShade(event))
    .map((event) => ({ at: place(secondsOf(event.time)), warns: event.kind === "appChanged" }))
    .filter(({ at }) => at >= left && at <= right)
    .sort((a, b) => a.at - b.at);
  for (const { at, warns } of inOrder) {
    const last = flags.at(-1);
    if (last !== undefined && at - last.at < apart) {
      last.count++;
      last.warns ||= warns;
    } else flags.push({ at, count: 1, warns });
  }
  return flags;
}
