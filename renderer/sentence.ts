// What a rule says and what an answer will do, as sentences. Pure, but for what apps are called: that is as well known as it is by then.
import type { Lifetime } from "../contract/lifetime.ts";
import type { RecentAnswer } from "../contract/questions.ts";
import type { Action, Matcher, Prompt, Rule, Scope } from "../contract/words.ts";
import { appCalled } from "./apps.ts";
import { appWord, destination, elided, endpointSentence, plain, portAndProtocol } from "./format.ts";
import { text } from "./text.ts";

export function ruleSentence(rule: Rule): string {
  return ruleSentenceOf(appCalled(rule.app), rule);
}

/** With another name for its app. */
export function ruleSentenceOf(app: string, rule: Rule): string {
  return `${app} ${text.rules.may[rule.direction][rule.action]} ${ruleDestination(rule)}`;
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
  if (rule.via !== null) parts.push(words.via(appCalled(rule.via)));
  if (rule.user !== null) parts.push(words.user(rule.user));
  if (rule.profile !== null) parts.push(words.profile(plain(rule.profile)));
  return parts.join(", ");
}

function rulePlace({ zone, host, domain, address, direction }: Omit<Matcher, "app">): string {
  if (zone !== null) return text.rules.zone[zone];
  if (host !== null) return plain(host);
  if (domain !== null) return text.rules.domain(plain(domain));
  if (address !== null) return plain(address);
  return direction === "inbound" ? text.rules.anybody : text.rules.anywhere;
}

/** Before a button is touched (`action` null) the sentence says what the answer will cover, then what the button will do. */
export function preview(
  prompt: Prompt,
  scope: Scope,
  lifetime: Lifetime,
  action: Exclude<Action, "ask"> | null,
): string {
  const words = text.prompt.preview;
  const step = action ?? "about";
  if (lifetime === "once") return words.once[step](reach(prompt, scope, "waiting"));
  const { any } = words[prompt.direction].before;
  const first = scope === "any" ? any[step] : scope === "domain" ? words.outbound.before.domain[step] : "";
  return `${words.rule[step](reach(prompt, scope, step), lifetime)} ${first}`.trim();
}

/** How far an answer reaches, as a part of its sentence. */
function reach(prompt: Prompt, scope: Scope, step: "about" | "allow" | "block" | "waiting"): string {
  const { direction, endpoint, domain } = prompt;
  const words = text.prompt.preview;
  const app = appWord(prompt.app);
  // Only who is called has names to choose by.
  if (scope === "host") return words.outbound[step].host(app, plain(endpoint.host ?? endpoint.address));
  if (scope === "domain") return words.outbound[step].domain(app, plain(domain ?? endpoint.address));
  if (scope === "any") return words[direction][step].any(app);
  const called = direction === "inbound" ? `${app} ${text.prompt.onIts(portAndProtocol(endpoint))}` : app;
  return words[direction][step].endpoint(called, destinations(prompt));
}

/** Where a question's headline says the app wants to go: its one host, or the domain that all of them are in; else the address. */
export function headlinePlace({ direction, domain, endpoint, endpoints }: Prompt): string {
  const hosts = new Set(endpoints.map(({ host }) => host));
  if (direction === "outbound" && domain !== null && hosts.size > 1) return elided(plain(domain), 56, 40);
  return destination(endpoint);
}

/** How many endpoints a question has besides the one that it shows. */
export function otherEndpoints({ endpoints }: Prompt): number {
  return endpoints.length - 1;
}

/** What an answer is about, in words. */
export function answerPlace(prompt: Prompt, scope: Scope): string {
  const { direction, endpoint, domain } = prompt;
  const words = text.prompt.undo;
  if (scope === "any") return words.anyPlace[direction];
  if (scope === "domain") return words.anyHost(plain(domain ?? endpoint.address));
  return scope === "host" ? plain(endpoint.host ?? endpoint.address) : destinations(prompt);
}

/** What an answer has done, for whoever may want to take it back. */
export function answered(prompt: Prompt, scope: Scope, lifetime: Lifetime, action: "allow" | "block"): string {
  const { undo, holds } = text.prompt;
  const until = lifetime === "once" ? "" : holds(lifetime);
  return undo[action][prompt.direction](appWord(prompt.app), answerPlace(prompt, scope), until);
}

/** One of the last answers. What it did is told by its mark. */
export function recentAnswer({ app, direction, scope, lifetime, endpoint, endpoints, domain }: RecentAnswer): string {
  const words = text.inbox.recent;
  const { undo, many, holds } = text.prompt;
  const narrow = endpoints > 1 ? many[direction](endpoints) : endpointSentence(endpoint, direction);
  const place = {
    any: undo.anyPlace[direction],
    domain: undo.anyHost(plain(domain ?? endpoint.address)),
    host: plain(endpoint.host ?? endpoint.address),
    endpoint: narrow,
  }[scope];
  const until = lifetime === "once" ? "" : holds(lifetime);
  return (direction === "inbound" ? words.lineInbound : words.line)(appWord(app), place, until).trim();
}

/** How long a temporary rule still holds; empty for a permanent one. `now`: milliseconds since 1970. */
export function ruleEnd({ lifetime, expires }: Rule, now: number): string {
  return text.rules.ends(lifetime, expires === null ? null : Date.parse(expires) - now);
}

export function destinations(prompt: Prompt): string {
  const count = prompt.endpoints.length;
  if (count > 1) return text.prompt.many[prompt.direction](count);
  // A caller's port is the app's own: it is told with the app.
  return prompt.direction === "inbound" ? destination(prompt.endpoint) : endpointSentence(prompt.endpoint);
}
