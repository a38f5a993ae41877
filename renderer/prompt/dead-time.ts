// For a moment after a card appears, changes or gets the focus, keys and pointer do nothing: a click or a word meant for something else must
// not answer it.
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
 * Swallows input while `key` is new, or the focus. Returns whether input counts again, and a check for the moment of acting.
 * One press counts although the focus is new: that which brought it. It was made before the focus came, at a card that has been in view all
 * along; on X11 the window has no focus before, so it is how a pointer answers at all (docs/decisions/0014-prompt-on-wayland.md).
 */
export function useDeadTime(
  key: string,
  within: () => EventTarget = () => window,
): { live: boolean; mayAct: () => boolean } {
  const [live, setLive] = useState(false);
  const guard = useRef({
    /** Milliseconds since the page began, as in the events. */
    until: Number.POSITIVE_INFINITY,
    focusAt: Number.NEGATIVE_INFINITY,
    press: "none" as "none" | "live" | "dead",
  });

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
    const isDead = (event: Event): boolean => {
      const { timeStamp } = event;
      if (timeStamp < state.until) return true;
      const beforeFocus = timeStamp < state.focusAt && !(event instanceof KeyboardEvent);
      return timeStamp < state.focusAt + deadMs && !beforeFocus;
    };
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
      // The press that brought the focus ends after it has come.
      const broughtFocus = state.press === "live" && !(event instanceof KeyboardEvent);
      if (state.press === "dead" || (broughtFocus ? event.timeStamp < state.until : isDead(event))) swallow(event);
      // The click comes in the same turn as the pointer's end; afterwards nothing is pressed, and a screen reader's bare click is judged by time alone.
      setTimeout(() => {
        state.press = "none";
      }, 0);
    };
    // The page and the shell tell of the same focus one after the other: the first of them counts.
    const focused = (): void => {
      const now = performance.now();
      if (now >= state.focusAt + deadMs) state.focusAt = now;
    };
    const left = (): void => {
      state.focusAt = Number.NEGATIVE_INFINITY;
    };
    for (const type of beginnings) target.addEventListener(type, begun, { capture: true });
    for (const type of ends) target.addEventListener(type, ended, { capture: true });
    window.addEventListener("focus", focused);
    window.addEventListener("blur", left);
    fromShell.addEventListener("focus", focused);
    return () => {
      for (const type of beginnings) target.removeEventListener(type, begun, { capture: true });
      for (const type of ends) target.removeEventListener(type, ended, { capture: true });
      window.removeEventListener("focus", focused);
      window.removeEventListener("blur", left);
      fromShell.removeEventListener("focus", focused);
    };
  }, []);

  return { live, mayAct: () => performance.now() >= guard.current.until };
}
