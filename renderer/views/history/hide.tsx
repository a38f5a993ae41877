// Makes an app private: nothing of it is remembered from now on, and if the person says so, what was is gone too.
import { useState } from "react";
import { Checkbox } from "react-aria-components";
import type { ErrorCode } from "../../../contract/errors.ts";
import { bridge } from "../../bridge.ts";
import { Check } from "../../parts/icons.tsx";
import { text } from "../../text.ts";
import type { Said, TheApp } from "./more.tsx";
import { Sure } from "./sure.tsx";

const words = text.history.hide;

type Props = { app: TheApp; close: () => void; done: (said: Said) => void };

export function HideDialog({ app, close, done }: Props) {
  const [forget, setForget] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const hide = async (): Promise<void> => {
    setBusy(true);
    const outcome = await bridge.call("history.setPrivate", { app: app.path, private: true, forget });
    setBusy(false);
    if (outcome.ok) done({ text: words.done(app.name) });
    else setError(outcome.code);
  };
  return (
    <Sure
      title={words.title(app.name)}
      error={error}
      no={{ word: words.no, act: close }}
      yes={{ word: words.yes, act: () => void hide(), busy }}
    >
      <p>{words.body}</p>
      <Checkbox className="tick tick-worded" isSelected={forget} onChange={setForget}>
        <span className="tick-box" aria-hidden="true">
          {forget && <Check />}
        </span>
        {words.also}
      </Checkbox>
    </Sure>
  );
}
