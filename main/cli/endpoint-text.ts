// How apps and endpoints are written in a terminal.
import { appPathText } from "../../contract/app-path.ts";
import type { App, Direction, Endpoint } from "../../contract/words.ts";

/** An unverified app shows its path: its name is its own claim. */
export function appText(app: App): string {
  const path = appPathText(app.path);
  const via = app.via === null ? "" : ` via ${appPathText(app.via)}`;
  return `${app.verified ? `${app.name} (${path})` : path}${via}`;
}

export function endpointText({ host, address, port, protocol }: Endpoint): string {
  const bare = host ?? (address.includes(":") && port !== 0 ? `[${address}]` : address);
  const place = port === 0 ? bare : `${bare}:${port}`;
  return host === null ? `${place} ${protocol}` : `${place} ${protocol} (${address})`;
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
