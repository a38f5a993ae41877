// Asks the helper for what the view looks at, and again while somebody can see it.
import { useCallback, useEffect, useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import {
  type HistoryAmounts,
  type HistoryEvent,
  type HistoryRow,
  type HistorySeries,
  type HistorySettings,
  mostEvents,
} from "../../../contract/history.ts";
import type { Params } from "../../../contract/methods.ts";
import { bridge } from "../../bridge.ts";
import { useSeen } from "../../seen.ts";
import { useKnown } from "../../store.ts";
import { zone } from "../../zone.ts";
import { appIn, type Dimension, filterOf, freshFor, type Look, type Span } from "./look.ts";

/** More rows than anybody reads; what they leave out is counted. */
const rowLimit = 500;
/** Whoever searches wants to find the least of them; no more are told at once. */
const searchLimit = 20_000;

export type Answer = {
  /** What was asked: while the next answer is on its way, this one is what is seen. */
  look: Look;
  by: Dimension;
  /** Whether rows are there however little traffic they had. */
  searched: boolean;
  from: string;
  to: string;
  total: HistoryAmounts;
  rows: HistoryRow[];
  more: number;
  series: HistorySeries;
  events: HistoryEvent[];
  settings: HistorySettings;
};

/** `searched`: all rows are wanted, however little traffic they had. `again`: what is remembered was changed, and is asked for at once. */
export function useHistory(
  look: Look,
  searched: boolean,
): { answer: Answer | null; error: ErrorCode | null; again: () => void } {
  const seen = useSeen((state) => state.seen);
  const up = useKnown((known) => known.link.state === "up");
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<ErrorCode | null>(null);
  const [turn, setTurn] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn is a reason to ask
  useEffect(() => {
    if (!seen || !up) return;
    let timer: ReturnType<typeof setTimeout>;
    let over = false;
    const go = async (): Promise<void> => {
      const outcome = await answerTo(look, searched);
      // Somebody looks at something else by now.
      if (over) return;
      setError(outcome.ok ? null : outcome.code);
      if (outcome.ok) setAnswer(outcome.answer);
      // Not before the last answer: a slow helper is not asked faster than it answers.
      timer = setTimeout(() => void go(), freshFor[look.range]);
    };
    void go();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [look, searched, seen, up, turn]);

  const again = useCallback(() => setTurn((before) => before + 1), []);
  return { answer, error, again };
}

type Outcome = { ok: true; answer: Answer } | { ok: false; code: ErrorCode };

/** The rows that are seen, as they are asked for. */
export function rowsOf({ range, span, by, trail }: Look): Params<"history.query"> {
  return { by, filter: filterOf(trail), zone: zone(), ...(span === null ? { range } : timesOf(span)) };
}

async function answerTo(look: Look, searched: boolean): Promise<Outcome> {
  const { range, span, by, trail } = look;
  const app = appIn(trail);
  const asked = {
    by,
    filter: filterOf(trail),
    zone: zone(),
    limit: searched ? searchLimit : rowLimit,
  };
  const [whole, part, events, settings] = await Promise.all([
    bridge.call("history.query", { ...asked, range, ...(span !== null && { limit: 0 }) }),
    span === null ? null : bridge.call("history.query", { ...asked, ...timesOf(span) }),
    bridge.call("history.events", { range, limit: mostEvents, ...(app !== null && { app }) }),
    bridge.call("history.settings", {}),
  ]);
  if (!whole.ok) return whole;
  if (part !== null && !part.ok) return part;
  if (!events.ok) return events;
  if (!settings.ok) return settings;
  const { from, to, total, rows, more } = (part ?? whole).result;
  return {
    ok: true,
    answer: {
      look,
      by,
      searched,
      from,
      to,
      total,
      rows,
      more,
      series: whole.result.series,
      events: events.result.events,
      settings: settings.result,
    },
  };
}

export function timesOf({ from, to }: Span): { from: string; to: string } {
  return { from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString() };
}
