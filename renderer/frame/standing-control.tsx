// The control in the header: how Picket stands now, one press from changing it, and from ending what is out of the ordinary.
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import type { Standing } from "../../contract/words.ts";
import { bridge } from "../bridge.ts";
import { moment } from "../format.ts";
import { Check, Down, Hourglass, Lock, Pause, Pupil, Question, Slash } from "../parts/icons.tsx";
import { inOrder, useKnown } from "../store.ts";
import { text } from "../text.ts";
import { change, useStanding } from "./standing.ts";
import { StandingPanel } from "./standing-panel.tsx";

const words = text.frame;

/** What comes first, comes first. */
function face({ mode, override }: Standing) {
  if (override?.kind === "lockdown") return { tone: "alarm", icon: <Lock />, word: text.standing.lockdown };
  if (override?.kind === "pause") {
    const { ends } = override;
    const word = ends === null ? text.standing.paused : text.standing.pausedUntil(moment(ends, new Date()));
    return { tone: "warn", icon: <Pause />, word };
  }
  const icon = { ask: <Question />, learn: <Pupil />, allow: <Check />, block: <Slash /> }[mode];
  return { tone: mode === "ask" ? "plain" : mode === "allow" ? "warn" : "note", icon, word: words.now[mode] };
}

export function StandingControl() {
  const status = useKnown((known) => known.status);
  const up = useKnown((known) => known.link.state === "up");
  const { open } = useStanding();
  if (!status) return null;
  const { tone, icon, word } = face(status);
  const { override } = status;
  return (
    <div className="standing-control">
      {override && (
        <Button
          className="button"
          isDisabled={!up}
          onPress={() =>
            void (override.kind === "pause" ? change("pause", { for: null }) : change("lockdown", { on: false }))
          }
        >
          {override.kind === "pause" ? words.pause.end : words.lockdown.end}
        </Button>
      )}
      <DialogTrigger
        isOpen={open}
        onOpenChange={(open) => useStanding.setState({ open, ...(!open && { error: null }) })}
      >
        <Button className={`button standing-button standing-${tone}`} aria-label={words.open(word)}>
          {icon}
          <span className="line">{word}</span>
          <Down />
        </Button>
        <Popover className="popover standing-popover" placement="bottom end" offset={6}>
          <Dialog className="standing-panel" aria-label={words.title}>
            <StandingPanel standing={status} />
          </Dialog>
        </Popover>
      </DialogTrigger>
    </div>
  );
}

/** How it stands, as the control says it, to be looked at only. */
export function Face({ standing }: { standing: Standing }) {
  const { tone, icon, word } = face(standing);
  return (
    <span className={`button standing-face standing-${tone}`}>
      {icon}
      {word}
      <Down />
    </span>
  );
}

/** How many questions wait, and the way to them. */
export function Held() {
  const prompts = useKnown((known) => known.prompts);
  const held = inOrder(prompts, "held").length;
  if (held === 0) return null;
  return (
    <Button
      className="mark mark-held held-count"
      aria-label={words.held.what(words.held.short(held))}
      onPress={() => void bridge.shell({ do: "open-prompt" })}
    >
      <Hourglass />
      {words.held.short(held)}
    </Button>
  );
}
