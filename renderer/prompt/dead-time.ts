// For a moment after a card appears or changes, keys and pointer do nothing: a click or a word meant for something else must not answer it.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

/** Long enough to see that something new is there, ms. */
const deadMs = 500;

const fromShell = new EventTarget();

/** The shell says that the window has the focus now. The page's own event says so too, but not while a debugger makes it believe it always has it. */
export function focusCame(): void {
  fromShell.dispatchEvent(new Event("focus"));
}

const beginnings = ["pointerdown", "mousedown", "touchstart", "keydown"] as const;
const ends = ["pointerup", "mouseup", "touchend", "keyup", "click", "dblclick", "auxclick"] as const;

/**
 * Swallows input while `key` is new. Returns whether input counts again, and a check for the moment of acting.
 * Taking the focus deadens the keys only: the window appears without the focus, so the click that brings it is aimed at a card
 * that has been in view; but keys may still belong to the window the person was typing in.
 */
export function useDeadTime(
  key: string,
  within: () => EventTarget = () => window,
): { live: boolean; mayAct: () => boolean } {
  const [live, setLive] = useState(false);
  const guard = useRef({ until: Number.POSITIVE_INFINITY, keysUntil: 0, press: "none" as "none" | "live" | "dead" });

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key is what begins the dead time
  useLayoutEffect(() => {
    const state = guard.current;
    // What was pressed before belongs to the card before, however late it is let go.
    if (state.press === "live") state.press = "dead";
    let timer: ReturnType<typeof setTimeout>;
    const begin = (): void => {
      state.until = performance.now() + deadMs;
      clearTimeout(timer);
      timer = setTimeout(() => setLive(true), deadMs + 1);
    };
    setLive(false);
    begin();
    // Counted from the frame that shows the card: on a busy machine that is later than now.
    const frame = requestAnimationFrame(begin);
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [key]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `within` names the same target for the life of the component
  useEffect(() => {
    const state = guard.current;
    const target = within();
    // By the time of the event itself, not of this call: a busy page hears of a click late.
    const isDead = (event: Event): boolean =>
      event.timeStamp < Math.max(state.until, event instanceof KeyboardEvent ? state.keysUntil : 0);
    const swallow = (event: Event): void => {
      event.stopImmediatePropagation();
      event.preventDefault();
    };
    const begun = (event: Event): void => {
      const repeated = event instanceof KeyboardEvent && event.repeat;
      if (!repeated) state.press = isDead(event) ? "dead" : "live";
      if (state.press !== "live" || isDead(event)) swallow(event);
    };
    const ended = (event: Event): void => {
      if (state.press === "dead" || isDead(event)) swallow(event);
      // The click comes in the same turn as the pointer's end; afterwards nothing is pressed, and a screen reader's bare click is judged by time alone.
      setTimeout(() => {
        state.press = "none";
      }, 0);
    };
    const focused = (): void => {
      state.keysUntil = performance.now() + deadMs;
    };
    for (const type of beginnings) target.addEventListener(type, begun, { capture: true });
    for (const type of ends) target.addEventListener(type, ended, { capture: true });
    window.addEventListener("focus", focused);
    fromShell.addEventListener("focus", focused);
    return () => {
      for (const type of beginnings) target.removeEventListener(type, begun, { capture: true });
      for (const type of ends) target.removeEventListener(type, ended, { capture: true });
      window.removeEventListener("focus", focused);
      fromShell.removeEventListener("focus", focused);
    };
  }, []);

  return { live, mayAct: () => performance.now() >= guard.current.until };
}
