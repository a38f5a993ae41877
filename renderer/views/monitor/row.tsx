// One row of the monitor: an app, a domain, a host or a connection, with what goes on below it.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: the grid has the focus, the rows are pointed at
import { memo, type ReactNode } from "react";
import type { Figures, Row } from "../../../contract/monitor.ts";
import type { Verdict } from "../../../contract/words.ts";
import { countryOf } from "../../country.ts";
import { clockTime, dayOf, destination, humanBytes, humanRate, plain, portAndProtocol } from "../../format.ts";
import { AppFace, AppTitle, appLine, appName } from "../../parts/app.tsx";
import { Chevron, Dots } from "../../parts/icons.tsx";
import { Remarks } from "../../parts/remarks.tsx";
import { Sparkline } from "../../parts/sparkline.tsx";
import { CountMark, VerdictMark } from "../../parts/verdict.tsx";
import { text } from "../../text.ts";

const words = text.monitor;

/** A row that did not change is the same object as before (contract/monitor.ts), and is not drawn again. */
export const MonitorRow = memo(function MonitorRow({ row, flat }: { row: Row; flat: boolean }) {
  const { figures, history } = row;
  return (
    <div className="monitor-row" role="presentation">
      <span role="gridcell" className="cell-name" style={{ paddingInlineStart: `${row.depth * 1.5}rem` }}>
        {!flat && (
          <span className="twist" data-twist aria-hidden="true">
            {row.kind !== "flow" && <Chevron />}
          </span>
        )}
        <Name row={row} flat={flat} />
      </span>
      <span role="gridcell" className="cell-verdict">
        {row.kind === "flow" ? (
          <VerdictMark verdict={row.flow.verdict} live={row.flow.live} />
        ) : (
          <Counts figures={figures} />
        )}
      </span>
      <span role="gridcell" className="cell-spark">
        <Sparkline values={history} />
      </span>
      <span role="gridcell" className="cell-numbers two-lines">
        <Amount arrow="↓" shown={humanRate(figures.rateIn)} said={words.receiving} />
        <Amount arrow="↑" shown={humanRate(figures.rateOut)} said={words.sending} />
      </span>
      <span role="gridcell" className="cell-numbers cell-traffic two-lines">
        <Amount arrow="↓" shown={bytes(figures.bytesIn)} said={words.received} />
        <Amount arrow="↑" shown={bytes(figures.bytesOut)} said={words.sent} />
      </span>
      <span role="gridcell" className="cell-when two-lines">
        <When row={row} />
      </span>
      <span role="gridcell" className="cell-more">
        <button type="button" className="row-menu" data-menu tabIndex={-1} aria-label={words.actions(labelOf(row))}>
          <Dots />
        </button>
      </span>
    </div>
  );
});

/** What a row is about, in a word or two. */
export function labelOf(row: Row): string {
  switch (row.kind) {
    case "app":
      return appName(row.app);
    case "domain":
      return plain(row.domain);
    case "host":
      return plain(row.host ?? row.address);
    case "flow":
      return `${destination(row.flow.endpoint)}, ${portAndProtocol(row.flow.endpoint)}`;
  }
}

function Name({ row, flat }: { row: Row; flat: boolean }) {
  if (row.kind === "app") {
    return (
      <>
        <AppFace app={row.app} />
        <Lines first={<AppTitle app={row.app} />} second={appLine(row.app)} />
      </>
    );
  }
  if (row.kind === "domain") return <Lines first={<bdi className="line domain-name">{plain(row.domain)}</bdi>} />;
  if (row.kind === "host") {
    const from = row.figures.inbound > 0 && row.figures.inbound === row.figures.connections;
    return (
      <Lines
        first={
          <>
            <span className="line">
              {from && `${words.from} `}
              <bdi className="address">{plain(row.host ?? row.address)}</bdi>
            </span>
            <Remarks endpoint={row} />
          </>
        }
        {...hostLine(row)}
      />
    );
  }
  const { app, direction, endpoint, reason } = row.flow;
  const inbound = direction === "inbound";
  const port = inbound ? text.prompt.onIts(portAndProtocol(endpoint)) : portAndProtocol(endpoint);
  if (!flat) {
    const first = (
      <>
        <span className="line">{port}</span>
        <Remarks endpoint={endpoint} />
      </>
    );
    return <Lines first={first} second={text.helper.reason(plain(reason))} />;
  }
  return (
    <>
      <AppFace app={app} />
      <Lines
        first={
          <>
            <AppTitle app={app} />
            <span className="line to">
              {inbound ? `${words.from} ` : "→ "}
              <bdi className="address">{destination(endpoint)}</bdi>
            </span>
            <Remarks endpoint={endpoint} />
          </>
        }
        second={[port, countryOf(endpoint), text.helper.reason(plain(reason))]
          .filter((part) => part !== null)
          .join(" · ")}
      />
    </>
  );
}

/** Beneath a host: its address, and the country that is in. */
function hostLine({ host, address, country }: Extract<Row, { kind: "host" }>): { second?: string } {
  const line = [host === null ? null : plain(address), countryOf({ country })].filter((part) => part !== null);
  return line.length === 0 ? {} : { second: line.join(" · ") };
}

function Lines({ first, second }: { first: ReactNode; second?: string }) {
  return (
    <span className="two-lines">
      <span className="name-line">{first}</span>
      {second !== undefined && (
        <bdi className="line second" title={second}>
          {second}
        </bdi>
      )}
    </span>
  );
}

const verdicts: readonly Verdict[] = ["held", "block", "allow"];

function Counts({ figures }: { figures: Figures }) {
  return verdicts
    .filter((verdict) => figures[verdict] > 0)
    .map((verdict) => <CountMark key={verdict} verdict={verdict} count={figures[verdict]} />);
}

function bytes(count: number): string {
  return count === 0 ? "" : humanBytes(count);
}

/** Nothing is drawn as nothing: what goes on stands out. */
function Amount({ arrow, shown, said }: { arrow: string; shown: string; said: (amount: string) => string }) {
  if (shown === "") return null;
  return (
    <span className="line">
      <span className="hidden-words">{said(shown.replace("/s", ""))}</span>
      <span aria-hidden="true">
        {arrow} {shown}
      </span>
    </span>
  );
}

function When({ row }: { row: Row }) {
  if (row.kind !== "flow") {
    const { live } = row.figures;
    return live > 0 ? (
      <span className="line live">{words.live(live)}</span>
    ) : (
      <span className="second">{words.ended}</span>
    );
  }
  const { time, live } = row.flow;
  return (
    <>
      <time className="line" dateTime={time}>
        {clockTime(time)}
      </time>
      <span className="line second">
        {live ? <span className="live">{text.live}</span> : dayOf(time, new Date()) || words.ended}
      </span>
    </>
  );
}
