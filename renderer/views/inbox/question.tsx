// One question of the inbox: where the app wanted to go, how often, and its answer for good in one click. What is waited for is answered on
// its card.
import { useState } from "react";
import { Button } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { shownOf } from "../../../contract/questions.ts";
import type { Prompt, Scope } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { appWord, moment, plain, portAndProtocol } from "../../format.ts";
import { Details } from "../../parts/details.tsx";
import { Check, Cross, Slash } from "../../parts/icons.tsx";
import { ErrorLine } from "../../parts/notice.tsx";
import { canBeRemembered, firstScope } from "../../prompt/choices.tsx";
import type { Undoable } from "../../prompt/undo.tsx";
import { answered, answerPlace, headlinePlace, otherEndpoints } from "../../sentence.ts";
import { settle, useKnown } from "../../store.ts";
import { text } from "../../text.ts";

const words = text.inbox;

/** What the view has for all its rows: whether they may be pressed at this moment, and who hears of an answer that can be taken back. */
export type Hand = { live: boolean; mayAct: () => boolean; answered: (last: Undoable) => void };

export function Question({ prompt, hand }: { prompt: Prompt; hand: Hand }) {
  const { direction, endpoint, attempts, last, opened, state } = prompt;
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const place = headlinePlace(prompt);
  const more = otherEndpoints(prompt);
  const scope = firstScope(prompt);
  return (
    <li className="question-row" data-id={prompt.id}>
      <div className="question-words">
        <span className="question-place" title={plain(endpoint.host ?? endpoint.address)}>
          <bdi>{direction === "inbound" ? words.calledBy(place) : place}</bdi>
          <span className="second">
            {" "}
            {direction === "inbound" ? text.prompt.onIts(portAndProtocol(endpoint)) : portAndProtocol(endpoint)}
            {more > 0 && ` ${text.prompt.andMore(more)}`}
          </span>
        </span>
        {state === "inbox" && canBeRemembered(prompt) && (
          <span className="second question-reach">{words.reach(answerPlace(prompt, scope))}</span>
        )}
        {prompt.changed && (
          <span className="second">
            {text.prompt.changed[prompt.changed.kind].title}. {text.prompt.changed.again}
          </span>
        )}
        <Details
          prompt={prompt}
          open={open}
          setOpen={setOpen}
          title={words.tried(attempts, moment(last ?? opened, new Date()))}
        />
      </div>
      {state === "held" ? (
        <Button className="button" onPress={() => void bridge.shell({ do: "open-prompt" })}>
          {text.waiting.show}
        </Button>
      ) : (
        <Answers prompt={prompt} hand={hand} scope={scope} tell={setError} />
      )}
      {error && <ErrorLine code={error} />}
    </li>
  );
}

type AnswersProps = { prompt: Prompt; hand: Hand; scope: Scope; tell: (error: ErrorCode | null) => void };

/** Allow and block for good, and away without a rule. With scope `any` they are about the whole app. */
export function Answers({ prompt, hand, scope, tell }: AnswersProps) {
  const [busy, setBusy] = useState(false);
  const online = useKnown((known) => known.link.state === "up");
  const disabled = !hand.live || !online || busy;
  const whole = scope === "any";

  const run = async (ask: () => Promise<{ ok: true } | { ok: false; code: ErrorCode }>): Promise<void> => {
    if (!hand.mayAct() || busy) return;
    setBusy(true);
    const outcome = await ask();
    setBusy(false);
    tell(outcome.ok ? null : outcome.code);
  };
  const answer = (action: "allow" | "block"): Promise<void> =>
    run(async () => {
      const outcome = await bridge.call("prompts.answer", {
        id: prompt.id,
        action,
        scope,
        lifetime: "forever",
        shown: shownOf(prompt.endpoints),
      });
      if (!outcome.ok) return outcome;
      const { change, settled } = outcome.result;
      if (change !== null) hand.answered({ change, sentence: answered(prompt, scope, "forever", action) });
      settle([prompt.id, ...settled]);
      return outcome;
    });
  const dismiss = (): Promise<void> =>
    run(async () => {
      const outcome = await bridge.call("prompts.dismiss", { id: prompt.id });
      if (outcome.ok) settle([prompt.id]);
      return outcome;
    });

  const app = appWord(prompt.app);
  const other = answerPlace(prompt, scope);
  const way = prompt.direction === "inbound" ? ([other, app] as const) : ([app, other] as const);
  return (
    <div className="question-answers">
      {canBeRemembered(prompt) && (
        <>
          <Button
            className="button button-block"
            aria-label={(whole ? words.blockAllLabel : words.blockLabel)(...way)}
            isDisabled={disabled}
            onPress={() => void answer("block")}
          >
            <Slash /> {whole ? words.blockAll : words.block}
          </Button>
          <Button
            className="button button-allow"
            aria-label={(whole ? words.allowAllLabel : words.allowLabel)(...way)}
            isDisabled={disabled}
            onPress={() => void answer("allow")}
          >
            <Check /> {whole ? words.allowAll : words.allow}
          </Button>
        </>
      )}
      {!whole && (
        <Button
          className="button button-quiet"
          aria-label={words.dismissLabel(app, other)}
          isDisabled={disabled}
          onPress={() => void dismiss()}
        >
          <Cross />
        </Button>
      )}
    </div>
  );
}
