// What only the rooms of a helper know, for tests of those who ask.
import type { Known } from "../../../helper/server/rights.ts";

/** `so`: the answer to every question. */
export function allKnown(so: () => boolean, onTrial: Known["onTrial"] = () => null): Known {
  return { ruleEndsSooner: so, answerEndsSooner: so, fetchedLately: so, trialWidens: so, onTrial };
}
