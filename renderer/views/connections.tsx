// Who talked to whom, newest first: live and recent connections with their verdict and the reason for it.
// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed one by one cannot be a <table>
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { useMemo, useState } from "react";
import { appPathText, splitAppPath } from "../../contract/app-path.ts";
import type { Flow, Rule } from "../../contract/words.ts";
import {
  appWord,
  clockTime,
  dayOf,
  destination,
  fileName,
  humanBytes,
  isIdentified,
  plain,
  portAndProtocol,
  whatIsKnown,
} from "../format.ts";
import { AppFace, Unverified } from "../parts/app.tsx";
import { Arrows } from "../parts/icons.tsx";
import { Nothing } from "../parts/notice.tsx";
import { matches, Search } from "../parts/search.tsx";
import { VerdictMark } from "../parts/verdict.tsx";
import { VirtualRows } from "../parts/virtual-rows.tsx";
import { ruleSentence } from "../sentence.ts";
import { newestFirst, useKnown } from "../store.ts";
import { text } from "../text.ts";

const words = text.connections;

export function Connections() {
  const flows = useKnown((known) => known.flows);
  const rules = useKnown((known) => known.rules);
  const [query, setQuery] = useState("");
  const rows = useMemo(
    () => newestFirst(flows.values()).filter((flow) => matches(query, ...shown(flow))),
    [flows, query],
  );
  return (
    <section className="view" aria-label={words.title}>
      <div className="view-head">
        <h1>{words.title}</h1>
        <span className="view-count">{words.total(rows.length)}</span>
        <Search label={words.search} value={query} onChange={setQuery} />
      </div>
      {rows.length === 0 ? (
        <Nothing
          icon={<Arrows />}
          title={query ? words.noMatch : words.none}
          {...(query ? {} : { hint: words.noneHint })}
        />
      ) : (
        <VirtualRows rows={rows} height={60} label={words.label} newer={words.newer} head={<Head />}>
          {(flow) => <Cells flow={flow} rule={flow.rule === null ? undefined : rules.get(flow.rule)} />}
        </VirtualRows>
      )}
    </section>
  );
}

function shown(flow: Flow): string[] {
  return [
    text.verdict[flow.verdict],
    appWord(flow.app),
    isIdentified(flow.app.path) ? "" : text.unidentified.title,
    flow.app.path,
    flow.endpoint.host ?? "",
    flow.endpoint.address,
    portAndProtocol(flow.endpoint),
    flow.direction === "inbound" ? words.from : "",
    flow.reason,
    text.layer[flow.layer],
  ];
}

function Head() {
  return (
    <div role="row" className="row flow-row" aria-rowindex={1}>
      {Object.entries(words.columns).map(([key, column]) => (
        <span key={key} role="columnheader" className={`cell-${key}`}>
          {column}
        </span>
      ))}
    </div>
  );
}

function Cells({ flow, rule }: { flow: Flow; rule: Rule | undefined }) {
  const { app, direction, endpoint } = flow;
  const inbound = direction === "inbound";
  const named = endpoint.host !== null;
  const word = app.verified || isIdentified(app.path);
  const path = word ? plain(appPathText(app.path)) : whatIsKnown(app.path);
  const { script } = splitAppPath(app.path);
  // There is little room: the script is the app, its interpreter stands in the second line.
  const name = script === null || app.verified ? appWord(app) : plain(fileName(script));
  const why = rule ? `${text.layer[flow.layer]}: ${ruleSentence(rule)}` : text.layer[flow.layer];
  return (
    <div className="flow-row" role="presentation">
      <span role="cell" className="cell-verdict">
        <VerdictMark verdict={flow.verdict} live={flow.live} />
      </span>
      <span role="cell" className="cell-app">
        <AppFace app={app} />
        <span className="two-lines">
          <span className="name-line" title={plain(app.path)}>
            <bdi className="line app-name">{word ? name : text.unidentified.title}</bdi>
            <Unverified app={app} />
          </span>
          <bdi className="line second" title={path}>
            {path}
          </bdi>
        </span>
      </span>
      <span role="cell" className="cell-destination two-lines">
        <span className="line">
          {inbound && `${words.from} `}
          <bdi className="address">{destination(endpoint)}</bdi>
        </span>
        <span className="line second">
          {named && `${endpoint.address}, `}
          {inbound ? text.prompt.onIts(portAndProtocol(endpoint)) : portAndProtocol(endpoint)}
        </span>
      </span>
      <span role="cell" className="cell-why">
        <span className="reason" title={`${plain(flow.reason)}\n${why}`}>
          {plain(flow.reason)}
        </span>
      </span>
      <span role="cell" className="cell-traffic two-lines">
        <span className="line">
          <span aria-hidden="true">↓ </span>
          <span className="hidden-words">{words.received(humanBytes(flow.bytesIn))}</span>
          <span aria-hidden="true">{humanBytes(flow.bytesIn)}</span>
        </span>
        <span className="line second">
          <span aria-hidden="true">↑ </span>
          <span className="hidden-words">{words.sent(humanBytes(flow.bytesOut))}</span>
          <span aria-hidden="true">{humanBytes(flow.bytesOut)}</span>
        </span>
      </span>
      <span role="cell" className="cell-time two-lines">
        <time className="line" dateTime={flow.time}>
          {clockTime(flow.time)}
        </time>
        <span className="line second">
          {flow.live ? <span className="live">{words.live}</span> : dayOf(flow.time, new Date())}
        </span>
      </span>
    </div>
  );
}
