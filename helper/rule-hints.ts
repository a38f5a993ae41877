// Rules as a person looks at them: with when they decided last, and what makes some of them worth a look. Pure.
import type { Rule } from "../contract/words.ts";
import type { Idle } from "./policy/analysis.ts";
import { idleHint, unusedHint } from "./policy/hints.ts";
import type { RuleUses } from "./store/rule-uses.ts";
import type { NumberedRule } from "./store/rules.ts";

/** `now`: milliseconds since 1970. A rule that can never decide is not called unused as well. */
export function describeRules(
  rules: readonly NumberedRule[],
  idle: ReadonlyMap<number, Idle>,
  uses: Pick<RuleUses, "of" | "since">,
  now: number,
): Rule[] {
  return rules.map(({ number, rule }) => {
    const use = uses.of(number);
    const found = idle.get(number);
    const hint = found ? idleHint(found) : unusedHint(rule, use?.last ?? null, uses.since, now);
    return {
      ...rule,
      ...(hint && { hints: [hint] }),
      ...(use && { lastUsed: new Date(use.last).toISOString(), uses: use.uses }),
    };
  });
}
