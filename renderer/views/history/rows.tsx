// Who or what, most traffic first. Where there is more to tell about a row, its name opens it.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { Button } from "react-aria-components";
import type { HistoryAmounts, HistoryRow } from "../../../contract/history.ts";
import type { Protocol } from "../../../contract/words.ts";
import { humanBytes } from "../../format.ts";
import { AppFace, appLine, Unverified } from "../../parts/app.tsx";
import { Chevron } from "../../parts/icons.tsx";
import { VirtualRows } from "../../parts/virtual-rows.tsx";
import { language, text } from "../../text.ts";
import type { Dimension } from "./look.ts";
import { appOf, rowName, shareText } from "./words.ts";

const words = text.history;
const rowHeight = 48;

type Props = {
  rows: readonly HistoryRow[];
  total: HistoryAmounts;
  by: Dimension;
  label: string;
  /** Null: there is nothing more to tell about a row. */
  open: ((row: HistoryRow) => void) | null;
};

export function HistoryRows({ rows, total, by, label, open }: Props) {
  const all = total.bytesIn + total.bytesOut;
  const shown = rows.map((row) => ({ id: JSON.stringify(row.key), row }));
  return (
    <div className="history-rows">
      <VirtualRows rows={shown} height={rowHeight} label={label} head={<Head by={by} />}>
        {({ row }) => {
          const name = rowName(by, row);
          return (
            <>
              <span role="cell" className="cell-name">
                {by === "app" && <AppFace app={appOf(row)} />}
                <span className="two-lines">
                  <span className="name-line">
                    {open === null ? (
                      <bdi className="line row-name">{name}</bdi>
                    ) : (
                      <Button className="row-open" aria-label={words.open(name)} onPress={() => open(row)}>
                        <bdi className="line row-name">{name}</bdi>
                      </Button>
                    )}
                    {by === "app" && <Unverified app={appOf(row)} />}
                    {row.network?.metered && (
                      <span className="tag tag-warn" title={words.meteredWhy}>
                        {words.metered}
                      </span>
                    )}
                    {row.app?.private && (
                      <span className="tag" title={words.privateWhy}>
                        {words.private}
                      </span>
                    )}
                  </span>
                  <Second by={by} row={row} />
                </span>
              </span>
              <Share of={all === 0 ? 0 : (row.bytesIn + row.bytesOut) / all} row={row} />
              <Amount value={row.bytesIn === 0 ? "" : humanBytes(row.bytesIn)} />
              <Amount value={row.bytesOut === 0 ? "" : humanBytes(row.bytesOut)} />
              <span role="cell" className="cell-numbers cell-connections">
                {row.connections === 0 ? <Zero /> : row.connections.toLocaleString(language)}
              </span>
              <span role="cell" className={`cell-numbers ${row.blocked > 0 ? "cell-blocked" : ""}`}>
                {row.blocked > 0 ? row.blocked.toLocaleString(language) : <Zero />}
              </span>
              <span role="presentation" className="cell-open" aria-hidden="true">
                {open !== null && <Chevron />}
              </span>
            </>
          );
        }}
      </VirtualRows>
    </div>
  );
}

function Head({ by }: { by: Dimension }) {
  const { columns } = words;
  return (
    <div className="row" role="row">
      <span role="columnheader">{words.dimension[by]}</span>
      <span role="columnheader">{columns.share}</span>
      {(["received", "sent", "connections", "blocked"] as const).map((column) => (
        <span
          key={column}
          role="columnheader"
          className={`cell-numbers ${column === "connections" ? "cell-connections" : ""}`}
        >
          {columns[column]}
        </span>
      ))}
    </div>
  );
}

function Second({ by, row }: { by: Dimension; row: HistoryRow }) {
  const second = secondLine(by, row);
  return (
    second !== null && (
      <bdi className="line second" title={second}>
        {second}
      </bdi>
    )
  );
}

function secondLine(by: Dimension, row: HistoryRow): string | null {
  if (by === "network") return row.network ? words.kinds[row.network.kind] : null;
  if (by === "protocol") return words.protocols[row.key as Protocol]?.what ?? null;
  if (by !== "app") return null;
  return appLine(appOf(row));
}

/** A bar of two parts: what came, what went. Nothing where nothing did: an empty bar looks like one that is still to come. */
function Share({ of, row }: { of: number; row: HistoryRow }) {
  const bytes = row.bytesIn + row.bytesOut;
  const went = bytes === 0 ? 0 : row.bytesOut / bytes;
  return (
    <span role="cell" className="cell-share">
      {bytes > 0 && (
        <>
          <span className="share" aria-hidden="true">
            <span className="share-came" style={{ width: `${of * (1 - went) * 100}%` }} />
            <span className="share-went" style={{ width: `${of * went * 100}%` }} />
          </span>
          <span className="share-words">{shareText(of)}</span>
        </>
      )}
    </span>
  );
}

function Amount({ value }: { value: string }) {
  return (
    <span role="cell" className="cell-numbers">
      {value || <Zero />}
    </span>
  );
}

/** Nothing is drawn as nothing, and said as what it is. */
function Zero() {
  return <span className="hidden-words">0</span>;
}
