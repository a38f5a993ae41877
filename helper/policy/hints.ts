// What is to be said of a rule that does nothing, in one plain sentence each. Pure.
import type { Hint, Rule } from "../../contract/words.ts";
import type { Idle } from "./analysis.ts";
import type { Criterion } from "./order.ts";

/** Why the other one comes first. A rule that holds all of another can be ahead of it by few of these. */
const reasons: Record<Criterion, string> = {
  destination: "its destination is narrower",
  app: "it is about fewer apps",
  user: "it is about one user",
  profile: "it is about one profile",
  port: "it is about fewer ports",
  protocol: "it is about one protocol",
  direction: "it is about one direction",
  lifetime: "temporary rules come before permanent ones",
  origin: "your rules come before imported ones, and those before the factory's",
  action: "block comes before ask, and ask before allow",
};

/** Sentences have the ids of rules in them: `by` says which. */
export function idleHint({ kind, by, criterion }: Idle): Hint {
  const first = criterion === null ? "it is newer" : reasons[criterion];
  switch (kind) {
    case "shadowed":
      return { kind, by: by.id, why: `It never decides: rule ${by.id} holds all of it and comes first, as ${first}.` };
    case "conflicting":
      return {
        kind,
        by: by.id,
        why: `It never decides: rule ${by.id} is about exactly the same, says ${by.action} and comes first, as ${first}.`,
      };
    case "redundant":
      return {
        kind,
        by: by.id,
        why: `Nothing would change without it: rule ${by.id} would ${by.action} all of it too.`,
      };
  }
}

/** A permanent rule that decided nothing for so long is worth a look, milliseconds. */
const unusedAfter = 30 * 86_400_000;

/** `since`, `lastUsed`, `now`: milliseconds since 1970. `since`: when uses began to be counted. */
export function unusedHint(rule: Rule, lastUsed: number | null, since: number, now: number): Hint | null {
  if (!rule.enabled || rule.origin === "factory" || rule.lifetime !== "forever") return null;
  const idleSince = lastUsed ?? Math.max(since, Date.parse(rule.created));
  if (now - idleSince < unusedAfter) return null;
  const days = Math.floor((now - idleSince) / 86_400_000);
  return { kind: "unused", by: null, why: `It decided nothing for ${days} days.` };
}
