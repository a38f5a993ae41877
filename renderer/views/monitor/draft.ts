// A rule that a row of the monitor suggests: how wide it may be, and what it would say. Pure.
import type { RuleLifetime } from "../../../contract/lifetime.ts";
import type { NewRuleParams } from "../../../contract/methods.ts";
import type { Row } from "../../../contract/monitor.ts";
import type { App, Direction, Matcher } from "../../../contract/words.ts";
import { appWord, plain, portAndProtocol } from "../../format.ts";
import { ruleDestination } from "../../sentence.ts";
import { text } from "../../text.ts";

const words = text.monitor.rule;

export type Width = "endpoint" | "address" | "host" | "domain" | "any";
export type Draft = { action: "allow" | "block"; direction: Direction; width: Width; lifetime: RuleLifetime };

export function appOf(row: Row): App {
  return row.kind === "flow" ? row.flow.app : row.app;
}

/** Directions that a row has connections of; one of them at least. */
export function directionsOf({ figures }: Row): Direction[] {
  const all: Direction[] = ["outbound", "inbound"];
  return all.filter((each) => (each === "inbound" ? figures.inbound > 0 : figures.inbound < figures.connections));
}

type Place = Pick<Matcher, "address" | "host" | "domain" | "port" | "protocol">;
const anything: Place = { address: null, host: null, domain: null, port: null, protocol: null };

/** What each width covers, narrow to wide; the first but one's own endpoint is the one to begin with. */
function places(row: Row): Partial<Record<Width, Place>> {
  if (row.kind === "app") return { any: anything };
  if (row.kind === "domain") return { domain: { ...anything, domain: row.domain }, any: anything };
  const { host, address } = row.kind === "flow" ? row.flow.endpoint : row;
  const there = host === null ? { address } : { host };
  const wider: Partial<Record<Width, Place>> = {
    [host === null ? "address" : "host"]: { ...anything, ...there },
    ...(row.domain !== null && { domain: { ...anything, domain: row.domain } }),
    any: anything,
  };
  if (row.kind === "host") return wider;
  const { port, protocol } = row.flow.endpoint;
  return { endpoint: { ...anything, ...there, port: port === 0 ? null : port, protocol }, ...wider };
}

/** The widths in words, as choices. */
export function widthsOf(row: Row, direction: Direction): Partial<Record<Width, string>> {
  const { scopes } = words;
  const named: Record<Width, (place: Place) => string> = {
    endpoint: () => (row.kind === "flow" ? scopes.endpoint(portAndProtocol(row.flow.endpoint)) : ""),
    address: ({ address }) => scopes.address(plain(address ?? "")),
    host: ({ host }) => scopes.host(plain(host ?? "")),
    domain: ({ domain }) => scopes.domain(plain(domain ?? "")),
    any: () => scopes.any[direction],
  };
  const found = Object.entries(places(row)) as [Width, Place][];
  return Object.fromEntries(found.map(([width, place]) => [width, named[width](place)]));
}

export function firstDraft(row: Row, action: Draft["action"]): Draft {
  const widths = Object.keys(places(row)) as Width[];
  const width = widths.find((each) => each !== "endpoint") ?? "any";
  return { action, direction: directionsOf(row)[0] ?? "outbound", width, lifetime: "forever" };
}

export function ruleOf(row: Row, { action, direction, width, lifetime }: Draft): NewRuleParams {
  return { app: appOf(row).path, action, direction, lifetime, ...(places(row)[width] ?? anything) };
}

/** What saving would mean. */
export function previewOf(row: Row, draft: Draft): string {
  const { action, direction, width, lifetime } = draft;
  const rule = { ...anything, zone: null, via: null, user: null, profile: null, portTo: null, direction };
  const to = ruleDestination({ ...rule, ...(places(row)[width] ?? anything) });
  const sentence = `${appWord(appOf(row))} ${text.rules.may[direction][action]} ${to}`;
  const parts = [words.preview(sentence, text.prompt.holds(lifetime))];
  if (action === "allow" && direction === "outbound") parts.push(words.blocklists);
  if (width === "any") parts.push(words.narrower);
  if (action === "block" && row.figures.live > 0) parts.push(words.endsLive);
  return parts.join(" ");
}
