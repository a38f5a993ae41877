// How apps and endpoints are written in a terminal.
import { appPathText } from "../../contract/app-path.ts";
import type { App, Bypass, Direction, Endpoint } from "../../contract/words.ts";

/** An unverified app shows its path: its name is its own claim. */
export function appText(app: App): string {
  const path = appPathText(app.path);
  const via = app.via === null ? "" : ` via ${appPathText(app.via)}`;
  return `${app.verified ? `${app.name} (${path})` : path}${via}`;
}

const bypassWords: Record<Bypass, string> = {
  doh: "look-ups over HTTPS",
  dot: "look-ups over TLS",
  doq: "look-ups over QUIC",
  dns: "look-ups past the configured resolvers",
};

/** What is only said of an endpoint without a name to rely on: who says it is always there to read. */
function claimText({ names = [] }: Endpoint): string | null {
  const [claim] = names.filter(({ source }) => source === "sni" || source === "quic").concat(names);
  if (claim === undefined) return null;
  if (claim.ech) return `hides its host behind ${claim.name}`;
  return claim.source === "sni" || claim.source === "quic" ? `says ${claim.name}` : `unconfirmed: ${claim.name}`;
}

export function endpointText(endpoint: Endpoint): string {
  const { host, address, port, protocol, bypass } = endpoint;
  const bare = host ?? (address.includes(":") && port !== 0 ? `[${address}]` : address);
  const place = port === 0 ? bare : `${bare}:${port}`;
  const remarks = [host === null ? claimText(endpoint) : address, bypass === undefined ? null : bypassWords[bypass]];
  return [`${place} ${protocol}`, ...remarks.filter((each) => each !== null).map((each) => `(${each})`)].join(" ");
}

/** "to 192.0.2.7:443 tcp", or "from 192.0.2.7 to port 3000 tcp" where somebody else began it. */
export function wayText(direction: Direction, endpoint: Endpoint): string {
  if (direction === "outbound") return `to ${endpointText(endpoint)}`;
  const { host, address, port, protocol } = endpoint;
  const from = host === null ? address : `${host} (${address})`;
  return port === 0 ? `from ${from} ${protocol}` : `from ${from} to port ${port} ${protocol}`;
}

/** Local wall-clock time to the second: "2026-11-23 09:30:00". */
export function timeText(iso: string): string {
  const at = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
