// Who talks to whom at this moment, and what can be done about it from there.
import type { Order } from "../../../contract/monitor.ts";
import type { Direction, Verdict } from "../../../contract/words.ts";
import { count } from "./amounts.ts";

export const monitor = {
  title: "Monitor",
  search: "Search connections",
  label: { app: "Connections by app", time: "Connections, newest first" },
  by: { label: "Group connections", app: "By app", time: "By time" },
  summary: (live: number, all: number) =>
    `${live.toLocaleString("en")} of ${count(all, "connection", "connections")} live`,
  filter: {
    label: "Filters",
    verdict: "Verdict",
    anyVerdict: "All",
    verdicts: { allow: "Allowed", block: "Blocked", held: "Waiting" } satisfies Record<Verdict, string>,
    live: "Live only",
    protocol: "Protocol",
    anyProtocol: "Any protocol",
    direction: "Direction",
    anyDirection: "Both directions",
    directions: { outbound: "Outgoing", inbound: "Incoming" } satisfies Record<Direction, string>,
    order: "Order",
    orders: {
      recent: "Newest first",
      traffic: "Most traffic first",
      rate: "Fastest first",
      name: "By name",
    } satisfies Record<Order, string>,
  },
  columns: {
    name: "App and destination",
    verdict: "Verdict",
    speed: "Speed now",
    traffic: "Traffic",
    /** How many are live, or when each began. */
    when: { app: "State", time: "Time" },
    more: "Actions",
  },
  live: (n: number) => `${n.toLocaleString("en")} live`,
  ended: "Ended",
  counts: {
    allow: (n: number) => `${n.toLocaleString("en")} allowed`,
    block: (n: number) => `${n.toLocaleString("en")} blocked`,
    held: (n: number) => `${n.toLocaleString("en")} waiting`,
  } satisfies Record<Verdict, (n: number) => string>,
  from: "from",
  rate: (bytes: string) => `${bytes}/s`,
  received: (bytes: string) => `${bytes} received`,
  sent: (bytes: string) => `${bytes} sent`,
  receiving: (bytes: string) => `receives ${bytes} a second`,
  sending: (bytes: string) => `sends ${bytes} a second`,
  since: (time: string) => `since ${time}`,
  actions: (what: string) => `Actions for ${what}`,
  allow: "Allow…",
  block: "Block…",
  /** Beside blocklists, for this app and what of this destination they have. */
  except: "Allow despite blocklists",
  excepted: (app: string, places: string) => `Blocklists let ${app} reach ${places} from now on.`,
  showRule: "Show the rule that decided",
  copyName: "Copy name",
  copyAddress: "Copy address",
  copied: (what: string) => `Copied: ${what}`,
  end: (n: number) => (n === 1 ? "End connection" : `End ${n.toLocaleString("en")} connections`),
  ended_: (n: number) => `${count(n, "connection", "connections")} ended`,
  /** What would end is what one works over, as with SSH. */
  own: {
    title: "End the connection you are working over?",
    body: "You are working on this computer from elsewhere, over this very connection. It would end at once, and this window may go with it.",
    among: (n: number) =>
      `${n.toLocaleString("en")} connections would end, and over one of them you are working on this computer from elsewhere. This window may go with it.`,
    no: "Keep it",
    yes: (n: number) => (n === 1 ? "End it anyway" : "End them anyway"),
  },
  loading: "…",
  none: "No connections yet",
  noneHint: "As soon as a guarded program uses the network, it appears here.",
  noMatch: "Nothing matches",
  noMatchHint: "Change the search or the filters to see more.",
  showAll: "Show everything",
  newest: "Back to the newest",
  rule: {
    where: { outbound: "Where", inbound: "Who" } satisfies Record<Direction, string>,
    way: "Direction",
    ways: { outbound: "Outgoing", inbound: "Incoming" } satisfies Record<Direction, string>,
    lifetime: "How long",
    scopes: {
      any: { outbound: "Any destination", inbound: "Any caller" },
      domain: (name: string) => `Any host of ${name}`,
      host: (name: string) => name,
      address: (address: string) => address,
      endpoint: (port: string) => `This ${port} only`,
    },
    saved: "Rule saved:",
    undo: "Undo",
    undone: "Rule taken back.",
  },
};
