// Reads a list in any of the formats they are published in, line by line: hosts files, plain names, adblock's domain rules, addresses and
// ranges, also mixed. Streaming, with bounded memory, whatever the bytes are. Pure apart from its state.
import type { Skipped, SkipReason } from "../../contract/blocklists.ts";
import { type Prefix, parsePrefix } from "../policy/address.ts";
import { isHostName, isLocalName, isPublicSuffix, isRegistrySuffix, writtenName } from "../policy/host-name.ts";
import { refusal } from "./addresses.ts";

/** host: only itself. domain: and everything below. exception: the list blocks neither it nor anything below. */
export type NameKind = "host" | "domain" | "exception";

/** Where entries go, each as often as it is written. What it throws ends the reading. */
export interface Sink {
  /** `name` is canonical (names.ts). */
  name(name: string, kind: NameKind): void;
  address(prefix: Prefix): void;
}

export interface Report {
  readonly lines: number;
  /** Entries given to the sink. */
  readonly entries: number;
  readonly skipped: readonly Skipped[];
}

/** Bytes of the longest line that is read; a longer one is skipped without being kept. */
const longestLine = 4096;
const examples = 3;
const exampleLength = 80;

/** Where a hosts file leads what it blocks. */
const nowhere = new Set(["0.0.0.0", "127.0.0.1", "::", "::1", "0"]);

/** Adblock's cosmetic and scriptlet rules: a "#" with one of these behind it. */
const cosmetic = /#(?:#|@|\?|\$|%)/;

export class ListParser {
  private readonly sink: Sink;
  private readonly skipped = new Map<SkipReason, Skipped>();
  private lines = 0;
  private entries = 0;
  /** A line's beginning, one character a byte. */
  private rest = "";
  private overlong = false;

  constructor(sink: Sink) {
    this.sink = sink;
  }

  push(bytes: Buffer): void {
    // A character a byte: lines can be split before anybody knows whether they are UTF-8.
    const text = this.rest + bytes.toString("latin1");
    let start = 0;
    for (;;) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      this.take(text, start, end);
      start = end + 1;
    }
    this.rest = text.slice(start);
    if (this.rest.length <= longestLine) return;
    this.take(this.rest, 0, this.rest.length);
    this.overlong = true;
    this.rest = "";
  }

  end(): Report {
    if (this.rest !== "") this.take(this.rest, 0, this.rest.length);
    this.rest = "";
    return { lines: this.lines, entries: this.entries, skipped: [...this.skipped.values()] };
  }

  private take(text: string, start: number, end: number): void {
    if (this.overlong) {
      this.overlong = false; // the end of a line whose beginning was skipped
      return;
    }
    this.lines++;
    const stop = Math.min(end, start + longestLine);
    // Most lines of most lists are nothing but a name.
    let line = text.slice(start, text.charCodeAt(stop - 1) === 13 ? stop - 1 : stop);
    let reason: SkipReason | null;
    if (isHostName(line)) {
      reason = this.addDomain(line);
    } else {
      line = decode(line).trim(); // a byte order mark is white space, too
      reason = end - start > longestLine ? "too_long" : this.read(line);
    }
    if (reason !== null) this.skip(reason, line);
  }

  /** Null when the line was read, or says nothing. */
  private read(line: string): SkipReason | null {
    switch (line.charAt(0)) {
      case "":
      case "!":
      case ";":
      case "[":
        return null;
      case "#":
        // "## Heading" and "#####" are comments of hosts files.
        return /^#(?:#[^#\s]|@#)/.test(line) ? "not_carried_over" : null;
      case "|":
      case "@":
      case "/":
        return this.readRule(line);
    }
    const hash = line.indexOf("#");
    if (hash > 0 && cosmetic.test(line)) return "not_carried_over";
    const text = hash > 0 ? line.slice(0, hash).trimEnd() : line;
    const blank = text.search(/[\s;]/);
    if (blank < 0) return this.readSingle(text);
    const first = text.slice(0, blank);
    const others = text.slice(blank).replace(/;.*/, "").trim();
    if (others === "") return this.readSingle(first);
    if (!looksLikeAddress(first)) return isRule(line) ? "not_carried_over" : "unreadable";
    for (const name of others.split(/\s+/)) {
      const reason = this.readHost(name, nowhere.has(first));
      if (reason !== null) this.skip(reason, line);
    }
    return null;
  }

  /** `||name^`, and with "@@" before it the list's own exception. Everything else of adblock's language needs more than a name. */
  private readRule(line: string): SkipReason | null {
    const [, except, text = ""] = /^(@@)?\|\|([^/^$*|]+)\^$/.exec(line) ?? [];
    if (looksLikeAddress(text)) return except === undefined ? this.addAddress(text) : "not_carried_over";
    const name = writtenName(text);
    if (name === null) return "not_carried_over";
    return except === undefined ? this.addDomain(name) : this.add(name, "exception");
  }

  /** A line with a single word: an address, a range, a name. */
  private readSingle(text: string): SkipReason | null {
    if (looksLikeAddress(text)) return this.addAddress(text);
    // "*.name" and ".name" are how others write a name with everything below.
    const bare = text.startsWith("*.") ? text.slice(2) : text.startsWith(".") ? text.slice(1) : text;
    const name = writtenName(bare);
    if (name === null) return isRule(text) ? "not_carried_over" : "unreadable";
    return this.addDomain(name);
  }

  private readHost(text: string, blocked: boolean): SkipReason | null {
    const name = writtenName(text);
    if (name !== null && (isLocalName(name) || !name.includes("."))) return "local_name";
    if (!blocked) return "redirect";
    // "0.0.0.0 0.0.0.0" stands at the beginning of many.
    if (name === null) return looksLikeAddress(text) ? "local_address" : "unreadable";
    return isRegistrySuffix(name) ? "public_suffix" : this.add(name, "host");
  }

  private addDomain(name: string): SkipReason | null {
    if (isLocalName(name)) return "local_name";
    return isPublicSuffix(name) ? "public_suffix" : this.add(name, "domain");
  }

  private addAddress(text: string): SkipReason | null {
    const prefix = parsePrefix(text);
    if (prefix === null) return "unreadable";
    const reason = refusal(prefix);
    if (reason !== null) return reason;
    this.entries++;
    this.sink.address(prefix);
    return null;
  }

  private add(name: string, kind: NameKind): null {
    this.entries++;
    this.sink.name(name, kind);
    return null;
  }

  private skip(reason: SkipReason, line: string): void {
    let skipped = this.skipped.get(reason);
    if (skipped === undefined) {
      skipped = { reason, count: 0, first: [] };
      this.skipped.set(reason, skipped);
    }
    skipped.count++;
    if (skipped.first.length < examples) skipped.first.push({ line: this.lines, text: excerpt(line) });
  }
}

/** Bytes of UTF-8 as text; what is none becomes U+FFFD, which is in no name. */
function decode(bytes: string): string {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes.charCodeAt(at) >= 0x80) return Buffer.from(bytes, "latin1").toString("utf8");
  }
  return bytes;
}

/** A copy: a slice would keep the whole of the text it is from. */
function excerpt(line: string): string {
  return Buffer.from(line.slice(0, exampleLength)).toString("utf8");
}

/** Digits and dots, or anything with a colon that is no rule: names have neither a number at their end nor colons. */
function looksLikeAddress(text: string): boolean {
  return /^(?:[\d.]+|[\da-fA-F:.]*:[\da-fA-F:.]*(?:%\w+)?)(?:\/\d*)?$/.test(text);
}

/** Words of adblock's language that no name has. */
function isRule(text: string): boolean {
  return /[$*|^~=/,?&]/.test(text);
}
