// Page of the prompt window: one card, a summary, a way back from the last answer, or nothing and then no window. It tells its window how
// tall that is.
import { useEffect, useLayoutEffect, useRef } from "react";
import { createRoot } from "react-dom/client";
import { bridge } from "./bridge.ts";
import { Speaking } from "./parts/speaking.tsx";
import { takeShell } from "./preferences.ts";
import { announcement } from "./prompt/announcement.ts";
import { Back } from "./prompt/back.tsx";
import { Card } from "./prompt/card.tsx";
import { focusCame } from "./prompt/dead-time.ts";
import { heed, missed, putAllAside, putCardAside, queueLength, siblings, sleepers, takeUp } from "./prompt/desk.ts";
import { stack, takeToDesk, useDesk } from "./prompt/on-desk.ts";
import { rehearse } from "./prompt/rehearsal.tsx";
import { UndoBar, useUndo } from "./prompt/undo.tsx";
import { take, useKnown } from "./store.ts";
import { text } from "./text.ts";

/** How long a card whose attempt died stays when nobody is at it, ms: nothing waits for an answer any more. */
const overMs = 15_000;

/** As in main/window/prompt-window.ts. */
const screenMargin = 16;
/** The most the contract lets a page ask for. */
const tallestWindow = 4000;

/** How often the person asked for the questions. */
let takenUp = 0;

function PromptPage() {
  const prompts = useKnown((known) => known.prompts);
  const quiet = useKnown((known) => known.attention.quiet);
  const { desk, shown, asked } = useDesk();
  const { last, answering } = useUndo();
  const frame = useRef<HTMLDivElement>(null);
  const card = desk.card === null ? undefined : prompts.get(desk.card);
  const over = card?.state === "inbox";
  const undoable = quiet === null ? last : null;
  const back = quiet === null ? desk.back : null;
  const queue = queueLength(desk, stack());

  const visible = card !== undefined || back !== null || undoable !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another card has other parts
  useLayoutEffect(() => {
    const element = frame.current;
    if (!element || !visible) {
      // Between a card and the way back from its answer the window stays, and keeps the focus of whoever answered by keyboard.
      if (!answering) void bridge.shell({ do: "fit-prompt", visible: false, height: 0, takenUp });
      return;
    }
    const tell = (): void => {
      // The fold with the details gives way to the screen's height; what is below the card's own end had no room at all.
      // The screen is measured without the size of text that the person chose.
      const size = window.innerWidth > 0 ? window.outerWidth / window.innerWidth : 1;
      const tallest = (window.screen.availHeight - 2 * screenMargin) / Math.max(1, size);
      element.style.setProperty("--tallest", `${tallest}px`);
      const question = element.querySelector(".question");
      const cut = question ? question.scrollHeight - question.clientHeight : 0;
      const height = Math.min(Math.max(element.offsetHeight, element.scrollHeight) + cut, tallestWindow);
      void bridge.shell({ do: "fit-prompt", visible: true, height: Math.ceil(height), takenUp });
    };
    tell();
    const watch = new ResizeObserver(tell);
    // The parts as well: a card as tall as the screen has its size, whatever is in it.
    for (const each of [element, ...element.querySelectorAll(".question > *, .decision, .undo")]) watch.observe(each);
    return () => watch.disconnect();
  }, [visible, answering, card?.id, back, undoable !== null, asked]);

  // Heard only where no window comes up by itself.
  const said = JSON.stringify(announcement(card, queue, back));
  useEffect(() => {
    void bridge.shell({ do: "announce", ...(JSON.parse(said) as ReturnType<typeof announcement>) });
  }, [said]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: each card that is over gets the whole time
  useEffect(() => {
    if (!over) return;
    const leave = setInterval(() => {
      if (!document.hasFocus() && !frame.current?.matches(":hover")) later();
    }, overMs);
    return () => clearInterval(leave);
  }, [over, desk.card]);

  return (
    <>
      {/* Always there, so that what comes into it is told: a window that takes no focus is not read by itself. */}
      <p className="hidden-words" role="alert">
        {announcement(card, 1, back).body}
      </p>
      <div className="frame" ref={frame}>
        {back && (
          <Back
            key={`back ${back.since}`}
            quiet={back}
            questions={missed(prompts.values(), back)}
            shown={shown}
            show={() => takeToDesk((desk) => ({ ...desk, back: null }))}
            later={() => takeToDesk(putAllAside)}
          />
        )}
        {card && (
          <Card
            // Another question is another card in every respect: no choice, focus or half-made press survives. The word before the id keeps it
            // apart from its neighbours' keys: a question and an answer of the same number once left cards of the past on the screen.
            key={`card ${card.id}`}
            prompt={card}
            siblings={siblings(desk, stack())}
            shown={shown}
            queue={queue}
            later={later}
            hide={() => void bridge.shell({ do: "close-prompt" })}
          />
        )}
        {undoable && <UndoBar key={`undo ${undoable.change}`} last={undoable} />}
      </div>
    </>
  );
}

function later(): void {
  takeToDesk(putCardAside);
}

async function takeUpAll(nth: number): Promise<void> {
  for (const app of sleepers(stack())) await bridge.shell({ do: "wake", app });
  takenUp = nth;
  takeToDesk(takeUp);
  useDesk.setState(({ asked }) => ({ asked: asked + 1 }));
}

useKnown.subscribe((known, before) => {
  if (known.attention !== before.attention) takeToDesk((desk, now) => heed(before.attention, desk, now));
  else if (known.prompts !== before.prompts) takeToDesk((desk) => desk);
});
bridge.follow((update) => {
  take(update);
  takeShell(update);
  if (update.kind === "focused") focusCame();
  if (update.kind === "shown") useDesk.setState(({ shown }) => ({ shown: shown + 1 }));
  if (update.kind === "put-aside") takeToDesk(putAllAside);
  if (update.kind === "take-up") void takeUpAll(update.nth);
});
document.title = text.prompt.title;
createRoot(document.getElementById("root") as HTMLElement).render(
  <Speaking>
    <PromptPage />
  </Speaking>,
);
rehearse(() => useDesk.getState().desk.card === null);
