// What the monitor shows: who talks to whom at this moment, grouped by the helper. A client subscribes to as much of it as it has on its
// screen and hears of nothing else: first a snapshot (seq 0), then what changed, at most ten times a second.
import * as v from "valibot";
import { appSchema, directionSchema, endpointSchema, flowSchema, protocolSchema, verdictSchema } from "./words.ts";

const id = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Bytes a second at IP level, over the last second or so. */
const rate = v.pipe(v.number(), v.minValue(0));

/** Seconds that a row's history reaches back. */
export const historySeconds = 30;
/** Rows that a view may be of at once, and rows that may be open. */
export const viewRows = 300;
export const expandedRows = 1000;

/** What is left out of a filter that is null matches everything. */
export const filterSchema = v.strictObject({
  /** Each of these words occurs somewhere in what a row says. */
  words: v.pipe(v.string(), v.maxLength(256)),
  verdict: v.nullable(verdictSchema),
  liveOnly: v.boolean(),
  protocol: v.nullable(protocolSchema),
  direction: v.nullable(directionSchema),
});
export type Filter = v.InferOutput<typeof filterSchema>;

/** recent: the newest connection first. traffic: the most bytes. rate: the most bytes a second. */
export const orderSchema = v.picklist(["recent", "traffic", "rate", "name"]);
export type Order = v.InferOutput<typeof orderSchema>;

export const viewSchema = v.strictObject({
  /** The client's own count of its views, repeated in every update: what belongs to an earlier one is late. */
  number: count,
  /** app: a tree of apps, their domains, hosts and connections. time: connections alone, newest first. */
  by: v.picklist(["app", "time"]),
  order: orderSchema,
  /** Rows of a tree that are known keep their places, for somebody is pointing at them; new ones come after them. */
  still: v.boolean(),
  /** Ids of the rows whose children are shown. */
  expanded: v.pipe(v.array(id), v.maxLength(expandedRows)),
  filter: filterSchema,
  /** The rows on the screen: so many from this place on. */
  from: count,
  rows: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(viewRows)),
});
export type View = v.InferOutput<typeof viewSchema>;

/** Of all connections below a row, the ended ones that are remembered included. */
export const figuresSchema = v.object({
  connections: count,
  live: count,
  allow: count,
  block: count,
  held: count,
  inbound: count,
  bytesIn: count,
  bytesOut: count,
  rateIn: rate,
  rateOut: rate,
});
export type Figures = v.InferOutput<typeof figuresSchema>;

/** Bytes a second, both ways together, oldest first; shorter or empty where nothing flowed. */
const history = v.pipe(v.array(rate), v.maxLength(historySeconds));

const row = { id, depth: v.pipe(count, v.maxValue(3)), figures: figuresSchema, history };
const group = { ...row, app: appSchema, expanded: v.boolean() };

/** `host` null: a remote nobody knows a name of. Remotes without a name are in no domain. */
export const rowSchema = v.variant("kind", [
  v.object({ kind: v.literal("app"), ...group }),
  v.object({ kind: v.literal("domain"), ...group, domain: v.string() }),
  v.object({
    kind: v.literal("host"),
    ...group,
    domain: v.nullable(v.string()),
    host: v.nullable(v.string()),
    /** Of its newest connection, as of its endpoint; `names`: those that stand for an encrypted one. */
    address: v.string(),
    country: endpointSchema.entries.country,
    bypass: endpointSchema.entries.bypass,
    names: endpointSchema.entries.names,
  }),
  /** The id is the flow's. */
  v.object({ kind: v.literal("flow"), ...row, flow: flowSchema, domain: v.nullable(v.string()) }),
]);
export type Row = v.InferOutput<typeof rowSchema>;

export const monitorUpdateSchema = v.object({
  /** The number of the view it is of. */
  view: count,
  /** 0: the whole of it. Otherwise one more than the update before; a client that misses one asks anew. */
  seq: count,
  /** Rows that there are, and the place of the first that is told. */
  total: count,
  from: count,
  /** Ids of the rows told of, in order; null: as before. */
  ids: v.nullable(v.array(id)),
  /** Those among them that are new or changed. */
  rows: v.array(rowSchema),
  /** Of everything that the filter lets through. */
  all: v.object({ figures: figuresSchema, history }),
});
export type MonitorUpdate = v.InferOutput<typeof monitorUpdateSchema>;

/** What a client knows of its view. */
export type Shown = Pick<MonitorUpdate, "view" | "seq" | "total" | "from" | "all"> & { rows: readonly Row[] };

/** Pure. Null: an update is missing, and the view is to be asked for again. What is of an earlier view changes nothing. */
export function applyUpdate(known: Shown | null, update: MonitorUpdate): Shown | null {
  const { view, seq, total, from, ids, all } = update;
  if (known !== null && view < known.view) return known;
  const successor = known !== null && view === known.view && seq === known.seq + 1;
  if (seq > 0 && !successor) return null;
  const before = seq === 0 ? [] : (known?.rows ?? []);
  const found = new Map([...before, ...update.rows].map((row) => [row.id, row]));
  const rows: Row[] = [];
  for (const id of ids ?? before.map((row) => row.id)) {
    const row = found.get(id);
    if (row === undefined) return null;
    rows.push(row);
  }
  return { view, seq, total, from, all, rows };
}

const nothing = v.strictObject({});

export const monitorMethods = {
  /** Subscribes this connection to a view, in place of the one before. The snapshot comes before the answer. */
  "monitor.watch": { params: viewSchema, result: v.object({}) },
  "monitor.leave": { params: nothing, result: v.object({}) },
  /**
   * Ends the live connections of a row of this connection's view. `confirm`: also where the caller works over one of them; it is refused as a
   * whole otherwise, for an end cannot be taken back. Errors: unknown_row, flow_held, flow_over, end_failed, own_session.
   */
  "monitor.end": {
    params: v.strictObject({ row: id, confirm: v.optional(v.boolean(), false) }),
    result: v.object({ ended: count }),
  },
  /**
   * Ends a connection: its app hears of it at once and may begin another. Datagrams of its socket to that remote are refused from now on.
   * `confirm`: as for monitor.end. Errors: unknown_flow, flow_held, flow_over, end_failed, own_session.
   */
  "flows.end": { params: v.strictObject({ id, confirm: v.optional(v.boolean(), false) }), result: v.object({}) },
} as const;
