// What a rule says and what an answer will do, as sentences. Pure.
import type { Lifetime } from "../contract/lifetime.ts";
import type { Action, Matcher, Prompt, Rule, Scope } from "../contract/words.ts";
import { appWord, baseName, destination, endpointSentence, isIdentified, plain, portAndProtocol } from "./format.ts";
import { text } from "./text.ts";

export function ruleSentence(rule: Rule): string {
  return `${ruleApp(rule)} ${text.rules.may[rule.direction][rule.action]} ${ruleDestination(rule)}`;
}

export function ruleApp(rule: Rule): string {
  if (rule.app === null) return text.rules.anyApp;
  return isIdentified(rule.app) ? baseName(rule.app) : text.unidentified.title;
}

export function ruleDestination(rule: Omit<Matcher, "app">): string {
  const words = text.rules;
  const parts = [rulePlace(rule)];
  const { port, portTo, direction } = rule;
  if (port !== null && port !== 0) {
    if (portTo === null) parts.push(direction === "inbound" ? words.onItsPort(port) : words.onPort(port));
    else parts.push(direction === "inbound" ? words.onItsPorts(port, portTo) : words.onPorts(port, portTo));
  }
  if (rule.protocol !== null) parts.push(words.over(text.protocol[rule.protocol]));
  if (rule.via !== null) parts.push(words.via(baseName(rule.via)));
  if (rule.user !== null) parts.push(words.user(rule.user));
  if (rule.profile !== null) parts.push(words.profile(plain(rule.profile)));
  return parts.join(", ");
}

function rulePlace({ zone, host, domain, address }: Pick<Matcher, "zone" | "host" | "domain" | "address">): string {
  if (zone !== null) return text.rules.zone[zone];
  if (host !== null) return plain(host);
  if (domain !== null) return text.rules.domain(plain(domain));
  return address === null ? text.rules.anywhere : plain(address);
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
  const holds = lifetime === "once" ? "" : text.prompt.holds(lifetime);
  const when = lifetime === "once" ? "Once" : "Rule";
  if (scope === "host" || scope === "domain") {
    // Only who is called has names to choose by.
    const about = text.prompt.preview.outbound;
    const name = scope === "host" ? endpoint.host : prompt.domain;
    return (action === null ? about : about[action])[`${scope}${when}`](app, plain(name ?? endpoint.address), holds);
  }
  const about = text.prompt.preview[direction];
  return (action === null ? about : about[action])[`${scope}${when}`](app, destinations(prompt), holds);
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
