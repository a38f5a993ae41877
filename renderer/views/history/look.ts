// What the person looks at in the history: a time, what rows are made by, and how they got there. Pure.
import type { HistoryBy, HistoryFilter, HistoryRange, HistoryRow } from "../../../contract/history.ts";

/** Rows can be made by users, too: of those a person's own window has one. */
export const dimensions = [
  "app",
  "domain",
  "host",
  "country",
  "protocol",
  "network",
] as const satisfies readonly HistoryBy[];
export type Dimension = (typeof dimensions)[number];

export const ranges = ["10m", "1h", "24h", "7d", "30d", "1y"] as const satisfies readonly HistoryRange[];

/** A part of the range that was dragged over. Unix seconds, `to` exclusive. */
export type Span = { from: number; to: number };

/** A row that was opened: what it is about, and by what the rows were made that it was one of. */
export type Step = { by: Dimension; row: HistoryRow };

export type Look = {
  range: HistoryRange;
  span: Span | null;
  measure: "rate" | "total";
  by: Dimension;
  /** From everything to what is shown, outermost first. */
  trail: readonly Step[];
};

export const firstLook: Look = { range: "24h", span: null, measure: "rate", by: "app", trail: [] };

/** What rows can still be made by: within one app there is only that app. */
export function openDimensions(trail: readonly Step[]): Dimension[] {
  const fixed = new Set(trail.map((step) => step.by));
  // A host is of one domain and, as far as anybody can tell, in one country.
  if (fixed.has("host")) for (const wider of ["domain", "country"] as const) fixed.add(wider);
  return dimensions.filter((each) => !fixed.has(each));
}

/** Where a row leads: to what one would ask next about it. Null: there is nothing more to tell. */
export function nextDimension(look: Look): Dimension | null {
  const open = openDimensions([...look.trail, { by: look.by, row: nothing }]);
  return (["app", "domain", "host", "network"] as const).find((each) => open.includes(each)) ?? null;
}

const nothing: HistoryRow = { key: null, bytesIn: 0, bytesOut: 0, connections: 0, blocked: 0 };

export function into(look: Look, row: HistoryRow): Look {
  const next = nextDimension(look);
  return next === null ? look : { ...look, by: next, trail: [...look.trail, { by: look.by, row }] };
}

/** Back to where so many steps had been taken, and to what the rows were made by there. */
export function backTo(look: Look, steps: number): Look {
  const left = look.trail[steps];
  return left === undefined ? look : { ...look, by: left.by, trail: look.trail.slice(0, steps) };
}

export function filterOf(trail: readonly Step[]): HistoryFilter {
  return Object.fromEntries(trail.map(({ by, row }) => [by, row.key]));
}

/** The app that is looked at; null: none, or one that nobody knows. */
export function appIn(trail: readonly Step[]): string | null {
  return trail.find(({ by }) => by === "app")?.row.key ?? null;
}

/** Milliseconds until the same is asked again: about when its newest point says something else. */
export const freshFor: Record<HistoryRange, number> = {
  "10m": 2000,
  "1h": 5000,
  "24h": 10_000,
  "7d": 30_000,
  "30d": 60_000,
  "1y": 60_000,
};
