// The header: is the firewall on guard, how it treats what is new, who may answer, and what does not work. Nothing degraded is silent.
// biome-ignore-all lint/a11y/useSemanticElements: a live region, not the result of a form
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { Button } from "react-aria-components";
import { bridge } from "../bridge.ts";
import { plain } from "../format.ts";
import { Fence } from "../parts/icons.tsx";
import { Notice } from "../parts/notice.tsx";
import { standingFacts } from "../parts/standing.tsx";
import { inOrder, useKnown } from "../store.ts";
import { text } from "../text.ts";

type Health = "connecting" | "away" | "up" | "degraded" | "nothing";

function useHealth(): Health {
  return useKnown(({ link, status }) => {
    if (link.state === "away") return "away";
    if (link.state === "connecting" || !status) return "connecting";
    if (status.degraded.length > 0) return "degraded";
    return status.guarded.length === 0 ? "nothing" : "up";
  });
}

const healthWords: Record<Health, string> = {
  connecting: text.status.connecting,
  away: text.status.away,
  up: text.status.up,
  degraded: text.status.degraded,
  nothing: text.status.upNothing,
};

export function StatusHeader() {
  const health = useHealth();
  const status = useKnown((known) => known.status);
  return (
    <header className="header">
      <span className="brand">
        <Fence />
        {text.product}
      </span>
      <span className={`health health-${health}`} role="status" data-health={health}>
        <span className="health-dot" aria-hidden="true" />
        {healthWords[health]}
      </span>
      {status && (
        <ul className={`facts ${health === "away" ? "facts-stale" : ""}`}>
          {standingFacts(status, true).map(({ key, word, tone, why }) => (
            <li key={key} title={why ?? word} className={tone === "warn" ? "fact-warn" : ""}>
              {word}
            </li>
          ))}
          <li title={status.guarded.map(plain).join("\n")}>{text.status.guarded(status.guarded.length)}</li>
          <li>{text.status.level[status.level]}</li>
        </ul>
      )}
    </header>
  );
}

export function Notices() {
  const link = useKnown((known) => known.link);
  const degraded = useKnown((known) => known.status?.degraded ?? none);
  const prompts = useKnown((known) => known.prompts);
  const waiting = new Set(inOrder(prompts, "held").map((prompt) => prompt.app.path)).size;
  return (
    <div className="notices">
      {link.state === "away" && (
        <Notice tone="alarm" title={text.away.title}>
          <p>{text.away.body}</p>
          <p className="hint" title={text.helper.link(plain(link.message))}>
            {text.errors[link.code]} <small>{text.errorDetail(link.code)}</small>
          </p>
        </Notice>
      )}
      {link.state === "up" && degraded.length > 0 && (
        <Notice tone="warn" title={text.degraded.title(degraded.length)}>
          <ul>
            {degraded.map((item) => (
              <li key={item.code}>
                {text.helper.degraded(item.code, plain(item.message))}{" "}
                <small>{text.errorDetail(plain(item.code))}</small>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {link.state === "up" && waiting > 0 && (
        <Notice
          tone="wait"
          title={text.waiting.title(waiting)}
          action={
            <Button className="button" onPress={() => void bridge.shell({ do: "open-prompt" })}>
              {text.waiting.show}
            </Button>
          }
        />
      )}
    </div>
  );
}

/** One array for ever: a selector that makes a new one each time would render without end. */
const none: readonly { code: string; message: string }[] = [];
