// The desk of the prompt window as state: every change is settled against what is known at that moment.
import { create } from "zustand";
import type { Prompt } from "../../contract/words.ts";
import { inOrder, useKnown } from "../store.ts";
import { type Desk, emptyDesk, settleDesk } from "./desk.ts";

/** `shown` counts how often the window appeared. */
export const useDesk = create<{ desk: Desk; shown: number }>()(() => ({ desk: emptyDesk, shown: 0 }));

type Known = ReadonlyMap<string, Prompt>;

export function takeToDesk(change: (desk: Desk, held: readonly Prompt[], known: Known) => Desk): void {
  const { prompts } = useKnown.getState();
  const held = inOrder(prompts, "held");
  useDesk.setState(({ desk }) => ({ desk: settleDesk(change(desk, held, prompts), held, prompts) }));
}
