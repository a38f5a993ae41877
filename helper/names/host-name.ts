// What counts as a host's name in what apps and resolvers send. Internationalised names stay as they travel: "xn--…".

const longest = 253;
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Lower-cased and without the root's dot; null for what is no host name: an address, other characters, labels of no or over 63 bytes. */
export function hostName(text: string): string | null {
  const name = (text.endsWith(".") ? text.slice(0, -1) : text).toLowerCase();
  if (name.length === 0 || name.length > longest) return null;
  const labels = name.split(".");
  if (!labels.every((one) => label.test(one))) return null;
  // "192.0.2.1" looks like a name: no top-level domain is a number (RFC 3696, 2).
  return /^\d+$/.test(labels.at(-1) ?? "") ? null : name;
}

/** The host that a service's name speaks of: "_8443._https.example.org" is example.org's (RFC 9460, 2.3). */
export function hostOfService(name: string): string | null {
  return hostName(name.replace(/^(_\d+\.)?_[a-z0-9-]+\./i, ""));
}
