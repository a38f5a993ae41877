// Rules as boxes: whether one holds all that another matches, and whether two have anything in common. Pure.
import { covers, type Prefix } from "./address.ts";
import { type Destination, domainsOf, type PolicyRule, type Zones } from "./rule.ts";

export function isWithin(prefix: Prefix, ranges: readonly Prefix[]): boolean {
  return ranges.some((range) => covers(range, prefix));
}

export function touches(prefix: Prefix, ranges: readonly Prefix[]): boolean {
  return ranges.some((range) => covers(range, prefix) || covers(prefix, range));
}

/** Whether flows to both can be one. Only ever wrong by saying yes. */
function destinationsOverlap(a: Destination, b: Destination, zones: Zones): boolean {
  if (a.kind === "any" || b.kind === "any") return true;
  if (a.kind === "zone") return b.kind === "zone" ? zonesOverlap(a.zone, b.zone) : destinationsOverlap(b, a, zones);
  if (a.kind === "prefix") {
    if (b.kind === "prefix") return covers(a.prefix, b.prefix) || covers(b.prefix, a.prefix);
    if (b.kind !== "zone") return !isWithin(a.prefix, zones.loopback); // names say nothing about this computer itself
    if (b.zone === "resolvers") return true;
    if (b.zone === "internet") return !isWithin(a.prefix, [...zones.loopback, ...zones.local]);
    return touches(a.prefix, zones[b.zone]);
  }
  if (b.kind === "prefix") return destinationsOverlap(b, a, zones);
  if (b.kind === "zone") return b.zone === "local" || b.zone === "internet";
  const [ofA, ofB] = [domainsOf(a.name), domainsOf(b.name)];
  return (
    (b.kind === "domain" && ofA.includes(b.name)) || (a.kind === "domain" && ofB.includes(a.name)) || a.name === b.name
  );
}

function zonesOverlap(a: string, b: string): boolean {
  return a === b || a === "resolvers" || b === "resolvers";
}

function holdsValue<T>(wide: T | null, narrow: T | null): boolean {
  return wide === null || wide === narrow;
}

function meets<T>(a: T | null, b: T | null): boolean {
  return a === null || b === null || a === b;
}

/** All but the destination: whether `wide` holds all that `narrow` matches. */
export function contains(wide: PolicyRule, narrow: PolicyRule): boolean {
  return (
    holdsValue(wide.app, narrow.app) &&
    holdsValue(wide.via, narrow.via) &&
    holdsValue(wide.user, narrow.user) &&
    holdsValue(wide.profile, narrow.profile) &&
    holdsValue(wide.protocol, narrow.protocol) &&
    (wide.direction === "both" || wide.direction === narrow.direction) &&
    (wide.port === null ||
      (narrow.port !== null &&
        wide.port <= narrow.port &&
        (narrow.portTo ?? narrow.port) <= (wide.portTo ?? wide.port)))
  );
}

/** Whether a flow can match both. Only ever wrong by saying yes. */
export function overlaps(a: PolicyRule, b: PolicyRule, zones: Zones): boolean {
  return (
    meets(a.app, b.app) &&
    meets(a.via, b.via) &&
    meets(a.user, b.user) &&
    meets(a.profile, b.profile) &&
    meets(a.protocol, b.protocol) &&
    (a.direction === "both" || b.direction === "both" || a.direction === b.direction) &&
    (a.port === null || b.port === null || (a.port <= (b.portTo ?? b.port) && b.port <= (a.portTo ?? a.port))) &&
    destinationsOverlap(a.destination, b.destination, zones)
  );
}
