// The desk of the prompt window as state: every change is settled against what is known at that moment.
import { create } from "zustand";
import { inOrder, useKnown } from "../store.ts";
import { type Desk, emptyDesk, type Stack, settleDesk } from "./desk.ts";

/** `shown` counts how often the window appeared, `asked` how often the person asked for it. */
export const useDesk = create<{ desk: Desk; shown: number; asked: number }>()(() => ({
  desk: emptyDesk,
  shown: 0,
  asked: 0,
}));

export function stack(): Stack {
  const { prompts, attention } = useKnown.getState();
  return { held: inOrder(prompts, "held"), known: prompts, attention };
}

export function takeToDesk(change: (desk: Desk, stack: Stack) => Desk): void {
  const there = stack();
  useDesk.setState(({ desk }) => ({ desk: settleDesk(change(desk, there), there) }));
}
