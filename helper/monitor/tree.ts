// Flows grouped by app, registrable domain and host, with the sums of each group kept up as flows change. Pure apart from its own state.
import { createHash } from "node:crypto";
import type { Figures } from "../../contract/monitor.ts";
import type { App, Endpoint, Flow } from "../../contract/words.ts";
import { registrableDomain } from "../policy/host-name.ts";
import type { Meter } from "./meters.ts";

export interface Entry {
  flow: Flow;
  readonly meter: Meter;
  /** Milliseconds since 1970. */
  readonly began: number;
  /** What it adds to each group it is in. */
  figures: Figures;
  readonly group: Group;
}

export interface Group {
  readonly kind: "all" | "app" | "domain" | "host";
  readonly id: string;
  readonly parent: Group | null;
  readonly groups: Map<string, Group>;
  /** Of a host. */
  readonly entries: Map<string, Entry>;
  /** Of the newest flow below it. */
  app: App | null;
  endpoint: Endpoint | null;
  readonly domain: string | null;
  readonly host: string | null;
  readonly figures: Figures;
  /** When the newest flow that it ever had began, milliseconds since 1970. */
  newest: number;
}

export const noFigures: Figures = {
  connections: 0,
  live: 0,
  allow: 0,
  block: 0,
  held: 0,
  inbound: 0,
  bytesIn: 0,
  bytesOut: 0,
  rateIn: 0,
  rateOut: 0,
};
/** Hosts whose domain is remembered: to find it takes some microseconds. */
const mostDomains = 20_000;

const names = Object.keys(noFigures) as (keyof Figures)[];

export function figuresOf(flow: Flow, { rateIn, rateOut }: Pick<Meter, "rateIn" | "rateOut">): Figures {
  return {
    ...noFigures,
    connections: 1,
    live: flow.live ? 1 : 0,
    [flow.verdict]: 1,
    inbound: flow.direction === "inbound" ? 1 : 0,
    bytesIn: flow.bytesIn,
    bytesOut: flow.bytesOut,
    rateIn: Math.round(rateIn),
    rateOut: Math.round(rateOut),
  };
}

/** The same for the same place, whichever helper says it: what a client has open stays open. */
function groupId(parent: Group, name: string): string {
  return `g${createHash("sha256").update(`${parent.id}\0${name}`).digest("base64url").slice(0, 16)}`;
}

function newGroup(kind: Group["kind"], parent: Group | null, id: string, named: Partial<Group> = {}): Group {
  const empty = {
    groups: new Map(),
    entries: new Map(),
    newest: 0,
    app: null,
    endpoint: null,
    domain: null,
    host: null,
  };
  return { kind, parent, id, ...empty, figures: { ...noFigures }, ...named };
}

export class Tree {
  readonly root = newGroup("all", null, "all");
  readonly entries = new Map<string, Entry>();
  private readonly groups = new Map<string, Group>();
  private readonly domains = new Map<string, string>();

  /** The flow as it is by now; one that another name became known of moves to it. */
  put(flow: Flow, meter: Meter): void {
    const known = this.entries.get(flow.id);
    if (known !== undefined && !sameHost(known.flow, flow)) this.remove(flow.id);
    const figures = figuresOf(flow, meter);
    const entry = this.entries.get(flow.id);
    if (entry === undefined) {
      const group = this.groupFor(flow);
      const fresh = { flow, meter, began: Date.parse(flow.time), figures, group };
      this.entries.set(flow.id, fresh);
      group.entries.set(flow.id, fresh);
      add(group, figures, noFigures);
      for (let each: Group | null = group; each !== null; each = each.parent) {
        if (fresh.began < each.newest) continue;
        each.newest = fresh.began;
        each.app = flow.app;
        each.endpoint = flow.endpoint;
      }
      return;
    }
    const before = entry.figures;
    const { group } = entry;
    // What it is called may have become known.
    if (group.endpoint === entry.flow.endpoint) group.endpoint = flow.endpoint;
    entry.flow = flow;
    entry.figures = figures;
    add(group, figures, before);
  }

  remove(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    entry.group.entries.delete(id);
    add(entry.group, noFigures, entry.figures);
    for (let each = entry.group; each.parent !== null && each.figures.connections === 0; each = each.parent) {
      each.parent.groups.delete(each.id);
      this.groups.delete(each.id);
    }
  }

  /** Everything below a row, whose id is a group's or a flow's. */
  below(id: string): Entry[] {
    const entry = this.entries.get(id);
    if (entry !== undefined) return [entry];
    const group = this.groups.get(id);
    return group === undefined ? [] : [...entriesOf(group)];
  }

  private groupFor({ app, endpoint }: Flow): Group {
    const { host, address } = endpoint;
    let group = this.child(this.root, "app", app.path);
    const domain = host === null ? null : this.domainOf(host);
    if (domain !== null) group = this.child(group, "domain", domain, { domain });
    return this.child(group, "host", host ?? address, { domain, host });
  }

  private child(parent: Group, kind: Group["kind"], name: string, named: Partial<Group> = {}): Group {
    // An address and a name are never the same text, nor are a domain and the host of its name of one kind.
    const id = groupId(parent, `${kind} ${name}`);
    let group = parent.groups.get(id);
    if (group === undefined) {
      group = newGroup(kind, parent, id, named);
      parent.groups.set(id, group);
      this.groups.set(id, group);
    }
    return group;
  }

  private domainOf(host: string): string {
    let domain = this.domains.get(host);
    if (domain === undefined) {
      domain = registrableDomain(host);
      if (this.domains.size >= mostDomains) this.domains.clear();
      this.domains.set(host, domain);
    }
    return domain;
  }
}

export function* entriesOf(group: Group): Iterable<Entry> {
  yield* group.entries.values();
  for (const each of group.groups.values()) yield* entriesOf(each);
}

function sameHost(a: Flow, b: Flow): boolean {
  const [one, other] = [a.endpoint, b.endpoint];
  return one.host === other.host && one.address === other.address && a.app.path === b.app.path;
}

function add(group: Group, figures: Figures, before: Figures): void {
  for (let each: Group | null = group; each !== null; each = each.parent) {
    for (const name of names) each.figures[name] += figures[name] - before[name];
  }
}
