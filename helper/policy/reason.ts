// Why a verdict is what it is, in one plain sentence. Pure.
import type { Layer } from "../../contract/words.ts";
import type { Destination, PolicyRule } from "./rule.ts";

const zoneWords = {
  loopback: "this computer itself",
  resolvers: "the name servers of this computer",
  local: "the local network",
  internet: "the internet",
} as const;

function where(destination: Destination): string {
  switch (destination.kind) {
    case "prefix":
      return destination.prefix.bits === 128 ? "this address" : "this range of addresses";
    case "host":
      return destination.name;
    case "domain":
      return `any host of ${destination.name}`;
    case "zone":
      return zoneWords[destination.zone];
    case "any":
      return "any address";
  }
}

function ports({ port, portTo }: PolicyRule): string {
  if (port === null || port === 0) return "";
  return portTo === null ? `, port ${port}` : `, ports ${port} to ${portTo}`;
}

const kinds = {
  person: "Your rule",
  import: "An imported rule",
  subscription: "A blocklist",
  factory: "A factory rule",
} as const;

export function reasonOf(rule: PolicyRule): string {
  if (rule.origin === "subscription") {
    const { destination } = rule;
    const what = destination.kind === "prefix" ? "this address" : where(destination);
    return `The blocklist “${rule.id}” has ${what}.`;
  }
  const via = rule.via === null ? "" : ` started by ${rule.via}`;
  const who = rule.app === null ? "any app" : `this app${via}`;
  const user = rule.user === null ? "" : " of this user";
  const way = { outbound: "to", inbound: "from", both: "to and from" }[rule.direction];
  const verb = { allow: "allows", block: "blocks", ask: "wants you asked about" }[rule.action];
  const protocol = rule.protocol === null ? "" : ` over ${rule.protocol.toUpperCase()}`;
  const profile = rule.profile === null ? "" : ` in profile “${rule.profile}”`;
  return `${kinds[rule.origin]} ${verb} ${who}${user} ${way} ${where(rule.destination)}${ports(rule)}${protocol}${profile}.`;
}

export function layerOf(rule: PolicyRule): Layer {
  if (rule.origin === "factory") return "factory";
  return rule.origin === "subscription" ? "blocklist" : "rule";
}

/** Of a name that rules allow, and that leads into the local network although the internet gives it. */
export function astrayReason(name: string): string {
  return `A rule allows ${name}, but here the name leads into the local network: that needs an answer for the address.`;
}
