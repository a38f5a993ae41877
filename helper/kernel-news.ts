// What the kernel says: held packets and new programs as they come, the journal by turns; and what it could not say, looked for.

import { type FlowRecord, layouts, type ProgramRecord } from "./kernel/layout.ts";
import type { Notices } from "./kernel/notices.ts";
import { type Programs, ringBytes } from "./kernel/programs.ts";
import { packetOf, readProgram, readRecord } from "./kernel/records.ts";
import { Ring } from "./kernel/ring.ts";
import { log } from "./log.ts";
import type { Prompts } from "./prompts/prompts.ts";
import { nextRound } from "./rounds.ts";
import { walk } from "./slices.ts";

export interface KernelNewsParts {
  readonly maps: Programs["maps"];
  readonly notices: Notices;
  /** How many flows wait for room on the cards, and whether there is some. */
  readonly prompts: Pick<Prompts, "unasked" | "roomForMore">;
  isHeld(flow: string): boolean;
  /** The next packet of every held datagram flow is told again. In steps. */
  forgetHeldGates(): Iterator<unknown>;
  /** Held packets so far that the kernel could not tell us of: the ring buffer was full. */
  lostPackets(): number;
  /** What it said before the helper read what was held when it started. */
  readonly lostBefore: number;
  /** Something comes: called before each record of a flow. */
  heard(): void;
  announced(program: ProgramRecord): void;
  /** `resumed`: an earlier helper asked about it. `late`: the packet is too old to be sent. */
  held(record: FlowRecord, packet: Buffer, how: { resumed: boolean; late: boolean }): void;
  told(record: FlowRecord): void;
  /** Records so far that found no room in the journal. */
  lostNews(): number;
  /** The end of a held flow may be one of them. */
  findEnded(): void;
}

/** How soon the journal is read again after something was in it, milliseconds. While there is nothing the kernel wakes the helper. */
const journalPace = 250;
/** Nothing is known that it would find. */
const journalAnyway = 30_000;
/** How often held flows that were lost to a full ring buffer or a budget are looked for, milliseconds. */
const revisitPace = 2000;

/** How long held gates are kept because of a flood, milliseconds. */
const longestFlood = 20_000;

/** How long whoever wants to know what the kernel has said until now waits for it to be read: a flood has always more. Milliseconds. */
const longestCatchUp = 50;

/** A packet that was not read for so long has lost its time, and maybe its socket: no helper ran, or it hung. Milliseconds. */
const longestUnread = 10_000;

const failed = (error: unknown) => log("error", "a record could not be handled", { error: String(error) });

export class KernelNews {
  private readonly parts: KernelNewsParts;
  private readonly events: Ring;
  private readonly journal: Ring;
  private pace: NodeJS.Timeout | undefined;
  private revisits: NodeJS.Timeout | undefined;
  /** How to stop each. */
  private readonly walks = new Map<string, () => void>();
  /** When held gates were forgotten last, performance.now() milliseconds. */
  private forgotten = 0;
  /** What `lostPackets` said last. */
  private lost: number;
  /** What `lostNews` said last. */
  private untold: number;
  private owesGates = false;

  constructor(parts: KernelNewsParts) {
    this.parts = parts;
    this.lost = parts.lostBefore;
    this.untold = parts.lostNews();
    const { events, journal } = parts.maps;
    this.events = new Ring(events.fd, ringBytes.events, (bytes) => this.onEvent(bytes), failed);
    const woken = () => this.keepReading();
    this.journal = new Ring(journal.fd, ringBytes.journal, (bytes) => this.onJournal(bytes), failed, woken);
  }

  /** Everything that its listeners stand on is there: what waits is read, and from now on what comes. */
  start(): void {
    for (const _ of this.findHeld(true));
    this.catchUp(Number.POSITIVE_INFINITY);
    this.parts.findEnded(); // of those that came and went while no helper read
    this.keepReading();
    this.revisitLater();
  }

  close(): void {
    clearTimeout(this.pace);
    clearTimeout(this.revisits);
    for (const stop of this.walks.values()) stop();
    this.events.close();
    this.journal.close();
  }

  /** Reads what the kernel has said until now, as far as there is time for it: `most` milliseconds for each ring. */
  catchUp(most = longestCatchUp): void {
    this.readEvents(most);
    this.journal.drain(most);
  }

  readEvents(most = longestCatchUp): void {
    this.events.drain(most);
  }

  /** A held datagram was told that nobody has time for: its gate counts the packets that were told, and would tell of no more. */
  oweGates(): void {
    this.owesGates = true;
  }

  /** To be woken costs an app more than its whole look-up: only who comes after a silence pays for it. */
  private keepReading(): void {
    clearTimeout(this.pace);
    const found = this.journal.readATurn();
    if (found && this.parts.lostNews() !== this.untold) this.revisitLater();
    const again = () => this.keepReading();
    // More than one turn could read: it would fill up by the next round.
    if (found && !this.journal.isEmpty) this.pace = setTimeout(again, 1);
    else this.pace = !found && this.sleep() ? nextRound(journalAnyway, again) : setTimeout(again, journalPace);
  }

  /** The kernel is to wake the helper with the journal's next record; false when there is one by now. */
  private sleep(): boolean {
    this.parts.notices.fallAsleep();
    return this.journal.isEmpty;
  }

  private onEvent(bytes: Buffer, kept?: { resumed: boolean }): true {
    this.revisitLater();
    const program = readProgram(bytes);
    if (program !== null) this.parts.announced(program);
    const record = program === null ? readRecord(bytes) : null;
    const packet = record === null ? Buffer.alloc(0) : packetOf(bytes, record);
    if (record === null || packet.length === 0) return true;
    this.parts.heard();
    const late = kept === undefined && Number(process.hrtime.bigint() - record.time) / 1e6 > longestUnread;
    this.parts.held(record, packet, { resumed: kept?.resumed === true, late });
    return true;
  }

  /** Held packets first: a flow must be known before its end is told. */
  private onJournal(bytes: Buffer): boolean {
    const record = readRecord(bytes);
    if (record === null) return true;
    const held = this.events.peek();
    if (held !== null && held.readBigUInt64LE(layouts.record.offset("time")) <= record.time) return false;
    this.parts.heard();
    this.parts.told(record);
    return true;
  }

  /** Takes in the held TCP flows that are not known here, without waiting for them to retransmit. A step for each that there is. */
  private *findHeld(resumed: boolean): Generator<void> {
    const { held_syns } = this.parts.maps;
    const syn = Buffer.alloc(layouts.held_syn.size);
    for (const [key] of held_syns.entries()) {
      try {
        // What was read with it may be old by now: its connection may stand, or be over.
        if (!this.parts.isHeld(key.toString("hex")) && held_syns.get(key, syn)) this.onEvent(syn, { resumed });
      } catch (error) {
        failed(error);
      }
      yield;
    }
  }

  /** They may be thousands. */
  private walkLater(what: "held" | "gates", steps: Iterator<unknown>): void {
    this.walks.set(
      what,
      walk(steps, () => this.walks.delete(what), failed),
    );
  }

  /** Packets are lost only while there are others to read: whoever reads one looks again a little later. */
  private revisitLater(): void {
    this.revisits ??= nextRound(revisitPace, () => {
      this.revisits = undefined;
      this.revisit();
      if (this.owesGates || this.parts.prompts.unasked > 0) this.revisitLater();
    });
  }

  /**
   * Finds held flows again that a full ring buffer, its app's share of it or a used-up budget kept from being asked about. Connections are in
   * held_syns. The next datagram of a flow whose gate is forgotten is told again (one that the ring had no room for is none that its gate counts).
   */
  private revisit(): void {
    this.revisitEnded();
    // What was lost meanwhile may lie behind them.
    if (this.walks.size > 0) {
      this.revisitLater();
      return;
    }
    const lost = this.parts.lostPackets();
    const flooded = lost !== this.lost;
    this.lost = lost;
    // An app that used up its share of the ring may go on to lose what it sends, although there is nothing more to read.
    if (flooded) this.revisitLater();
    const owed = this.owesGates || this.parts.prompts.roomForMore;
    // It would feed the flood; but nobody waits for the end of another's for ever.
    const later = flooded && performance.now() - this.forgotten < longestFlood;
    // Not after what is read now: nobody may have time for that either.
    this.owesGates = owed && later;
    if (flooded || owed) this.walkLater("held", this.findHeld(false));
    if (!owed || later) return;
    this.forgotten = performance.now();
    this.readEvents();
    this.walkLater("gates", this.parts.forgetHeldGates());
  }

  /** Whoever's end was not told is gone by now: some time has passed since. */
  private revisitEnded(): void {
    const untold = this.parts.lostNews();
    if (untold !== this.untold) this.parts.findEnded();
    this.untold = untold;
  }
}
