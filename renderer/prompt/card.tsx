// The card: who wants to connect where, what an answer would mean, and the answer. Nothing on it answers by itself.
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import type { ErrorCode } from "../../contract/errors.ts";
import type { Lifetime } from "../../contract/lifetime.ts";
import { shownOf } from "../../contract/questions.ts";
import type { Prompt, Scope } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { Check, Cross, Fence, Slash } from "../parts/icons.tsx";
import { ErrorLine, Notice } from "../parts/notice.tsx";
import { StandingTags } from "../parts/standing.tsx";
import { useShell } from "../preferences.ts";
import { answered, preview } from "../sentence.ts";
import { settle, useKnown } from "../store.ts";
import { text } from "../text.ts";
import { Choices, canBeRemembered, firstLifetime, firstScope, scopesOf } from "./choices.tsx";
import { useDeadTime } from "./dead-time.ts";
import { letterOf } from "./letter.ts";
import { Snooze } from "./snooze.tsx";
import { Subject } from "./subject.tsx";
import { offerUndo, useUndo } from "./undo.tsx";

const words = text.prompt;

type Props = { prompt: Prompt; siblings: number; shown: number; queue: number; later: () => void; hide: () => void };
type Answer = "allow" | "block";

export function Card({ prompt, siblings, shown, queue, later, hide }: Props) {
  const over = prompt.state === "inbox";
  // As they are when the card comes: a setting changes nothing under the hand.
  const liked = useShell.getState().preferences;
  const [chosenScope, setScope] = useState<Scope>(firstScope(prompt, liked.scope));
  const rememberable = canBeRemembered(prompt);
  const [chosenLifetime, setLifetime] = useState<Lifetime>(firstLifetime(prompt, liked.lifetime));
  const [aim, setAim] = useState<Answer | null>(null);
  const [open, setOpen] = useState(false);
  const [snoozing, setSnoozing] = useState(false);
  const [busy, setBusy] = useState(false);
  // `busy` shows with the next drawing; a key and a click may come before it.
  const isSent = useRef(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const online = useKnown((known) => known.link.state === "up");
  const card = useRef<HTMLElement>(null);
  const lifetime = over && chosenLifetime === "once" ? "forever" : chosenLifetime;
  const scopes = scopesOf(prompt);
  // A name may go while the card is open: then what it allowed is no choice any more, and the narrowest is left.
  const scope = scopes.some(([each]) => each === chosenScope) ? chosenScope : "endpoint";

  // What an answer would apply to. The count of attempts is not in it: an app that retries fast could keep its card dead for ever.
  const change = [
    prompt.state,
    prompt.changed?.kind,
    shown,
    online,
    prompt.domain,
    ...prompt.endpoints.map((each) => `${each.host} ${each.address} ${each.port} ${each.protocol}`),
  ];
  const { live, mayAct } = useDeadTime(change.join("\n"));
  // Neither lifetime is left: nothing waits any more, and no rule could tell the program again.
  const answerable = rememberable || !over;

  const answer = async (action: Answer): Promise<void> => {
    if (!mayAct() || isSent.current || !online || !answerable) return;
    isSent.current = true;
    setBusy(true);
    setError(null);
    useUndo.setState({ answering: true });
    const outcome = await bridge.call("prompts.answer", {
      id: prompt.id,
      action,
      scope,
      lifetime,
      shown: shownOf(prompt.endpoints),
    });
    isSent.current = false;
    setBusy(false);
    if (!outcome.ok) {
      useUndo.setState({ answering: false });
      setError(outcome.code);
      return;
    }
    const { change: made, settled } = outcome.result;
    offerUndo(made === null ? null : { change: made, sentence: answered(prompt, scope, lifetime, action) });
    settle([prompt.id, ...settled]);
    useUndo.setState({ answering: false });
  };

  /** What went wrong was another answer. */
  const choosing =
    <T,>(choose: (chosen: T) => void) =>
    (chosen: T): void => {
      setError(null);
      choose(chosen);
    };

  // The focus is on the card itself: Enter and Space do nothing there.
  useLayoutEffect(() => card.current?.focus(), []);

  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.repeat || event.ctrlKey || event.metaKey || snoozing) return;
      const letter = event.altKey ? letterOf(event) : null;
      if (event.key === "Escape" && !event.altKey) later();
      else if (letter === "a") void answer("allow");
      else if (letter === "b") void answer("block");
      else if (letter === "d") setOpen(!open);
      else if (letter === "s" && live) setSnoozing(true);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  });

  const disabled = !live || !online || busy || !answerable;
  const answerButton = (action: Answer, icon: ReactNode): ReactNode => (
    <Button
      className={`button button-answer button-${action}`}
      aria-keyshortcuts={action === "allow" ? "Alt+A" : "Alt+B"}
      isDisabled={disabled}
      onHoverStart={() => setAim(action)}
      onHoverEnd={() => setAim(null)}
      onFocusChange={(focused) => setAim(focused ? action : null)}
      onPress={() => void answer(action)}
    >
      {icon}
      <span>{words[action]}</span>
      <kbd>{words.keys[action]}</kbd>
    </Button>
  );

  return (
    <main className="card" ref={card} tabIndex={-1} aria-label={words.window} data-live={live} data-id={prompt.id}>
      <div className="card-bar">
        <span className="brand">
          <Fence size={18} />
          {text.product}
        </span>
        {queue > 1 && (
          <span className="queue" title={words.queueLabel(queue)}>
            {words.queue(queue)}
          </span>
        )}
        <StandingTags />
        <Button className="button button-quiet card-close" aria-label={words.hide} onPress={hide}>
          <Cross />
        </Button>
      </div>
      <div className="card-columns">
        <Subject prompt={prompt} siblings={siblings} open={open} setOpen={setOpen} />
        <div className="decision">
          {over && (
            <Notice tone="wait" title={words.over.title}>
              <p>{answerable ? words.over.body[prompt.direction] : words.over.unidentified}</p>
            </Notice>
          )}
          <Choices
            prompt={prompt}
            scope={scope}
            lifetime={lifetime}
            setScope={choosing(setScope)}
            setLifetime={choosing(setLifetime)}
            isDisabled={busy || !answerable}
          />
          <div className="preview-box">
            <p className={`preview ${online ? "" : "preview-alarm"}`} aria-live="polite">
              {!online ? words.offline : busy ? words.sending : preview(prompt, scope, lifetime, aim)}
            </p>
            {/* Room for each of the sentences, so that no button moves when they change under the pointer. */}
            {([null, "allow", "block"] as const).map((each) => (
              <p key={each} className="preview-room" aria-hidden="true">
                {preview(prompt, scope, lifetime, each)}
              </p>
            ))}
          </div>
          <div className="foot">
            <div className="answers">
              {answerButton("block", <Slash />)}
              {answerButton("allow", <Check />)}
            </div>
            {error && <ErrorLine code={error} />}
            <div className="aside">
              <Button className="button button-quiet later" aria-keyshortcuts="Escape" onPress={later}>
                {over ? (queue > 1 ? words.over.next : words.over.close) : words.later}
                <kbd>{words.keys.later}</kbd>
              </Button>
              {rememberable && (
                <Snooze
                  app={prompt.app}
                  isDisabled={!live}
                  isOpen={snoozing}
                  setOpen={setSnoozing}
                  kbd={words.keys.snooze}
                />
              )}
            </div>
          </div>
        </div>
      </div>
    </main>
  );
}
