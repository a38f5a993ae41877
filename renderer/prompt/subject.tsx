// The card's subject: one sentence of who wants to reach what, and beneath it what the sentence leaves out. Every part is bounded, whatever
// the app calls itself: what is asked for must stay in view beside the answers.
import { useRef } from "react";
import { flushSync } from "react-dom";
import type { App, Prompt } from "../../contract/words.ts";
import {
  appWord,
  baseName,
  destination,
  elided,
  isIdentified,
  moment,
  pathText,
  plain,
  portAndProtocol,
  whatIsKnown,
} from "../format.ts";
import { AppFace, PathName } from "../parts/app.tsx";
import { Details } from "../parts/details.tsx";
import { Notice } from "../parts/notice.tsx";
import { Remarks, remarksOf } from "../parts/remarks.tsx";
import { Rich } from "../parts/rich.tsx";
import { headlinePlace, otherEndpoints } from "../sentence.ts";
import { text } from "../text.ts";

const words = text.prompt;

/** `siblings`: further open questions of the same app. */
type Props = { prompt: Prompt; siblings: number; open: boolean; setOpen: (open: boolean) => void };

export function Subject({ prompt, siblings, open, setOpen }: Props) {
  const { app, direction, endpoint, state, behind, changed } = prompt;
  const inbound = direction === "inbound";
  const list = useRef<HTMLElement>(null);
  const showAll = (): void => {
    flushSync(() => setOpen(true));
    list.current?.scrollIntoView({ block: "nearest" });
  };
  const place = headlinePlace(prompt);
  const whole = plain(endpoint.host ?? endpoint.address);
  const more = otherEndpoints(prompt);
  const sentence = words.headline[direction][state === "held" ? "held" : "over"][app.via === null ? "alone" : "via"];
  const parts = {
    app: <bdi className="app-name">{isIdentified(app.path) ? appWord(app) : text.unidentified.title}</bdi>,
    via: app.via !== null && <bdi className="via-name">{baseName(app.via)}</bdi>,
    place: (
      <bdi className={`target-name ${place.length > 30 ? "target-long" : ""}`} title={whole}>
        {place}
      </bdi>
    ),
  };
  return (
    <div className="question">
      <div className="subject">
        <AppFace app={app} size="large" />
        <div className="subject-words">
          <h1>
            <Rich text={sentence} parts={parts} />
          </h1>
          <p className="target-detail">
            <bdi className="address">
              {place === whole && endpoint.host === null ? "" : `${destinationDetail(prompt)}, `}
            </bdi>
            {inbound ? words.onIts(portAndProtocol(endpoint)) : portAndProtocol(endpoint)}
            {more > 0 && (
              <>
                {" "}
                <button type="button" className="link" onClick={showAll}>
                  {words.andMore(more)}
                </button>
              </>
            )}
          </p>
          {(siblings > 0 || behind) && <p className="target-detail">{words.siblings(siblings + (behind ?? 0))}</p>}
        </div>
      </div>
      <Standing prompt={prompt} />
      {changed && (
        <Notice tone="warn" title={words.changed[changed.kind].title}>
          <p>
            {words.changed[changed.kind].body} {words.changed.again}{" "}
            {words.changed.since(moment(changed.since, new Date()))}
          </p>
        </Notice>
      )}
      <Details
        prompt={prompt}
        open={open}
        setOpen={setOpen}
        destinations={list}
        hint={<kbd className="details-key">{words.keys.details}</kbd>}
      />
    </div>
  );
}

/** Beneath the name that the sentence has: the very host, or its address. */
function destinationDetail(prompt: Prompt): string {
  const { endpoint } = prompt;
  return headlinePlace(prompt) === destination(endpoint) ? plain(endpoint.address) : destination(endpoint);
}

/**
 * What a person must know of the program before they trust its name, and of where it goes: nothing for an app that root vouches for, that runs
 * as a person and hides nothing.
 */
function Standing({ prompt: { app, attempts, process, endpoint } }: { prompt: Prompt }) {
  const root = process.uid === 0;
  const identified = isIdentified(app.path);
  const ordinary = remarksOf(endpoint).length === 0;
  if (app.verified && !root && attempts === 1 && ordinary) return null;
  return (
    <div className="process">
      {!app.verified && identified && (
        <span className="tag tag-warn" title={text.unverifiedWhy}>
          {text.unverified}
        </span>
      )}
      {root && <span className="tag tag-warn">{text.asRoot}</span>}
      {attempts > 1 && <span className="tag attempts">{words.more(attempts - 1)}</span>}
      <Remarks endpoint={endpoint} />
      {!app.verified && <Whereabouts app={app} identified={identified} />}
    </div>
  );
}

function Whereabouts({ app, identified }: { app: App; identified: boolean }) {
  if (identified) {
    return (
      <span className="whereabouts" title={pathText(app.path)}>
        <PathName app={app} />
      </span>
    );
  }
  return (
    <span className="whereabouts">
      {elided(whatIsKnown(app.path), 160)} {text.unidentified.onceOnly}
    </span>
  );
}
