// One client's view: the flows it is about, and what of it the client has been told. Pure apart from its own state.
import type { Filter, MonitorUpdate, View } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";
import { makeFilter } from "./filter.ts";
import type { Meters } from "./meters.ts";
import { historyOf, type Place, placesOf, rowOf } from "./rows.ts";
import { Tree } from "./tree.ts";

export class Subscription {
  view: View;
  private readonly meters: Meters;
  private tree = new Tree();
  private matches: (flow: Flow) => boolean;
  private readonly sees: ((flow: Flow) => boolean) | null;
  private seq = 0;
  /** All rows in the order told last, and what was said of each that the client has on its screen. */
  private order: string[] = [];
  private told = new Map<string, string>();
  private toldIds = "";
  private toldRest = "";

  /** `flows`: all there are, oldest first. `sees`: which of them the client may see; null: all. */
  constructor(view: View, meters: Meters, flows: Iterable<Flow>, sees: ((flow: Flow) => boolean) | null = null) {
    this.view = view;
    this.meters = meters;
    this.sees = sees;
    this.matches = makeFilter(view.filter);
    this.fill(flows);
  }

  private fill(flows: Iterable<Flow>): void {
    this.tree = new Tree();
    for (const flow of flows) this.note(flow);
  }

  /** The same client looks at something else. */
  change(view: View, flows: () => Iterable<Flow>): void {
    const same = sameFilter(view.filter, this.view.filter);
    this.view = view;
    if (same) return;
    this.matches = makeFilter(view.filter);
    this.fill(flows());
  }

  note(flow: Flow): void {
    if (this.sees !== null && !this.sees(flow)) return;
    if (this.matches(flow)) this.tree.put(flow, this.meters.of(flow));
    else this.tree.remove(flow.id);
  }

  /** These flows have another speed by now. */
  refresh(ids: Iterable<string>): void {
    for (const id of ids) {
      const entry = this.tree.entries.get(id);
      if (entry !== undefined) this.tree.put(entry.flow, entry.meter);
    }
  }

  forget(id: string): void {
    this.tree.remove(id);
  }

  /** The flows below a row; null: there is no such row. */
  flowsBelow(row: string): Flow[] | null {
    const entries = this.tree.below(row);
    return entries.length === 0 ? null : entries.map(({ flow }) => flow);
  }

  snapshot(): MonitorUpdate {
    this.told = new Map();
    this.toldIds = "";
    this.toldRest = "";
    this.seq = -1;
    const update = this.next();
    if (update === null) throw new Error("a snapshot is never empty");
    return update;
  }

  /** What changed since the last update; null where nothing did that the client shows. */
  next(): MonitorUpdate | null {
    const { view, tree, meters } = this;
    const places = placesOf(tree, view, this.order);
    this.order = places.map(({ id }) => id);
    const shown: Place[] = places.slice(view.from, view.from + view.rows);
    const expanded = new Set(view.expanded);
    const told = new Map<string, string>();
    const rows = shown
      .map((place) => rowOf(place, expanded, meters))
      .filter((row) => {
        const text = JSON.stringify(row);
        told.set(row.id, text);
        return this.told.get(row.id) !== text;
      });
    const ids = shown.map(({ id }) => id);
    const sums = { figures: { ...tree.root.figures }, history: historyOf(tree.root, meters) };
    const rest = JSON.stringify([places.length, sums]);
    const idText = ids.join(" ");
    const sameIds = this.seq >= 0 && idText === this.toldIds;
    if (this.seq >= 0 && sameIds && rows.length === 0 && rest === this.toldRest) return null;
    this.told = told;
    this.toldIds = idText;
    this.toldRest = rest;
    this.seq++;
    const { number, from } = view;
    return {
      view: number,
      seq: this.seq,
      total: places.length,
      from,
      ids: sameIds ? null : ids,
      rows,
      all: sums,
    };
  }
}

function sameFilter(a: Filter, b: Filter): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
