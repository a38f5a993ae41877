// Numbers, times, addresses and names as text. Pure.
import type { App, Endpoint } from "../contract/words.ts";
import { text } from "./text.ts";

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Decimal units, three significant digits: 999 B, 1.23 kB, 45.6 MB. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

export function clockTime(iso: string): string {
  return clock.format(new Date(iso));
}

/** The day, unless it is today's. */
export function dayOf(iso: string, now: Date): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? "" : day.format(date);
}

// Control characters, and those that change the direction of what follows: with them a name could pose as another.
const deceptive = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text that came from outside, made harmless to read. The helper does this too; the window does not rely on it. */
export function plain(untrusted: string): string {
  return untrusted.replace(deceptive, "\u{FFFD}");
}

export function baseName(path: string): string {
  return plain(path.slice(path.lastIndexOf("/") + 1) || path);
}

/** How an app is called in a sentence: its name where that can be trusted, else its file's. */
export function appWord(app: App): string {
  return app.verified ? plain(app.name) : baseName(app.path);
}

export function destination(endpoint: Endpoint): string {
  return plain(endpoint.host ?? endpoint.address);
}

/** "port 443 (TCP)"; protocols without ports are only named. */
export function portAndProtocol(endpoint: Endpoint): string {
  const protocol = text.protocol[endpoint.protocol];
  return endpoint.port === 0 ? protocol : `${text.prompt.port(endpoint.port)} (${protocol})`;
}

export function endpointSentence(endpoint: Endpoint): string {
  return `${destination(endpoint)}, ${portAndProtocol(endpoint)}`;
}
