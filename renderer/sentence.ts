// What a rule says and what an answer will do, as sentences. Pure.
import type { Lifetime } from "../contract/lifetime.ts";
import type { Action, Prompt, Rule, Scope } from "../contract/words.ts";
import { appWord, baseName, destination, endpointSentence, isIdentified, plain, portAndProtocol } from "./format.ts";
import { text } from "./text.ts";

export function ruleSentence(rule: Rule): string {
  return `${ruleApp(rule)} ${text.rules.may[rule.direction][rule.action]} ${ruleDestination(rule)}`;
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
  if (rule.port !== null && rule.port !== 0)
    parts.push(rule.direction === "inbound" ? text.rules.onItsPort(rule.port) : text.rules.onPort(rule.port));
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
  const { direction, endpoint } = prompt;
  const name = appWord(prompt.app);
  const app =
    direction === "inbound" && scope === "endpoint" ? `${name} ${text.prompt.onIts(portAndProtocol(endpoint))}` : name;
  const about = text.prompt.preview[direction];
  const words = action === null ? about : about[action];
  const other = destinations(prompt);
  if (lifetime === "once") return words[`${scope}Once`](app, other);
  return words[`${scope}Rule`](app, other, text.prompt.holds(lifetime));
}

/** How long a temporary rule still holds; empty for a permanent one. `now`: milliseconds since 1970. */
export function ruleEnd({ lifetime, expires }: Rule, now: number): string {
  return text.rules.ends(lifetime, expires === null ? null : Date.parse(expires) - now);
}

const namedLimit = 3;
const list = new Intl.ListFormat("en", { type: "conjunction" });

/** The destinations or callers of a question by name, where no card lists them; beyond a few only their number. */
export function namedDestinations({ direction, endpoints }: Prompt): string {
  const named = endpoints.slice(0, namedLimit).map((each) => endpointSentence(each, direction));
  const more = endpoints.length - named.length;
  return list.format(more > 0 ? [...named, text.prompt.moreEndpoints(more)] : named);
}

export function destinations(prompt: Prompt): string {
  const count = prompt.endpoints.length;
  if (count > 1) return text.prompt.many[prompt.direction](count);
  // A caller's port is the app's own: it is told with the app.
  return prompt.direction === "inbound" ? destination(prompt.endpoint) : endpointSentence(prompt.endpoint);
}
