// All questions of one app: its face and name once, an answer for the whole app, and the questions beneath.
import { useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import { isIdentified, pathText, plain } from "../../format.ts";
import { AppFace, AppTitle, appLine, appName } from "../../parts/app.tsx";
import { ErrorLine } from "../../parts/notice.tsx";
import { canBeRemembered } from "../../prompt/choices.tsx";
import { text } from "../../text.ts";
import type { Group } from "./groups.ts";
import { Answers, type Hand, Question } from "./question.tsx";

const words = text.inbox;

export function AppGroup({ group, hand }: { group: Group; hand: Hand }) {
  const [error, setError] = useState<ErrorCode | null>(null);
  const [first] = group.prompts;
  if (!first) return null;
  const { app } = first;
  // One answer for all of the app is about one direction: what it called and who called it are two things.
  const whole = first.state === "inbox" && group.prompts.every(({ direction }) => direction === first.direction);
  const root = group.prompts.some(({ process }) => process.uid === 0);
  return (
    <section className="group" aria-label={app.verified ? plain(app.name) : pathText(app.path)}>
      <div className="group-head">
        <AppFace app={app} />
        <div className="two-lines">
          <h3 className="name-line group-name" title={app.verified ? appLine(app) : appName(app)}>
            <AppTitle app={app} />
            {root && <span className="tag tag-warn">{text.asRoot}</span>}
          </h3>
          {app.verified ? (
            <span className="second">{words.questions(group.prompts.length)}</span>
          ) : (
            <bdi className={`second ${isIdentified(app.path) ? "line" : ""}`} title={appLine(app)}>
              {appLine(app)}
            </bdi>
          )}
        </div>
        {whole && canBeRemembered(first) && <Answers prompt={first} hand={hand} scope="any" tell={setError} />}
      </div>
      {error && <ErrorLine code={error} />}
      <ul className="questions">
        {group.prompts.map((prompt) => (
          <Question key={prompt.id} prompt={prompt} hand={hand} />
        ))}
      </ul>
    </section>
  );
}
