// After a quiet time: one summary of who asked meanwhile, before any card. It names no app and no host, for it may come up before others.
import { useLayoutEffect, useRef } from "react";
import { Button } from "react-aria-components";
import type { Prompt } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { Fence } from "../parts/icons.tsx";
import { text } from "../text.ts";
import { useDeadTime } from "./dead-time.ts";
import type { Quiet } from "./desk.ts";

const words = text.prompt.back;

type Props = { quiet: Quiet; questions: readonly Prompt[]; shown: number; show: () => void; later: () => void };

export function Back({ quiet, questions, shown, show, later }: Props) {
  const card = useRef<HTMLElement>(null);
  const { live, mayAct } = useDeadTime(`${quiet.since} ${shown}`);
  useLayoutEffect(() => card.current?.focus(), []);
  const apps = new Set(questions.map(({ app }) => app.path)).size;
  const waiting = questions.filter(({ state }) => state === "held").length;
  const inbox = (): void => {
    void bridge.shell({ do: "open-inbox" });
    later();
  };
  const button = (word: string, act: () => void, kind = ""): React.ReactNode => (
    <Button className={`button ${kind}`} isDisabled={!live} onPress={() => mayAct() && act()}>
      {word}
    </Button>
  );
  return (
    <main className="card back" ref={card} tabIndex={-1} aria-label={words.title[quiet.why]} data-live={live}>
      <div className="card-bar">
        <span className="brand">
          <Fence size={18} />
          {text.product}
        </span>
      </div>
      <h1>{words.title[quiet.why]}</h1>
      <p>
        {words.apps(apps, questions.length)} {words.waiting(waiting)}
      </p>
      <div className="back-answers">
        {button(words.later, later, "button-quiet")}
        {button(words.inbox, inbox)}
        {waiting > 0 && button(words.show, show)}
      </div>
    </main>
  );
}
