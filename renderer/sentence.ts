// What a rule says and what an answer will do, as sentences. Pure.
import type { Lifetime } from "../contract/lifetime.ts";
import type { Action, Prompt, Rule, Scope } from "../contract/words.ts";
import { appWord, baseName, endpointSentence, isIdentified, plain } from "./format.ts";
import { text } from "./text.ts";

export function ruleSentence(rule: Rule): string {
  return `${ruleApp(rule)} ${text.rules.may[rule.action]} ${ruleDestination(rule)}`;
}

export function ruleApp(rule: Rule): string {
  if (rule.app === null) return text.rules.anyApp;
  return isIdentified(rule.app) ? baseName(rule.app) : text.unidentified.title;
}

export function ruleDestination(rule: Rule): string {
  const where = rule.zone
    ? text.rules.zone[rule.zone]
    : rule.address === null
      ? text.rules.anywhere
      : plain(rule.address);
  const parts = [where];
  if (rule.port !== null && rule.port !== 0) parts.push(text.rules.onPort(rule.port));
  if (rule.protocol !== null) parts.push(text.rules.over(text.protocol[rule.protocol]));
  return parts.join(", ");
}

/** Before a button is touched (`action` null) the sentence says what the answer will cover, then what the button will do. */
export function preview(
  prompt: Prompt,
  scope: Scope,
  lifetime: Lifetime,
  action: Exclude<Action, "ask"> | null,
): string {
  const app = appWord(prompt.app);
  const words = action === null ? text.prompt.preview : text.prompt.preview[action];
  const to = destinations(prompt);
  if (lifetime === "once") return words[`${scope}Once`](app, to);
  return words[`${scope}Rule`](app, to, text.prompt.holds(lifetime));
}

/** How long a temporary rule still holds; empty for a permanent one. `now`: milliseconds since 1970. */
export function ruleEnd({ lifetime, expires }: Rule, now: number): string {
  return text.rules.ends(lifetime, expires === null ? null : Date.parse(expires) - now);
}

const namedLimit = 3;
const list = new Intl.ListFormat("en", { type: "conjunction" });

/** The destinations of a question by name, where no card lists them; beyond a few only their number. */
export function namedDestinations({ endpoints }: Prompt): string {
  const named = endpoints.slice(0, namedLimit).map(endpointSentence);
  const more = endpoints.length - named.length;
  return list.format(more > 0 ? [...named, text.prompt.moreEndpoints(more)] : named);
}

export function destinations(prompt: Prompt): string {
  const count = prompt.endpoints.length;
  return count > 1 ? text.prompt.manyDestinations(count) : endpointSentence(prompt.endpoint);
}
