// The header: is the firewall on guard, how it treats what is new, and what waits; and notices of what does not work. Nothing degraded is silent.
// biome-ignore-all lint/a11y/useSemanticElements: a live region, not the result of a form
// biome-ignore-all lint/a11y/useFocusableInteractive: cells and rows are read, not operated
import { Button } from "react-aria-components";
import type { Status } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { moment, plain } from "../format.ts";
import { change } from "../frame/standing.ts";
import { Held, StandingControl } from "../frame/standing-control.tsx";
import { Fence } from "../parts/icons.tsx";
import { Notice } from "../parts/notice.tsx";
import { useView } from "../shown-view.ts";
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

/** What comes before every rule says more than how the firewall is; and nobody is on guard where all that is new goes. */
const overrideWords = {
  pause: { look: "paused", said: text.status.paused },
  lockdown: { look: "lockdown", said: text.status.lockdown },
} as const;

function wordsOf(health: Health, status: Status | null): { look: string; said: string } {
  if (status?.override) return overrideWords[status.override.kind];
  const lets = health === "up" && (status?.mode === "learn" || status?.mode === "allow") ? status.mode : null;
  return lets === null ? { look: health, said: healthWords[health] } : { look: "lax", said: text.status.mode[lets] };
}

export function StatusHeader() {
  const health = useHealth();
  const status = useKnown((known) => known.status);
  const { look, said } = wordsOf(health, useKnown((known) => known.link.state) === "up" ? status : null);
  return (
    <header className={`header ${health === "away" ? "header-stale" : ""}`}>
      <span className="brand">
        <Fence />
        {text.product}
      </span>
      <span className={`health health-${look}`} role="status" data-health={health}>
        <span className="health-dot" aria-hidden="true" />
        {said}
      </span>
      <span className="header-end">
        {status?.profile != null && (
          <span className="tag header-profile">{text.standing.profile(plain(status.profile))}</span>
        )}
        {status?.locked && status.locked.length > 0 && <span className="tag">{text.status.locked(status.locked)}</span>}
        <Held />
        <StandingControl />
      </span>
    </header>
  );
}

export function Notices() {
  const link = useKnown((known) => known.link);
  const degraded = useKnown((known) => known.status?.degraded ?? none);
  const trial = useKnown((known) => known.status?.trial ?? null);
  const prompts = useKnown((known) => known.prompts);
  const waiting = new Set(inOrder(prompts, "held").map((prompt) => prompt.app.path)).size;
  // The inbox itself says so, and has them on top.
  const inInbox = useView(({ view }) => view === "inbox");
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
              <li key={`${item.code} ${item.message}`}>
                {text.frame.degraded[item.code] && <strong>{text.frame.degraded[item.code]} </strong>}
                {text.helper.degraded(item.code, plain(item.message))}{" "}
                <small>{text.errorDetail(plain(item.code))}</small>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {link.state === "up" && trial && (
        <Notice
          tone="wait"
          title={text.frame.trial.title(moment(trial.ends, new Date()))}
          action={
            <Button className="button" onPress={() => void change("confirm", {})}>
              {text.frame.trial.keep}
            </Button>
          }
        >
          <p>{text.helper.change(plain(trial.what))}</p>
          <p>{text.frame.trial.what}</p>
        </Notice>
      )}
      {link.state === "up" && waiting > 0 && !inInbox && (
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
