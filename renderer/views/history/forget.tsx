// Deletes history: of all apps or the one that is looked at; the time that is shown, a usual one, or ever.
import { useState } from "react";
import type { ErrorCode } from "../../../contract/errors.ts";
import { historyRangeSeconds } from "../../../contract/history.ts";
import type { Params } from "../../../contract/methods.ts";
import { bridge } from "../../bridge.ts";
import { Choice } from "../../parts/choice.tsx";
import { text } from "../../text.ts";
import type { Said, TheApp } from "./more.tsx";
import { Sure } from "./sure.tsx";
import type { Answer } from "./use-history.ts";
import { timeText } from "./words.ts";

const words = text.history.forget;

type Time = keyof typeof words.times;

/** `shown`: what the person looks at; null: nothing. */
type Props = { app: TheApp | null; shown: Answer | null; close: () => void; done: (said: Said) => void };

export function ForgetDialog({ app, shown, close, done }: Props) {
  const [only, setOnly] = useState(app === null ? "everything" : "only");
  const [time, setTime] = useState<Time>(shown === null ? "1h" : "shown");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ErrorCode | null>(null);
  const what = only === "only" && app !== null ? app.name : words.allApps;

  const forget = async (): Promise<void> => {
    setBusy(true);
    const outcome = await bridge.call("history.delete", {
      ...(only === "only" && app !== null && { app: app.path }),
      ...spanOf(time, shown),
    });
    setBusy(false);
    if (outcome.ok) done({ text: words.done });
    else setError(outcome.code);
  };
  const said = shown !== null && time === "shown" ? timeText(shown.look, shown.series.bucket) : rangeSaid(time);
  const { shown: theShown, ...usual } = words.times;
  return (
    <Sure
      title={words.title}
      error={error}
      no={{ word: words.no, act: close }}
      yes={{ word: words.yes, act: () => void forget(), busy }}
    >
      {app !== null && (
        <Choice
          label={words.what}
          value={only}
          options={{ only: words.only(app.name), everything: words.everything }}
          choose={setOnly}
        />
      )}
      <Choice
        label={words.when}
        value={time}
        options={(shown === null ? usual : { shown: theShown, ...usual }) as Record<Time, string>}
        choose={setTime}
      />
      <p className="dialog-subject">{time === "all" ? words.all(what) : words.some(what, said)}</p>
      <p className="hint">{words.finally}</p>
    </Sure>
  );
}

const rangeSaid = (time: Time): string => (time === "all" || time === "shown" ? "" : text.history.rangesSaid[time]);

/** Nothing: ever. What is going on this very moment is of the last hour, too. */
function spanOf(time: Time, shown: Answer | null): Pick<Params<"history.delete">, "from" | "to"> {
  if (time === "all") return {};
  if (time === "shown") return shown === null ? {} : { from: shown.from, to: shown.to };
  const now = Date.now();
  const at = (moment: number): string => new Date(moment).toISOString();
  return { from: at(now - historyRangeSeconds[time] * 1000), to: at(now + 60_000) };
}
