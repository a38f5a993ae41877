// Who talked to whom and how much: a chart of a time, and below it what that was by app, domain, host, country, protocol or network. The helper
// remembers it with no window open; `picket history` tells the same.
import { useCallback, useState } from "react";
import { Button } from "react-aria-components";
import type { HistoryAmounts, HistoryRange, HistoryRow } from "../../../contract/history.ts";
import { humanBytes } from "../../format.ts";
import { Choice } from "../../parts/choice.tsx";
import { Bars } from "../../parts/icons.tsx";
import { ErrorLine, Nothing, Notice } from "../../parts/notice.tsx";
import { matches, Search } from "../../parts/search.tsx";
import { UndoLine } from "../../parts/undo-line.tsx";
import { language, text } from "../../text.ts";
import { Chart } from "./chart.tsx";
import { Happened } from "./happened.tsx";
import {
  appIn,
  backTo,
  type Dimension,
  firstLook,
  into,
  type Look,
  nextDimension,
  openDimensions,
  ranges,
} from "./look.ts";
import { about, happenedIn } from "./marks.ts";
import { More, type Said } from "./more.tsx";
import { HistoryRows } from "./rows.tsx";
import { Trail } from "./trail.tsx";
import { type Answer, useHistory } from "./use-history.ts";
import { rowName, spanText, timeText } from "./words.ts";

const words = text.history;

/** Outlives the view: whoever comes back finds it as it was. */
let lastLook = firstLook;

const pickFrom = <K extends string>(all: Readonly<Record<K, string>>, some: readonly K[]): Record<K, string> =>
  Object.fromEntries(some.map((each) => [each, all[each]])) as Record<K, string>;

export function History() {
  const [look, setLook] = useState(lastLook);
  const [query, setQuery] = useState("");
  const { answer, error, again } = useHistory(look, query.trim() !== "");
  const [said, say] = useState<Said | null>(null);
  const over = useCallback(() => say(null), []);
  const go = (next: Look): void => {
    // What was searched for was found, or is no longer among what is shown.
    if (next.trail !== look.trail) setQuery("");
    lastLook = next;
    setLook(next);
  };
  const change = (part: Partial<Look>): void => go({ ...look, ...part });
  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head history-head">
        <h1>{words.title}</h1>
        <Choice<HistoryRange>
          label={words.range}
          value={look.range}
          options={pickFrom(words.ranges, ranges)}
          choose={(range) => change({ range, span: null })}
        />
        <Choice
          label={words.measure}
          value={look.measure}
          options={words.measures}
          choose={(measure) => change({ measure })}
        />
        {answer && <More answer={answer} say={say} again={again} />}
      </div>
      {said && (
        <UndoLine key={said.text} over={over}>
          {said.code ? <ErrorLine code={said.code} /> : said.text}
        </UndoLine>
      )}
      {answer && !answer.settings.recording && <Notice tone="warn" title={words.off} />}
      {error && <ErrorLine code={error} />}
      {answer ? (
        <Page answer={answer} look={look} go={go} query={query} setQuery={(value) => setQuery(value.slice(0, 256))} />
      ) : (
        !error && <p className="hint">{words.asking}</p>
      )}
    </section>
  );
}

type PageProps = {
  answer: Answer;
  look: Look;
  go: (look: Look) => void;
  query: string;
  setQuery: (query: string) => void;
};

function Page({ answer, look, go, query, setQuery }: PageProps) {
  const { series, total, settings } = answer;
  if (settings.since === null) return <Nothing icon={<Bars />} title={words.none} hint={words.noneHint} />;
  const change = (part: Partial<Look>): void => go({ ...look, ...part });
  const events = about(answer.events, appIn(look.trail));
  const time = timeText(answer.look, series.bucket);
  const next = nextDimension(answer.look);
  const rows = answer.rows.filter((row) => isFound(query, answer.by, row));
  return (
    <>
      <div className="history-sums">
        <Amounts total={total} time={time} />
        <Happened events={look.span === null ? events : happenedIn(events, look.span)} />
      </div>
      <Chart
        series={series}
        events={events}
        measure={look.measure}
        span={look.span}
        choose={(span) => change({ span })}
      />
      <div className="history-by">
        <Choice<Dimension>
          label={words.by}
          value={look.by}
          options={pickFrom(words.dimensions, openDimensions(look.trail))}
          choose={(by) => change({ by })}
        />
        <Trail
          trail={look.trail}
          time={look.span === null ? null : spanText(series.bucket, look.span)}
          back={(steps) => go(backTo(look, steps))}
          wholeTime={() => change({ span: null })}
        />
        <Search label={words.search} value={query} onChange={setQuery} />
      </div>
      {answer.rows.length === 0 ? (
        <Nothing icon={<Bars />} title={words.noneThen} hint={words.noneThenHint} />
      ) : rows.length > 0 ? (
        <HistoryRows
          // What was scrolled to belongs to what was asked.
          key={JSON.stringify([answer.by, answer.look.trail.length])}
          rows={rows}
          total={total}
          by={answer.by}
          label={words.tableLabel(words.dimensions[answer.by], time)}
          open={next === null ? null : (row) => go(into(answer.look, row))}
        />
      ) : answer.more > 0 && !answer.searched ? (
        <p className="hint">{words.asking}</p>
      ) : (
        <Nothing icon={<Bars />} title={words.noMatch} hint={words.noMatchHint}>
          <Button className="button" onPress={() => setQuery("")}>
            {words.showAll}
          </Button>
        </Nothing>
      )}
      {answer.more > 0 && query === "" && <p className="hint">{words.moreRows(answer.more)}</p>}
      {answer.by === "country" && settings.countries && <p className="hint credit">{settings.countries.attribution}</p>}
    </>
  );
}

/** By what is shown of a row, or by an app's file. */
function isFound(query: string, by: Dimension, row: HistoryRow): boolean {
  return query === "" || matches(query, rowName(by, row), row.key ?? "");
}

/** The sums, each with the colour it has in the chart: its legend. */
function Amounts({ total, time }: { total: HistoryAmounts; time: string }) {
  const figures = [
    { id: "came", word: words.received, value: humanBytes(total.bytesIn) },
    { id: "went", word: words.sent, value: humanBytes(total.bytesOut) },
    { id: "blocked", word: words.blocked, value: total.blocked.toLocaleString(language) },
    { id: "connections", word: words.connections, value: total.connections.toLocaleString(language) },
  ];
  return (
    <dl className="amounts" aria-label={time}>
      {figures.map(({ id, word, value }) => (
        <div key={id} className={`amount amount-${id}`}>
          <dt>{word}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
