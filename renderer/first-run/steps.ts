// Where the person is in the first steps, and how the live example goes.
import { create } from "zustand";
import type { Example, Update } from "../../contract/bridge.ts";
import { bridge } from "../bridge.ts";
import { prefer } from "../preferences.ts";

export const steps = ["what", "learn", "card"] as const;
export type Step = (typeof steps)[number];

/** `wanted`: asked for again, from the settings. */
export const useFirstRun = create<{ wanted: boolean; step: Step; example: Example }>()(() => ({
  wanted: false,
  step: "what",
  example: { state: "none" },
}));

export function takeExample(update: Update): void {
  if (update.kind === "example") useFirstRun.setState({ example: update.example });
}

export function showFirstRun(): void {
  useFirstRun.setState({ wanted: true, step: "what" });
}

/** Seen or put away: it comes up by itself no more. */
export function endFirstRun(): void {
  useFirstRun.setState({ wanted: false });
  void bridge.shell({ do: "example", on: false });
  prefer({ introduced: true });
}

/** The step so many further on, within the steps. */
export function stepAt(step: Step, by: number): Step {
  return steps[Math.min(Math.max(steps.indexOf(step) + by, 0), steps.length - 1)] as Step;
}
