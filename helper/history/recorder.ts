// Follows every flow's amounts as they grow, and hands out what has come to them since the last time. It outlives the list of flows,
// which forgets: whatever was counted of a live flow is known until it ends, by the next helper too, so that nothing is counted twice.
import type { Flow, Verdict } from "../../contract/words.ts";
import { isConnection, layouts } from "../kernel/layout.ts";
import type { LiveFlow } from "../store/history.ts";
import { type Amounts, isNothing, noAmounts, type Place } from "./amounts.ts";

/** Flows that are followed. One beyond is counted when it ends, if TCP's, or not at all. */
const most = 65_536;
/** Milliseconds after which a silent flow that the kernel does not know any more is forgotten: its end was not told. */
const patience = 3_600_000;

interface Followed {
  readonly key: string;
  place: Place;
  verdict: Verdict;
  /** As the kernel counted last. */
  bytesIn: number;
  bytesOut: number;
  /** Of it, what was handed out. */
  bookedIn: number;
  bookedOut: number;
  /** To be handed out besides: packets that the helper re-sent, what the kernel has forgotten, and verdicts. */
  more: Amounts;
  over: boolean;
  /** The next helper would know of it. */
  written: boolean;
  /** When anything changed last, milliseconds. */
  heard: number;
}

/** A flow's part of history, since it was handed out last. */
export interface Entry {
  readonly place: Place;
  readonly amounts: Amounts;
}

/** How much of a live flow was handed out. */
export type LiveEntry = Omit<LiveFlow, "place"> & { readonly place: Place };

/** A struct flow_key in hex. Flows of datagrams end with their socket, all at once. */
const isDatagram = (key: string) => !isConnection(layouts.flow_key.read(Buffer.from(key, "hex")));
const cookieOf = (key: string) => key.slice(0, 16);

export class Recorder {
  private readonly flows = new Map<string, Followed>();
  private readonly changed = new Set<Followed>();
  private readonly datagrams = new Map<string, Set<string>>();
  private readonly placeOf: (flow: Flow) => Place;

  constructor(placeOf: (flow: Flow) => Place) {
    this.placeOf = placeOf;
  }

  /** Flows of an earlier helper, as far as it counted them. */
  restore(live: readonly LiveFlow[], now: number): void {
    for (const { flow: key, place, bytesIn, bytesOut } of live) {
      this.follow({
        key,
        place: JSON.parse(place) as Place,
        verdict: "allow",
        bytesIn,
        bytesOut,
        bookedIn: bytesIn,
        bookedOut: bytesOut,
        more: noAmounts(),
        over: false,
        written: true,
        heard: now,
      });
    }
  }

  private follow(followed: Followed): void {
    const { key } = followed;
    this.flows.set(key, followed);
    if (!isDatagram(key)) return;
    const cookie = cookieOf(key);
    const there = this.datagrams.get(cookie);
    if (there) there.add(key);
    else this.datagrams.set(cookie, new Set([key]));
  }

  has(key: string): boolean {
    return this.flows.has(key);
  }

  /** Whether anything is followed that may go on without a word. */
  get isBusy(): boolean {
    return this.flows.size > 0 || this.changed.size > 0;
  }

  /** Keys of a socket's flows of datagrams. */
  datagramsOf(cookie: bigint): string[] {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(cookie);
    return [...(this.datagrams.get(bytes.toString("hex")) ?? [])];
  }

  *allDatagrams(): Generator<string> {
    for (const keys of this.datagrams.values()) yield* keys;
  }

  /** The flow is new, or got another verdict or name. `now`: milliseconds. */
  tell(key: string, flow: Flow, now: number): void {
    let followed = this.flows.get(key);
    if (followed === undefined) {
      if (this.flows.size >= most) return;
      followed = {
        key,
        place: this.placeOf(flow),
        verdict: "held",
        bytesIn: 0,
        bytesOut: 0,
        bookedIn: 0,
        bookedOut: 0,
        more: noAmounts(),
        over: false,
        written: false,
        heard: now,
      };
      this.follow(followed);
    }
    followed.place = this.placeOf(flow);
    if (flow.verdict === followed.verdict) return;
    if (flow.verdict === "allow") followed.more.connections++;
    if (flow.verdict === "block") followed.more.blocked++;
    followed.verdict = flow.verdict;
    this.note(followed, now);
  }

  /** As the kernel counts it by now. Returns whether that is news. */
  count(key: string, bytesIn: number, bytesOut: number, now: number): boolean {
    const followed = this.flows.get(key);
    if (followed === undefined) return false;
    if (followed.bytesIn === bytesIn && followed.bytesOut === bytesOut) return false;
    // The kernel has forgotten it meanwhile, and counts anew.
    if (bytesIn < followed.bytesIn || bytesOut < followed.bytesOut) {
      followed.more.bytesIn += followed.bytesIn - followed.bookedIn;
      followed.more.bytesOut += followed.bytesOut - followed.bookedOut;
      followed.bookedIn = 0;
      followed.bookedOut = 0;
    }
    followed.bytesIn = bytesIn;
    followed.bytesOut = bytesOut;
    this.note(followed, now);
    return true;
  }

  /** Bytes of a packet that the helper sent in the app's name: the kernel did not count them. */
  addResent(key: string, bytes: number, now: number): void {
    const followed = this.flows.get(key);
    if (followed === undefined) return;
    followed.more.bytesOut += bytes;
    this.note(followed, now);
  }

  end(key: string, bytesIn: number, bytesOut: number, now: number): void {
    const followed = this.flows.get(key);
    if (followed === undefined) return;
    // A flow that was held, or refused, has no bytes of its own at its end.
    if (bytesIn > 0 || bytesOut > 0) this.count(key, bytesIn, bytesOut, now);
    this.drop(followed);
  }

  private drop(followed: Followed): void {
    const { key } = followed;
    followed.over = true;
    this.flows.delete(key);
    this.changed.add(followed);
    const cookie = cookieOf(key);
    const siblings = this.datagrams.get(cookie);
    siblings?.delete(key);
    if (siblings?.size === 0) this.datagrams.delete(cookie);
  }

  private note(followed: Followed, now: number): void {
    followed.heard = now;
    this.changed.add(followed);
  }

  /**
   * What came since the last time, and for the next helper: live flows with what was handed out of them, and flows that are over. Whoever
   * takes it writes all of it at once.
   */
  take(): { entries: Entry[]; live: LiveEntry[]; over: string[] } {
    const entries: Entry[] = [];
    const live: LiveEntry[] = [];
    const over: string[] = [];
    for (const followed of this.changed) {
      const { key, place, bytesIn, bytesOut } = followed;
      const amounts = followed.more;
      amounts.bytesIn += bytesIn - followed.bookedIn;
      amounts.bytesOut += bytesOut - followed.bookedOut;
      followed.bookedIn = bytesIn;
      followed.bookedOut = bytesOut;
      followed.more = noAmounts();
      if (!isNothing(amounts)) entries.push({ place, amounts });
      if (followed.over) {
        if (followed.written) over.push(key);
      } else if (followed.verdict === "allow") {
        followed.written = true;
        live.push({ flow: key, place, bytesIn, bytesOut });
      }
    }
    this.changed.clear();
    return { entries, live, over };
  }

  /** Forgets flows that ended without a word. `there`: whether the kernel still knows it. */
  sweep(there: (key: string) => boolean, now: number): void {
    for (const [key, followed] of this.flows) {
      if (now - followed.heard < patience || there(key)) continue;
      this.drop(followed);
    }
  }
}
