// The list of rules and their sentences.
import type { RuleLifetime } from "../../../contract/lifetime.ts";
import type { Action, RuleDirection } from "../../../contract/words.ts";
import { count, timeLeft } from "./amounts.ts";

export const rules = {
  title: "Rules",
  search: "Search rules",
  label: "Rules",
  none: "No rules yet",
  noneHint: "When you answer a question for good, the answer becomes a rule and is listed here.",
  noMatch: "Nothing matches your search",
  total: (n: number) => count(n, "rule", "rules"),
  enabled: (sentence: string) => `In force: ${sentence}`,
  off: "Switched off",
  remove: "Delete",
  removeThis: (sentence: string) => `Delete the rule: ${sentence}`,
  factoryKept: "Built-in rules can be switched off, not deleted",
  confirm: {
    title: "Delete this rule?",
    body: "This cannot be undone. The next connection it covered will be asked about again.",
    yes: "Delete rule",
    no: "Keep rule",
  },
  anyApp: "Any app",
  anywhere: "any destination",
  anybody: "anybody",
  zone: {
    loopback: "this computer itself",
    resolvers: "the name servers of this computer",
    local: "the local network",
    internet: "the internet",
  },
  domain: (name: string) => `any host of ${name}`,
  onPorts: (from: number, to: number) => `ports ${from} to ${to}`,
  onItsPorts: (from: number, to: number) => `on its ports ${from} to ${to}`,
  via: (app: string) => `when started by ${app}`,
  user: (uid: number) => `as user ${uid}`,
  profile: (name: string) => `in profile “${name}”`,
  may: {
    outbound: { allow: "may connect to", block: "may not connect to", ask: "must ask before connecting to" },
    inbound: {
      allow: "may be reached from",
      block: "may not be reached from",
      ask: "must ask before it is reached from",
    },
    both: {
      allow: "may connect to and be reached from",
      block: "may not connect to nor be reached from",
      ask: "must ask before connecting to or being reached from",
    },
  } satisfies Record<RuleDirection, Record<Action, string>>,
  onItsPort: (port: number) => `on its port ${port}`,
  onPort: (port: number) => `port ${port}`,
  over: (protocol: string) => `over ${protocol}`,
  /** How long a temporary rule holds; `left` milliseconds where a length of time was given. */
  ends: (lifetime: RuleLifetime, left: number | null): string => {
    if (left !== null) return `for ${timeLeft(left)} more`;
    if (lifetime === "quit") return "until it quits";
    return lifetime === "restart" ? "until restart" : "";
  },
};
