// What a destination is called, as flows and cards say it and as policy judges it. Pure.
import type { Endpoint, Name } from "../../contract/words.ts";
import type { KnownNames } from "../policy/decide.ts";
import type { Named } from "./name-table.ts";

/**
 * Names as the contract has them, those to rely on first. An app that looked an address up itself means what it looked up: the trusted
 * names that others have for it say nothing about this flow. Aliases on the way to the address may block, and so may an answer of nobody's
 * resolver. What an app wrote into another connection is that connection's; `said`: into this one.
 */
export function contractNames(named: readonly Named[], said: Name | null = null): Name[] {
  const lookedUp = named.filter(({ source }) => source === "query" || source === "resolver");
  const knows = lookedUp.some(({ own, trusted }) => own && trusted);
  const meant = lookedUp.filter(({ own, trusted }) => own || (trusted && !knows));
  const names = new Map<string, Name>();
  for (const { name, source, trusted } of meant) names.set(name, { name, source, trusted });
  for (const { aliases, source } of meant)
    for (const alias of aliases) if (!names.has(alias)) names.set(alias, { name: alias, source, trusted: false });
  const known = said === null ? undefined : names.get(said.name);
  if (said !== null) names.set(said.name, known === undefined ? said : { ...said, ...known });
  return [...names.values()];
}

/** The endpoint with what it is called; `host` is a name that can be relied on, or none: never a guess. */
export function withNames(endpoint: Endpoint, names: readonly Name[]): Endpoint {
  if (names.length === 0) return endpoint;
  return { ...endpoint, host: names.find(({ trusted }) => trusted)?.name ?? null, names: [...names] };
}

export function knownNames(names: readonly Name[]): KnownNames {
  const of = (trusted: boolean) => names.filter((name) => name.trusted === trusted).map(({ name }) => name);
  return { trusted: of(true), labels: of(false) };
}
