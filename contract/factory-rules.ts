// What no longer works by itself when a rule of the factory's is disabled. Their notes say what they are for.

const consequences: Readonly<Record<string, string>> = {
  "factory:loopback":
    "Without it, programs on this computer are asked about when they talk to one another, as parts of the desktop do all the time.",
  "factory:dns-udp":
    "Without it, every program is asked about when it looks up a name; one that nobody answers for reaches nothing by name.",
  "factory:dns-tcp": "Without it, long answers of name servers, which come over TCP, are asked about.",
  "factory:dhcp":
    "Without it, asking a network for an IPv4 address is asked about; unanswered, this computer stays off that network.",
  "factory:dhcp6":
    "Without it, asking a network for an IPv6 address is asked about; unanswered, this computer has none from that network.",
};

/** One or two plain sentences; null for a rule that is none of the factory's. */
export function withoutFactoryRule(id: string): string | null {
  return Object.hasOwn(consequences, id) ? (consequences[id] ?? null) : null;
}
