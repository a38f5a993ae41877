// A rule that something in view suggests, and what it may be chosen to be.
import type { RuleDirection } from "../../contract/words.ts";
import type { Draft } from "./draft.ts";

/** How wide a rule may be: a choice, and what it makes of the draft. */
export type Width = {
  id: string;
  word: (direction: RuleDirection) => string;
  part: Pick<Draft, "place" | "name" | "port" | "protocol">;
};

/** A rule that something in view suggests: its choices come first, every other part is folded. */
export type Suggested = {
  draft: Draft;
  /** The app's name, as it can be trusted. */
  called: string;
  directions: readonly RuleDirection[];
  /** Narrow to wide. */
  widths: readonly Width[];
};
