// What narrows the list of rules. Pure.
import type { Action, Hint, Origin, Rule } from "../../../contract/words.ts";
import { elided, pathText, plain } from "../../format.ts";
import { matches } from "../../parts/search.tsx";
import { ruleSentence } from "../../sentence.ts";
import { language, text } from "../../text.ts";

const byName = new Intl.Collator(language);

/** Characters of a path that tells two apps apart. */
const pathLimit = 48;

/** nothing: another rule decides all that it is about. unused: it decided nothing for a month. */
export type State = "any" | "on" | "off" | "nothing" | "unused";

export type Facets = {
  words: string;
  /** A path. "": rules for every app. Null: all of them. */
  app: string | null;
  action: Action | "any";
  origin: Origin | "any";
  state: State;
  /** "": in every profile. Null: all of them. */
  profile: string | null;
};

export const noFacets: Facets = { words: "", app: null, action: "any", origin: "any", state: "any", profile: null };

/** Outlive the view: whoever comes back finds it as it was. */
export const remembered: { facets: Facets; chosen: string | null } = { facets: noFacets, chosen: null };

/** The rules, the next time they are shown, are these alone. */
export function narrowRulesTo(part: Partial<Facets>): void {
  remembered.facets = { ...noFacets, ...part };
}

/** The rules, the next time they are shown, are all of them, with this one chosen and in sight. */
export function showRule(id: string): void {
  Object.assign(remembered, { facets: noFacets, chosen: id });
}

export function doesNothing(hints: readonly Hint[]): boolean {
  return hints.some(({ kind }) => kind !== "unused");
}

export function isIn(state: State, rule: Rule, hints: readonly Hint[]): boolean {
  switch (state) {
    case "any":
      return true;
    case "on":
      return rule.enabled;
    case "off":
      return !rule.enabled;
    case "nothing":
      return doesNothing(hints);
    case "unused":
      return hints.some(({ kind }) => kind === "unused");
  }
}

export function passes(facets: Facets, rule: Rule, hints: readonly Hint[]): boolean {
  const { app, action, origin, profile, state } = facets;
  return (
    (app === null || (rule.app ?? "") === app) &&
    (action === "any" || rule.action === action) &&
    (origin === "any" || rule.origin === origin) &&
    (profile === null || (rule.profile ?? "") === profile) &&
    isIn(state, rule, hints) &&
    matches(
      facets.words,
      ruleSentence(rule),
      rule.app ?? "",
      rule.via ?? "",
      plain(rule.note),
      text.origin[rule.origin],
    )
  );
}

/** Apps that rules are about, by path, with what each is called: in the order of that, and with their paths where two are called the same. */
export function appsIn(rules: readonly Rule[], called: (path: string) => string): [path: string, word: string][] {
  const paths = [...new Set(rules.flatMap(({ app }) => app ?? []))];
  const named = paths.map((path): [string, string] => [path, called(path)]);
  const counts = Map.groupBy(named, ([, name]) => name);
  return named
    .map(([path, name]): [string, string] => [
      path,
      counts.get(name)?.length === 1 ? name : text.rules.facets.appAt(name, elided(pathText(path), pathLimit)),
    ])
    .sort(([a, one], [b, other]) => byName.compare(one, other) || (a < b ? -1 : 1));
}

/** The person's own first, the latest on top; the built-in ones after them. Which one decides is computed, and no matter of this order. */
export function inReadingOrder(rules: Iterable<Rule>): Rule[] {
  const rank = (rule: Rule): number => (rule.origin === "factory" ? 1 : 0);
  return [...rules].sort(
    (a, b) => rank(a) - rank(b) || (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? -1 : 1),
  );
}
