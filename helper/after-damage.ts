// How a helper goes on whose stored state is lost or an older one: never laxer than the kernel was until now. Pure.
import { action } from "./kernel/layout.ts";
import type { State } from "./modes.ts";
import type { Damage } from "./store/open-state.ts";

/** `enforced`: what the kernel's config says, zeros where nothing was pinned. `state`: what the database says by now. */
export function cautious(
  state: State,
  enforced: { readonly default_action: number; readonly override: number },
  rules: Damage["rules"],
): State {
  if (rules === "kept") return state;
  // A mode that allows what nobody was asked about is a person's choice. Nobody knows any more whether it was made, or, where the kernel
  // asks, whether it was taken back since the copy.
  const allows = state.mode === "learn" || state.mode === "allow";
  const mode = rules === "lost" || (allows && enforced.default_action === action.ask) ? "ask" : state.mode;
  return {
    ...state,
    mode: enforced.default_action === action.block ? "block" : mode,
    lockdown: state.lockdown || enforced.override === action.block,
    pause: null,
  };
}
