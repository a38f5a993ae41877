// The card's subject: the app, where it wants to go, what else belongs to the attempt, and the process behind it.
// Every part is bounded, whatever the app calls itself: what is asked for must stay in view beside the answers.
import { useRef, useState } from "react";
import { flushSync } from "react-dom";
import type { App, Endpoint, Prompt } from "../../contract/words.ts";
import {
  baseName,
  commandLimit,
  destination,
  elided,
  isIdentified,
  plain,
  portAndProtocol,
  whatIsKnown,
} from "../format.ts";
import { AppFace, AppName, Unverified } from "../parts/app.tsx";
import { Details } from "../parts/details.tsx";
import { text } from "../text.ts";

const words = text.prompt;
/** How many endpoints besides the first are named on the card itself. */
const othersLimit = 2;

export function Subject({ prompt }: { prompt: Prompt }) {
  const { app, direction, endpoint, endpoints, state, behind } = prompt;
  const inbound = direction === "inbound";
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLElement>(null);
  const showAll = (): void => {
    flushSync(() => setOpen(true));
    list.current?.scrollIntoView({ block: "center" });
  };
  const whole = plain(endpoint.host ?? endpoint.address);
  const others = endpoints.filter((each) => !same(each, endpoint));
  const asker = <Asker app={app} />;
  const target = (
    <div className="target">
      <bdi className={`target-name ${whole.length > 30 ? "target-long" : ""}`} title={whole}>
        {destination(endpoint)}
      </bdi>
      {(!inbound || endpoint.host !== null) && (
        <span className="target-detail">
          {endpoint.host !== null && `${plain(endpoint.address)}${inbound ? "" : ", "}`}
          {!inbound && portAndProtocol(endpoint)}
        </span>
      )}
      {behind && <span className="target-detail">{words.behind(behind)}</span>}
      {others.length > 0 && (
        <div className="target-others">
          <span>{words.also}</span>
          <ul>
            {others.slice(0, othersLimit).map((each) => (
              <li key={`${each.address} ${each.port} ${each.protocol}`}>
                <bdi className="address">{destination(each)}</bdi> {portAndProtocol(each)}
              </li>
            ))}
          </ul>
          {others.length > othersLimit && (
            <button type="button" className="link" onClick={showAll}>
              {words.andMore(others.length - othersLimit)}
            </button>
          )}
          <button type="button" className="link link-low" onClick={showAll}>
            {words.andMore(others.length)}
          </button>
        </div>
      )}
    </div>
  );
  // Read from top to bottom it is a sentence: who wants to connect to whom.
  return (
    <div className="question">
      {inbound ? target : asker}
      <p className="wants">{state === "held" ? words.wants : words.wanted}</p>
      {inbound ? asker : target}
      {inbound && <p className="target-detail asked-port">{words.onIts(portAndProtocol(endpoint))}</p>}
      <AskedBy prompt={prompt} />
      <Details prompt={prompt} open={open} setOpen={setOpen} destinations={list} />
    </div>
  );
}

function Asker({ app }: { app: App }) {
  const named = app.verified || isIdentified(app.path);
  return (
    <div className="subject">
      <AppFace app={app} size="large" />
      <div className="subject-words">
        <h1 className={app.verified || !named ? "" : "subject-path"} title={plain(app.path)}>
          <AppName app={app} />
        </h1>
        <Unverified app={app} />
        {!named && (
          <p className="second">
            {whatIsKnown(app.path)} {text.unidentified.onceOnly}
          </p>
        )}
      </div>
    </div>
  );
}

function AskedBy({ prompt: { app, attempts, direction, process } }: { prompt: Prompt }) {
  const command = plain(process.command);
  return (
    <dl className="asked-by">
      <dt>{words.process[direction]}</dt>
      <dd>
        <bdi className="command" title={command}>
          {elided(command, commandLimit)}
        </bdi>
        <span className="process">
          <span>
            {words.processLine(process.pid, process.uid)}
            {app.via !== null && <bdi title={plain(app.via)}>{words.via(baseName(app.via))}</bdi>}
          </span>
          {process.uid === 0 && <span className="tag tag-warn">{text.asRoot}</span>}
          {attempts > 1 && <span className="tag attempts">{words.more(attempts - 1)}</span>}
        </span>
      </dd>
    </dl>
  );
}

function same(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port && a.protocol === b.protocol;
}
