// The rows of a view, from top to bottom, and those of them that a client has on its screen. Pure.
import type { Order, Row, View } from "../../contract/monitor.ts";
import type { Endpoint } from "../../contract/words.ts";
import type { Meters } from "./meters.ts";
import { type Entry, entriesOf, type Group, type Tree } from "./tree.ts";

/** A row before it is told: most rows are on nobody's screen. */
export type Place = { id: string; depth: number; group: Group } | { id: string; depth: number; entry: Entry };

/** `before`: ids in the order told last, for a tree that stands still. */
export function placesOf(tree: Tree, view: View, before: readonly string[]): Place[] {
  // The newest is on top of a list by time, whoever points at it: the client keeps its place.
  if (view.by === "time") return inOrder([...tree.entries.values()].map(placeEntry(0)), "recent", new Map());
  const ranks = new Map(view.still ? before.map((id, at) => [id, at]) : []);
  const expanded = new Set(view.expanded);
  const places: Place[] = [];
  const visit = (group: Group, depth: number): void => {
    const groups = [...group.groups.values()].map((each) => ({ id: each.id, depth, group: each }));
    const entries = [...group.entries.values()].map(placeEntry(depth));
    for (const place of inOrder([...groups, ...entries], view.order, ranks)) {
      places.push(place);
      if ("group" in place && expanded.has(place.id)) visit(place.group, depth + 1);
    }
  };
  visit(tree.root, 0);
  return places;
}

const placeEntry = (depth: number) => (entry: Entry) => ({ id: entry.flow.id, depth, entry });

function inOrder(places: Place[], order: Order, ranks: ReadonlyMap<string, number>): Place[] {
  const unknown = Number.POSITIVE_INFINITY;
  const rankOf = ({ id }: Place) => (ranks.size === 0 ? unknown : (ranks.get(id) ?? unknown));
  return places.sort((a, b) => {
    const [one, other] = [rankOf(a), rankOf(b)];
    return one === other ? comparisons[order](a, b) || newestOf(b) - newestOf(a) || compare(a.id, b.id) : one - other;
  });
}

const comparisons: Record<Order, (a: Place, b: Place) => number> = {
  recent: (a, b) => newestOf(b) - newestOf(a),
  traffic: (a, b) => trafficOf(b) - trafficOf(a),
  rate: (a, b) => rateOf(b) - rateOf(a),
  name: (a, b) => compare(nameOf(a), nameOf(b)),
};

function newestOf(place: Place): number {
  return "group" in place ? place.group.newest : place.entry.began;
}

function trafficOf(place: Place): number {
  const { bytesIn, bytesOut } = ("group" in place ? place.group : place.entry).figures;
  return bytesIn + bytesOut;
}

function rateOf(place: Place): number {
  const { rateIn, rateOut } = ("group" in place ? place.group : place.entry).figures;
  return rateIn + rateOut;
}

/** Connections of one host have no names: the newest comes first. */
function nameOf(place: Place): string {
  if (!("group" in place)) return "";
  const { kind, app, host, domain, endpoint } = place.group;
  if (kind !== "app") return (kind === "host" ? host : domain) ?? endpoint?.address ?? "";
  // The file's name, whatever folder it is in.
  return (app?.verified ? app.name : (app?.path ?? "").slice((app?.path ?? "").lastIndexOf("/") + 1)).toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** As the contract tells it. */
export function rowOf(place: Place, expanded: ReadonlySet<string>, meters: Meters): Row {
  const { id, depth } = place;
  if ("entry" in place) {
    const { flow, figures, meter, group } = place.entry;
    const history = meters.historyOf([meter]);
    return { kind: "flow", id, depth, figures, history, flow, domain: group.domain };
  }
  const { kind, figures, app, domain, host, endpoint } = place.group;
  if (app === null || endpoint === null || kind === "all") throw new Error("a row without an app");
  // The group's own figures go on changing.
  const shared = {
    id,
    depth,
    figures: { ...figures },
    app,
    expanded: expanded.has(id),
    history: historyOf(place.group, meters),
  };
  if (kind === "app") return { kind, ...shared };
  if (kind === "domain") return { kind, ...shared, domain: domain ?? "" };
  return { kind, ...shared, domain, host, ...remarksOf(endpoint) };
}

function remarksOf({ address, country, bypass, names }: Endpoint) {
  const standIns = names?.filter(({ ech }) => ech === true) ?? [];
  return {
    address,
    ...(country && { country }),
    ...(bypass && { bypass }),
    ...(standIns.length > 0 && { names: standIns }),
  };
}

export function historyOf(group: Group, meters: Meters): number[] {
  return meters.historyOf(metersOf(group));
}

function* metersOf(group: Group): Iterable<Entry["meter"]> {
  for (const { meter } of entriesOf(group)) yield meter;
}
