// The card's subject: the app, where it wants to go, every address that belongs to the attempt, and the process behind it.
import type { Endpoint, Prompt } from "../../contract/words.ts";
import { destination, plain, portAndProtocol } from "../format.ts";
import { AppFace, AppName, Unverified } from "../parts/app.tsx";
import { text } from "../text.ts";

const words = text.prompt;

export function Subject({ prompt }: { prompt: Prompt }) {
  const { app, endpoint, endpoints, attempts, process, state } = prompt;
  const others = endpoints.filter((each) => !same(each, endpoint));
  return (
    <>
      <div className="subject">
        <AppFace app={app} size="large" />
        <h1 className={app.verified ? "" : "subject-path"}>
          <AppName app={app} />
          {!app.verified && <Unverified />}
        </h1>
      </div>
      <p className="wants">{state === "held" ? words.wants : words.wanted}</p>
      <div className="target">
        <bdi className="target-name">{destination(endpoint)}</bdi>
        <span className="target-detail">
          {endpoint.host !== null && `${plain(endpoint.address)}, `}
          {portAndProtocol(endpoint)}
        </span>
        {others.length > 0 && (
          <div className="target-others">
            <span>{words.also}</span>
            <ul>
              {others.map((each) => (
                <li key={`${each.address} ${each.port} ${each.protocol}`}>
                  <bdi className="address">{destination(each)}</bdi> {portAndProtocol(each)}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      <dl className="asked-by">
        <dt>{words.process}</dt>
        <dd>
          <bdi className="command" title={plain(process.command)}>
            {plain(process.command)}
          </bdi>
          <span>
            {words.processLine(process.pid, process.uid)}
            {process.uid === 0 && <span className="tag tag-warn">{text.asRoot}</span>}
            {attempts > 1 && <span className="tag attempts">{words.more(attempts - 1)}</span>}
          </span>
        </dd>
      </dl>
    </>
  );
}

function same(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port && a.protocol === b.protocol;
}
