// A list's names in as little memory as exactness allows: their text one behind the other, and a hash table of places in it. Nothing
// is found by its hash alone: the text is compared.
import { randomBytes } from "node:crypto";
import { CodedError } from "../../contract/errors.ts";
import type { NameKind } from "./parse.ts";

/** A slot is a place in the text and, above it, a few bits of the name's hash, which spare most comparisons with other names. */
const placeBits = 26;
const tagBits = 32 - placeBits;
const placeMask = 2 ** placeBits - 1;
/** Bytes of all names together, one more for each. */
export const largestText = 2 ** placeBits;
/** Slots for each name. Fewer make misses slow, more cost memory. */
const slotsPerName = 1.5;
/** Longest search for a free slot. Chance never makes it that long, only somebody who wants collisions does. */
const longestSearch = 10_000;
const longestName = 253;
const mostLabels = 127;

/** Kinds stand behind a name's text, where no character of a name has such a value. A name may have several. */
const kindBits: Record<NameKind, number> = { host: 1, domain: 2, exception: 4 };
const anyKind = 7;

/** So that nobody can write a list whose names collide. */
const seed = randomBytes(4).readInt32LE();

/** One step of FNV-1a. */
function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193);
}

/** MurmurHash3's last mix: every bit of the result depends on every bit of the hash. */
function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** A name that is looked up, with all its suffixes hashed in one pass from its end: for as many sets as there are. */
export class Query {
  name = "";
  readonly bytes = new Uint8Array(longestName);
  /** Where the suffixes begin, and their hashes: the shortest first, the whole name last. */
  readonly starts = new Uint8Array(mostLabels);
  readonly hashes = new Uint32Array(mostLabels);
  suffixes = 0;

  /** `name`: canonical (policy/host-name.ts). Returns itself: one query serves many names, one after another. */
  set(name: string): this {
    this.name = name;
    this.suffixes = 0;
    let hash = seed;
    for (let at = name.length - 1; at >= 0; at--) {
      const byte = name.charCodeAt(at);
      this.bytes[at] = byte;
      if (byte === 46) this.addSuffix(at + 1, hash);
      hash = step(hash, byte);
    }
    this.addSuffix(0, hash);
    return this;
  }

  private addSuffix(start: number, hash: number): void {
    this.starts[this.suffixes] = start;
    this.hashes[this.suffixes++] = finish(hash);
  }
}

/** What a set has for a name: the entry nearest to it. */
export interface Found {
  readonly entry: string;
  readonly kind: "host" | "domain";
}

export interface NameCounts {
  readonly hosts: number;
  readonly domains: number;
  readonly exceptions: number;
}

export class DomainSet {
  private readonly text: Uint8Array;
  private readonly slots: Uint32Array;
  private readonly slotsPerHash: number;
  readonly counts: NameCounts;

  /** Made by DomainSetBuilder. */
  constructor(text: Uint8Array, slots: Uint32Array, counts: NameCounts) {
    this.text = text;
    this.slots = slots;
    this.slotsPerHash = slots.length / 2 ** 32;
    this.counts = counts;
  }

  /** Null when the list does not block the name, or excepts it. */
  find({ bytes, name, starts, hashes, suffixes }: Query): Found | null {
    let found: Found | null = null;
    // From the whole name upwards: the nearest entry counts, an exception anywhere above it does too.
    for (let suffix = suffixes - 1; suffix >= 0; suffix--) {
      const start = starts[suffix] as number;
      const kinds = this.kindsOf(bytes, start, name.length, hashes[suffix] as number);
      if (kinds === 0) continue;
      if ((kinds & kindBits.exception) !== 0) return null;
      if (found !== null) continue;
      if ((kinds & kindBits.domain) !== 0) found = { entry: name.slice(start), kind: "domain" };
      else if (start === 0) found = { entry: name, kind: "host" };
      if (found !== null && this.counts.exceptions === 0) return found;
    }
    return found;
  }

  private kindsOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const { slots, text } = this;
    const tag = hash & (2 ** tagBits - 1);
    for (let slot = Math.floor(hash * this.slotsPerHash); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const value = slots[slot] as number;
      if (value === 0) return 0;
      if (value >>> placeBits !== tag) continue;
      const place = value & placeMask;
      let at = 0;
      while (start + at < end && text[place + at] === bytes[start + at]) at++;
      const behind = text[place + at] as number;
      if (start + at === end && behind <= anyKind) return behind;
    }
  }
}

export class DomainSetBuilder {
  private text: Uint8Array;
  /** The first place is none: a slot of zero is free. */
  private end = 1;
  private names = 0;

  /** `bytes`: about as many as all names will have; pages that stay untouched cost nothing. */
  constructor(bytes: number) {
    this.text = new Uint8Array(Math.min(largestText, bytes + 256));
  }

  /** `name`: canonical. Throws blocklist_too_large. */
  add(name: string, kind: NameKind): void {
    if (this.end + name.length + 1 > this.text.length) this.grow();
    const { text } = this;
    let { end } = this;
    for (let at = 0; at < name.length; at++) text[end++] = name.charCodeAt(at);
    text[end++] = kindBits[kind];
    this.end = end;
    this.names++;
  }

  /** `pause` is awaited between parts of the work. Throws blocklist_unreadable for names that are made to collide. */
  async build(pause: () => Promise<void> | undefined): Promise<DomainSet> {
    const { text, end } = this;
    const slots = new Uint32Array(Math.max(16, Math.ceil(this.names * slotsPerName)));
    const counts = { hosts: 0, domains: 0, exceptions: 0 };
    const count = (kinds: number) => {
      if (kinds & kindBits.host) counts.hosts++;
      if (kinds & kindBits.domain) counts.domains++;
      if (kinds & kindBits.exception) counts.exceptions++;
    };
    let done = 0;
    for (let start = 1; start < end; done++) {
      let stop = start;
      while ((text[stop] as number) > anyKind) stop++;
      const kinds = text[stop] as number;
      const other = this.insert(slots, start, stop);
      if (other < 0) {
        count(kinds);
      } else {
        count(kinds & ~(text[other] as number));
        text[other] = (text[other] as number) | kinds;
      }
      start = stop + 1;
      if (done % 4096 === 0) await pause();
    }
    return new DomainSet(text, slots, counts);
  }

  /** Returns -1, or the place of the kinds of the same name that is there already. */
  private insert(slots: Uint32Array, start: number, stop: number): number {
    const { text } = this;
    let hash = seed;
    for (let at = stop - 1; at >= start; at--) hash = step(hash, text[at] as number);
    hash = finish(hash);
    const tag = hash & (2 ** tagBits - 1);
    let slot = Math.floor(hash * (slots.length / 2 ** 32));
    for (let search = 0; search < longestSearch; search++) {
      const value = slots[slot] as number;
      if (value === 0) {
        slots[slot] = ((tag << placeBits) | start) >>> 0;
        return -1;
      }
      if (value >>> placeBits === tag) {
        const place = value & placeMask;
        let at = 0;
        while (start + at < stop && text[place + at] === text[start + at]) at++;
        if (start + at === stop && (text[place + at] as number) <= anyKind) return place + at;
      }
      slot = slot + 1 === slots.length ? 0 : slot + 1;
    }
    throw new CodedError("blocklist_unreadable", "its names are made to collide");
  }

  private grow(): void {
    if (this.text.length >= largestText) throw new CodedError("blocklist_too_large", `${largestText} bytes of names`);
    const larger = new Uint8Array(Math.min(largestText, this.text.length * 2));
    larger.set(this.text.subarray(0, this.end));
    this.text = larger;
    // One name is far shorter than what doubling adds, except at the very end.
    if (this.end + 256 > larger.length) throw new CodedError("blocklist_too_large", `${largestText} bytes of names`);
  }
}
