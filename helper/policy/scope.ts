// What an answer is about: the matchers of the rules that it becomes. Pure.
import { CodedError } from "../../contract/errors.ts";
import type { Shown } from "../../contract/questions.ts";
import type { Endpoint, Matcher, Scope } from "../../contract/words.ts";
import { addressHex } from "./address.ts";
import { registrableDomain } from "./host-name.ts";
import { isAstray } from "./rebinding.ts";

type Part = Pick<Matcher, "address" | "host" | "domain" | "port" | "protocol">;

const anything: Part = { address: null, host: null, domain: null, port: null, protocol: null };

/**
 * Names that an answer can rest on: all that a resolver gave for the address, for all of them must be allowed. None where a name of the
 * internet leads into the local network: an answer there is about the address.
 */
function trustedNames({ address, names = [] }: Endpoint): string[] {
  const trusted = names.filter(({ trusted }) => trusted).map(({ name }) => name);
  const hex = trusted.length === 0 ? "" : addressHex(address);
  return trusted.some((name) => isAstray(name, hex)) ? [] : trusted;
}

/**
 * Hosts or registrable domains that an answer of the scope is about. Errors: name_unknown, where an endpoint has no name to rest on
 * and `needed` says that it should.
 */
export function scopeNames(endpoints: readonly Endpoint[], scope: Scope, needed = true): string[] {
  if (scope === "any" || scope === "endpoint") return [];
  return endpoints.flatMap((endpoint) => {
    const names = trustedNames(endpoint);
    if (names.length === 0 && needed) throw new CodedError("name_unknown", endpoint.address);
    return scope === "host" ? names : names.map(registrableDomain);
  });
}

/** The one registrable domain that every endpoint is in, by names that an answer can rest on; null where there is none. */
export function commonDomain(endpoints: readonly Endpoint[]): string | null {
  const each = endpoints.map((endpoint) => new Set(trustedNames(endpoint).map(registrableDomain)));
  const [domain] = each[0] ?? [];
  return domain !== undefined && each.every((own) => own.size === 1 && own.has(domain)) ? domain : null;
}

function endpointParts(endpoint: Endpoint): Part[] {
  const { address, port, protocol } = endpoint;
  const names = trustedNames(endpoint);
  // ICMP and the like have no port.
  const service = { port: port === 0 ? null : port, protocol };
  return names.length === 0
    ? [{ ...anything, address, ...service }]
    : names.map((host) => ({ ...anything, host, ...service }));
}

/** What tells one endpoint of a card from another. */
export function endpointName({ protocol, address, port }: Shown[number]): string {
  return `${protocol} ${address} ${port}`;
}

/** Whether an answer to all the endpoints means more than one to those of them that were shown. Errors: as scopeMatchers. */
export function meansMore(endpoints: readonly Endpoint[], shown: Shown, scope: Scope): boolean {
  const seen = new Set(shown.map(endpointName));
  const partsOf = (some: readonly Endpoint[]) => scopeMatchers(some, scope).map((part) => JSON.stringify(part));
  const known = new Set(partsOf(endpoints.filter((endpoint) => seen.has(endpointName(endpoint)))));
  return partsOf(endpoints).some((part) => !known.has(part));
}

/** One matcher for each rule, none twice. Errors: name_unknown (host and domain, where an endpoint has no name to rest on). */
export function scopeMatchers(endpoints: readonly Endpoint[], scope: Scope): Part[] {
  if (scope === "any") return [anything];
  const parts =
    scope === "endpoint"
      ? endpoints.flatMap(endpointParts)
      : scopeNames(endpoints, scope).map((name) => ({ ...anything, [scope]: name }));
  return [...new Map(parts.map((part) => [JSON.stringify(part), part])).values()];
}
