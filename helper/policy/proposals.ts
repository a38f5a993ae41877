// What was seen while Picket learned, as the rules that would allow it. Pure.
import type { NewRuleParams } from "../../contract/methods.ts";
import type { Direction, Flow, Proposal, Protocol } from "../../contract/words.ts";
import { commonDomain } from "./scope.ts";

/** What was seen, by what a rule could be about. What a part has nothing to say about is empty, or 0. */
export interface Sighting {
  readonly app: string;
  readonly direction: Direction;
  readonly domain: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: string;
}

export interface Seen extends Sighting {
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly last: number;
}

/** An app that was seen with more places than this is proposed to be let anywhere: nobody reads a longer list. */
const mostPlaces = 16;

/** What a rule about the flow would be about; null where no rule can be about its app. */
export function sightingOf({
  app,
  direction,
  endpoint,
}: Pick<Flow, "app" | "direction" | "endpoint">): Sighting | null {
  if (!app.path.startsWith("/")) return null;
  const { address, port, protocol } = endpoint;
  // Who calls is different each time; what is called is the app's own.
  if (direction === "inbound") return { app: app.path, direction, domain: "", address: "", port, protocol };
  const domain = commonDomain([endpoint]);
  return domain === null
    ? { app: app.path, direction, domain: "", address, port, protocol }
    : { app: app.path, direction, domain, address: "", port: 0, protocol: "" };
}

/** A name that stays the same while counts grow. */
export type NameOf = (sighting: Sighting) => string;

/** A proposal and what it was made of. */
export interface Made {
  readonly proposal: Proposal;
  readonly of: readonly Sighting[];
}

function isAnywhere({ domain, address, port, protocol }: Sighting): boolean {
  return domain === "" && address === "" && port === 0 && protocol === "";
}

function made(sighting: Sighting, of: readonly Seen[], idOf: NameOf): Made {
  const { app, direction, domain, address, port, protocol } = sighting;
  const proposal = {
    id: idOf({ app, direction, domain, address, port, protocol }),
    app,
    direction,
    domain: domain || null,
    address: address || null,
    port: port || null,
    protocol: (protocol || null) as Protocol | null,
    count: of.reduce((sum, { count }) => sum + count, 0),
    endpoints: of.length,
    last: new Date(Math.max(...of.map(({ last }) => last))).toISOString(),
  };
  return { proposal, of };
}

/** One for each place, or for all of an app's in one direction where they are too many. Most seen first. */
export function proposalsOf(rows: readonly Seen[], idOf: NameOf): Made[] {
  const groups = Map.groupBy(rows, ({ app, direction }) => `${direction} ${app}`);
  const all = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    if (group.length <= mostPlaces && !group.some(isAnywhere)) return group.map((row) => made(row, [row], idOf));
    return [made({ ...first, domain: "", address: "", port: 0, protocol: "" }, group, idOf)];
  });
  return all.sort((a, b) => b.proposal.count - a.proposal.count || (a.proposal.id < b.proposal.id ? -1 : 1));
}

export function ruleOf({ app, direction, domain, address, port, protocol, count }: Proposal): NewRuleParams {
  const note = `Seen ${count === 1 ? "once" : `${count} times`} while learning.`;
  return { app, action: "allow", direction, domain, address, port, protocol, note };
}
