// A rule while it is written: what stands in the form's fields, whether that can be a rule, and what it would say. Pure.
import type { ErrorCode } from "../../contract/errors.ts";
import type { RuleLifetime } from "../../contract/lifetime.ts";
import type { NewRuleParams } from "../../contract/methods.ts";
import type { Action, Protocol, Rule, RuleDirection, Zone } from "../../contract/words.ts";
import { appCalled } from "../apps.ts";
import { elided, plain } from "../format.ts";
import { ruleSentence, ruleSentenceOf } from "../sentence.ts";
import { text } from "../text.ts";

const words = text.rules.editor;

export type Place = "any" | "domain" | "host" | "address" | "zone";

export type Draft = {
  action: Action;
  direction: RuleDirection;
  anyApp: boolean;
  app: string;
  via: string;
  /** Has no field: what a rule has of it stays. */
  user: number | null;
  place: Place;
  /** Of a domain, host or address. */
  name: string;
  zone: Zone;
  /** "443", "8000-8100", or empty: any. */
  port: string;
  protocol: Protocol | null;
  lifetime: RuleLifetime;
  profile: string | null;
  note: string;
};

/** A field that keeps the draft from being a rule. */
export type Problem = "app" | "via" | "name" | "port";

export const emptyDraft: Draft = {
  action: "allow",
  direction: "outbound",
  anyApp: false,
  app: "",
  via: "",
  user: null,
  place: "any",
  name: "",
  zone: "local",
  port: "",
  protocol: null,
  lifetime: "forever",
  profile: null,
  note: "",
};

export function draftOf(rule: Rule): Draft {
  const { host, domain, address, zone, port, portTo } = rule;
  const place =
    zone !== null ? "zone" : host !== null ? "host" : domain !== null ? "domain" : address ? "address" : "any";
  return {
    action: rule.action,
    direction: rule.direction,
    anyApp: rule.app === null,
    app: rule.app ?? "",
    via: rule.via ?? "",
    user: rule.user,
    place,
    name: host ?? domain ?? address ?? "",
    zone: zone ?? "local",
    port: port === null ? "" : portTo === null ? `${port}` : `${port}-${portTo}`,
    protocol: rule.protocol,
    lifetime: rule.lifetime,
    profile: rule.profile,
    note: rule.note,
  };
}

/** Null for what is neither a port nor a range of them. */
function portsOf(field: string): { port: number | null; portTo: number | null } | null {
  if (field.trim() === "") return { port: null, portTo: null };
  const [, first, last] = /^\s*(\d{1,5})\s*(?:[-–]\s*(\d{1,5})\s*)?$/u.exec(field) ?? [];
  if (first === undefined) return null;
  const [port, portTo] = [Number(first), last === undefined ? null : Number(last)];
  // No rule is for port 0: protocols that have none are chosen as such.
  if (port < 1 || port > 65_535 || (portTo !== null && (portTo > 65_535 || portTo <= port))) return null;
  return { port, portTo };
}

export function problemsOf(draft: Draft): Problem[] {
  const problems: Problem[] = [];
  if (!draft.anyApp && !draft.app.trim().startsWith("/")) problems.push("app");
  if (!draft.anyApp && draft.via.trim() !== "" && !draft.via.trim().startsWith("/")) problems.push("via");
  if (draft.place !== "any" && draft.place !== "zone" && draft.name.trim() === "") problems.push("name");
  if (portsOf(draft.port) === null) problems.push("port");
  return problems;
}

/** Of a draft without problems. Whether a name is one, and parts go together, the helper says. */
export function ruleOf(draft: Draft): NewRuleParams {
  const { action, direction, anyApp, app, via, user, place, name, zone, protocol, lifetime, profile, note } = draft;
  const at = (which: Place) => (place === which ? name.trim() : null);
  return {
    app: anyApp ? null : app.trim(),
    via: anyApp || via.trim() === "" ? null : via.trim(),
    user,
    action,
    domain: at("domain"),
    host: at("host"),
    address: at("address"),
    zone: place === "zone" ? zone : null,
    ...(portsOf(draft.port) ?? { port: null, portTo: null }),
    protocol,
    direction,
    profile,
    lifetime,
    note: note.trim(),
  };
}

/** What the helper may say is wrong with a field. */
export function faultOf(code: ErrorCode | null): Problem | null {
  if (code === "bad_name" || code === "bad_address") return "name";
  return code === "interpreter_alone" || code === "not_running" ? "app" : null;
}

/** What the form is called: what the rule does, where, for which app. */
export function titleOf({ action, anyApp, app, place, name }: Draft, called: string | null): string {
  if (anyApp || app.trim() === "") return words.add;
  const named = place !== "any" && place !== "zone" && name.trim() !== "";
  return words.suggested[action](called ?? appCalled(app.trim()), named ? elided(plain(name.trim()), 56, 40) : null);
}

/** What saving would mean; what is still missing is named as such. `called`: the app's name, where that can be trusted. */
export function previewOf(draft: Draft, called: string | null = null): string {
  const missing = problemsOf(draft);
  const shown: Draft = {
    ...draft,
    app: missing.includes("app") ? `/${words.someApp}` : draft.app,
    via: missing.includes("via") ? "" : draft.via,
    name: missing.includes("name") ? words.somewhere : draft.name,
  };
  const rule = { ...emptyRule, ...ruleOf(shown) } as Rule;
  const sentence = called === null || draft.anyApp ? ruleSentence(rule) : ruleSentenceOf(called, rule);
  const parts = [words.preview(sentence, text.prompt.holds(draft.lifetime))];
  if (draft.action === "allow" && draft.direction !== "inbound") parts.push(words.blocklists);
  if (draft.place === "any" || draft.anyApp) parts.push(words.narrower);
  if (draft.action === "block") parts.push(words.endsLive);
  return parts.join(" ");
}

const emptyRule = { id: "", expires: null, enabled: true, origin: "person", created: "" };
