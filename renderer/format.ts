// Numbers, times, addresses and names as text. Pure.
import { appPathText, splitAppPath } from "../contract/app-path.ts";
import type { App, Direction, Endpoint } from "../contract/words.ts";
import { language, text } from "./text.ts";
import { timeFormat } from "./zone.ts";

const units = ["B", "kB", "MB", "GB", "TB", "PB"];

/** By how many digits stand behind the decimal sign. */
const decimals = [0, 1, 2].map(
  (digits) =>
    new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    }),
);

/** Decimal units, three significant digits: 999 B, 1.23 kB, 45.6 MB. */
export function humanBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${decimals[digits]?.format(value)} ${units[unit]}`;
}

/** Bytes a second; empty where nothing flows. */
export function humanRate(bytes: number): string {
  return bytes < 0.5 ? "" : text.monitor.rate(humanBytes(bytes));
}

const clock = timeFormat({
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = timeFormat({ day: "numeric", month: "short" });

export function clockTime(iso: string): string {
  return clock(new Date(iso));
}

/** "14:05" */
export function clockMinutes(iso: string): string {
  return clockTime(iso).slice(0, 5);
}

/** "14:05" today, "3 Nov 14:05" on another day. */
export function moment(iso: string, now: Date): string {
  return `${dayOf(iso, now)} ${clockMinutes(iso)}`.trim();
}

/** The day, unless it is today's. */
export function dayOf(iso: string, now: Date): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? "" : day(date);
}

// Control characters, and those that change the direction of what follows: with them a name could pose as another.
const deceptive = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text that came from outside, made harmless to read. An app's path is the exact one, whatever is in it. */
export function plain(untrusted: string): string {
  return untrusted.replace(deceptive, "\u{FFFD}");
}

/** Room for one name in a sentence; for a name or a folder on a card; for the command that asks. In characters. */
const wordLimit = 40;
export const nameLimit = 36;
export const commandLimit = 64;

/** No longer than `most`: the middle gives way, for what tells two texts apart is at their ends. The last `tail` stay. */
export function elided(text: string, most: number, tail = Math.floor(most / 2)): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  return `${letters.slice(0, most - tail - 1).join("")}…${letters.slice(-tail).join("")}`;
}

export function fileName(path: string): string {
  return elided(plain(path.slice(path.lastIndexOf("/") + 1) || path), wordLimit);
}

/** "curl"; of a script "sync.py (python3.11)". */
export function baseName(path: string): string {
  const { executable, script } = splitAppPath(path);
  return script === null ? fileName(executable) : `${fileName(script)} (${fileName(executable)})`;
}

/** Where an app is, for people: of a script its own file, and what runs it. */
export function pathText(path: string): string {
  return plain(appPathText(path));
}

/** The helper puts a path in brackets where nobody can be sure of the program: no rule can be about it. */
export function isIdentified(path: string): boolean {
  return path.startsWith("/");
}

/** What is known of a program nobody can identify, as a sentence. A name is what the program calls itself. */
export function whatIsKnown(path: string): string {
  const words = text.unidentified;
  const known = plain(path).replace(/^\[(.*)\]$/u, "$1");
  const [, file, state] = known.match(/^(\/.*?)(?: \(([^()]+)\))?$/u) ?? [];
  if (file === undefined) return known === "" ? words.nothing : words.callsItself(elided(known, wordLimit));
  const short = elided(file, 2 * nameLimit);
  if (state === undefined) return words.from(short);
  return Object.hasOwn(words.states, state)
    ? words.states[state as keyof typeof words.states](short)
    : words.otherState(short, elided(state, wordLimit));
}

/** How an app is called in a sentence: its name where that can be trusted, else its file's. */
export function appWord(app: App): string {
  if (app.verified) return elided(plain(app.name), wordLimit);
  return isIdentified(app.path) ? baseName(app.path) : text.unidentified.word;
}

/** Who a host belongs to is at its end; an address is never shortened. */
export function destination(endpoint: Endpoint): string {
  return elided(plain(endpoint.host ?? endpoint.address), 56, 40);
}

/** "port 443 (TCP)"; protocols without ports are only named. */
export function portAndProtocol(endpoint: Endpoint): string {
  const protocol = text.protocol[endpoint.protocol];
  return endpoint.port === 0 ? protocol : `${text.prompt.port(endpoint.port)} (${protocol})`;
}

export function endpointSentence(endpoint: Endpoint, direction: Direction = "outbound"): string {
  const port = portAndProtocol(endpoint);
  return `${destination(endpoint)}, ${direction === "inbound" ? text.prompt.onIts(port) : port}`;
}
