// What the helper has to say of rules besides what they are: hints and uses. Events leave these out, so they are asked for while the view is
// shown, and again a moment after rules changed.
import { useState } from "react";
import type { Hint, Rule } from "../../../contract/words.ts";
import { bridge } from "../../bridge.ts";
import { plain } from "../../format.ts";
import { ruleSentence } from "../../sentence.ts";
import { useSoon } from "../../soon.ts";
import { useKnown } from "../../store.ts";
import { text } from "../../text.ts";

export type Remarks = ReadonlyMap<string, Pick<Rule, "hints" | "uses" | "lastUsed">>;

/** Milliseconds: a burst of changes is one question. */
const settling = 200;

export function useRemarks(): Remarks {
  const rules = useKnown((known) => known.rules);
  const online = useKnown((known) => known.link.state === "up");
  const [remarks, setRemarks] = useState<Remarks>(new Map());
  const ask = async (): Promise<void> => {
    const outcome = online ? await bridge.call("rules.list", {}) : undefined;
    if (!outcome?.ok) return;
    setRemarks(new Map(outcome.result.map(({ id, hints, uses, lastUsed }) => [id, { hints, uses, lastUsed }])));
  };
  useSoon(() => void ask(), settling, [rules, online]);
  return remarks;
}

const none: readonly Hint[] = [];

/** Those of a rule that is switched off are about how it was. */
export function hintsOf(rule: Rule, remarks: Remarks): readonly Hint[] {
  return rule.enabled ? (remarks.get(rule.id)?.hints ?? none) : none;
}

/** In plain words, with the other rule as a sentence in its id's place. */
export function hintLine({ kind, by, why }: Hint, rules: ReadonlyMap<string, Rule>): string {
  const other = by === null ? undefined : rules.get(by);
  if (kind === "unused" || other === undefined) return text.helper.hint(plain(why));
  return text.rules.hints[kind](ruleSentence(other));
}
