// Questions nobody answered yet. Those whose attempt is over can still be answered for next time, right here.
import { useRef, useState } from "react";
import { Button, Radio, RadioGroup } from "react-aria-components";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Prompt, Scope } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { appWord, clockTime, dayOf, isIdentified, plain, whatIsKnown } from "../format.ts";
import { AppFace, AppName, Unverified } from "../parts/app.tsx";
import { Details } from "../parts/details.tsx";
import { Check, Slash, Tray } from "../parts/icons.tsx";
import { ErrorLine, Nothing } from "../parts/notice.tsx";
import { canBeRemembered } from "../prompt/choices.tsx";
import { useDeadTime } from "../prompt/dead-time.ts";
import { destinations, namedDestinations } from "../sentence.ts";
import { inOrder, settle, useKnown } from "../store.ts";
import { text } from "../text.ts";

const words = text.inbox;

export function Inbox() {
  const prompts = useKnown((known) => known.prompts);
  const held = inOrder(prompts, "held");
  const over = inOrder(prompts, "inbox");
  const view = useRef<HTMLElement>(null);
  // Rows that come and go move those below: the same guard as on the prompt's card, here for this view alone.
  const key = [...held, ...over].map((prompt) => `${prompt.id} ${prompt.endpoints.length}`).join("\n");
  const { live, mayAct } = useDeadTime(key, () => view.current ?? window);
  return (
    <section className="view" aria-label={words.title} ref={view} data-live={live}>
      <div className="view-head">
        <h1>{words.title}</h1>
      </div>
      {held.length + over.length === 0 && <Nothing icon={<Tray />} title={words.none} hint={words.noneHint} />}
      <div className="inbox-scroll">
        {held.length > 0 && (
          <>
            <h2>{words.waiting}</h2>
            <ul className="inbox" aria-label={words.waitingLabel}>
              {held.map((prompt) => (
                <li key={prompt.id} className="inbox-item" data-id={prompt.id}>
                  <Question prompt={prompt} />
                  <Button className="button" onPress={() => void bridge.shell({ do: "open-prompt" })}>
                    {text.waiting.show}
                  </Button>
                </li>
              ))}
            </ul>
          </>
        )}
        {over.length > 0 && (
          <>
            <h2>{words.unanswered}</h2>
            <p className="hint">{words.hint}</p>
            <ul className="inbox" aria-label={words.label}>
              {over.map((prompt) => (
                <Unanswered key={prompt.id} prompt={prompt} live={live} mayAct={mayAct} />
              ))}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}

function Question({ prompt }: { prompt: Prompt }) {
  const { app, attempts, direction, opened, process, state } = prompt;
  const [open, setOpen] = useState(false);
  const wants = (state === "held" ? words.wants : words.wanted)[direction];
  const since = `${dayOf(opened, new Date())} ${clockTime(opened).slice(0, 5)}`.trim();
  return (
    <div className="inbox-question">
      <AppFace app={app} />
      <div className="two-lines">
        <span className="line-free" title={plain(app.path)}>
          <AppName app={app} /> <Unverified app={app} /> <span>{wants(namedDestinations(prompt))}</span>
        </span>
        <span className="second">
          {!app.verified && !isIdentified(app.path) && `${whatIsKnown(app.path)} `}
          {words.attempts(attempts)} {words.since(since)}{" "}
          {process.uid === 0 && <span className="tag tag-warn">{text.asRoot}</span>}
        </span>
        {prompt.changed && (
          <span className="second">
            {text.prompt.changed[prompt.changed.kind].title}. {text.prompt.changed.again}
          </span>
        )}
        <Details prompt={prompt} open={open} setOpen={setOpen} />
      </div>
    </div>
  );
}

function Unanswered({ prompt, live, mayAct }: { prompt: Prompt; live: boolean; mayAct: () => boolean }) {
  const [scope, setScope] = useState<Scope>("endpoint");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const online = useKnown((known) => known.link.state === "up");
  const app = appWord(prompt.app);
  const { direction } = prompt;
  const anybody = direction === "inbound" ? text.rules.anybody : text.rules.anywhere;
  const other = scope === "any" ? anybody : destinations(prompt);
  const way = direction === "inbound" ? ([other, app] as const) : ([app, other] as const);

  const answer = async (action: "allow" | "block"): Promise<void> => {
    if (!mayAct() || busy) return;
    setBusy(true);
    const outcome = await bridge.call("prompts.answer", { id: prompt.id, action, scope, lifetime: "forever" });
    setBusy(false);
    setError(outcome.ok ? null : outcome.code);
    if (outcome.ok) settle(outcome.result.settled);
  };
  const disabled = !live || !online || busy;
  if (!canBeRemembered(prompt))
    return (
      <li className="inbox-item" data-id={prompt.id}>
        <Question prompt={prompt} />
        <p className="hint">{text.prompt.over.unidentified}</p>
      </li>
    );
  return (
    <li className="inbox-item" data-id={prompt.id}>
      <Question prompt={prompt} />
      <div className="inbox-answer">
        <RadioGroup
          className="choice"
          aria-label={words.scopeLabel[direction](app)}
          orientation="horizontal"
          value={scope}
          onChange={(value) => setScope(value as Scope)}
        >
          {(["endpoint", "any"] as const).map((value) => (
            <Radio key={value} value={value} className="choice-item">
              {value === "endpoint" && prompt.endpoints.length > 1
                ? text.prompt.scopesMany[direction]
                : text.prompt.scopes[direction][value]}
            </Radio>
          ))}
        </RadioGroup>
        <Button
          className="button button-block"
          aria-label={words.blockLabel(...way)}
          isDisabled={disabled}
          onPress={() => void answer("block")}
        >
          <Slash /> {words.block}
        </Button>
        <Button
          className="button button-allow"
          aria-label={words.allowLabel(...way)}
          isDisabled={disabled}
          onPress={() => void answer("allow")}
        >
          <Check /> {words.allow}
        </Button>
      </div>
      {error && <ErrorLine code={error} />}
    </li>
  );
}
