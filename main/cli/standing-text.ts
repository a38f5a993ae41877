// How mode, pause, lockdown, profile and a change on trial are shown.
import type { Standing, Trial } from "../../contract/words.ts";
import { timeLeft } from "./lifetime-text.ts";

function secondsLeft({ ends }: Trial, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(ends) - now) / 1000));
}

/** Rows of a table, WHAT and NOW. */
export function standingRows({ mode, override, profile, automatic, trial }: Standing, now = Date.now()): string[][] {
  const paused = override?.ends ? `paused, ${timeLeft(override.ends, now)} left: everything is allowed` : "paused";
  return [
    ["mode", mode],
    ...(override === null
      ? []
      : [["override", override.kind === "lockdown" ? "lockdown: everything is blocked" : paused]]),
    ["profile", `${profile ?? "none"}, ${automatic ? "by the network" : "by hand"}`],
    ...(trial === null
      ? []
      : [["on trial", `${trial.what} Taken back in ${secondsLeft(trial, now)} s (picket confirm)`]]),
  ];
}

export function trialText(trial: Trial, now = Date.now()): string {
  return `${trial.what} It takes itself back in ${secondsLeft(trial, now)} s unless you say: picket confirm`;
}
