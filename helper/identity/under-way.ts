// Flows whose app is being named, and how they ended if they did meanwhile.
import { executableOf } from "../hold/held-flow.ts";
import type { FlowRecord } from "../kernel/layout.ts";

/** Flows that may wait for a name at a time: programs that can never be remembered are named once a flow. */
const most = 4096;
/** Of one app, or executable: one that takes long to name must not take the room of others. */
export const largestShare = 512;

/** Whose share a flow is, as share_of() has it in bpf/share.bpf.h: a known script's flood is not every other script's of its interpreter. */
export function sharerOf(record: FlowRecord): string {
  return record.app === 0 ? executableOf(record) : `app ${record.app}`;
}

/** How a flow ended before its app had a name. */
export interface EarlyEnd {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

interface Entry {
  /** How many of its records wait: the kernel may decide a flow of which the helper was told already. */
  waiting: number;
  end: EarlyEnd | null;
  /** Whose share it is. */
  readonly owner: string;
}

export class UnderWay {
  private readonly flows = new Map<string, Entry>();
  private readonly byCookie = new Map<bigint, Set<string>>();
  /** Flows by owner. */
  private readonly shares = new Map<string, number>();
  /** How often there was no room for a flow. */
  turnedAway = 0;

  /**
   * One of the flow's records waits for the app's name. To be called when it no longer does, again without effect: returns how the flow
   * ended, null when it did not yet or others of its records still wait.
   */
  begin(id: string, cookie: bigint, owner: string): () => EarlyEnd | null {
    const entry = this.flows.get(id) ?? this.add(id, cookie, owner);
    entry.waiting++;
    let waits = true;
    return () => {
      if (!waits) return null;
      waits = false;
      if (--entry.waiting > 0) return null;
      this.remove(id, cookie, entry.owner);
      return entry.end;
    };
  }

  private add(id: string, cookie: bigint, owner: string): Entry {
    const entry: Entry = { waiting: 0, end: null, owner };
    this.flows.set(id, entry);
    this.shares.set(owner, this.shareOf(owner) + 1);
    const siblings = this.byCookie.get(cookie);
    if (siblings) siblings.add(id);
    else this.byCookie.set(cookie, new Set([id]));
    return entry;
  }

  private remove(id: string, cookie: bigint, owner: string): void {
    this.flows.delete(id);
    const left = this.shareOf(owner) - 1;
    if (left > 0) this.shares.set(owner, left);
    else this.shares.delete(owner);
    const siblings = this.byCookie.get(cookie);
    siblings?.delete(id);
    if (siblings?.size === 0) this.byCookie.delete(cookie);
  }

  /** True when the flow's app is still being named: its end is kept and told afterwards. */
  postponeEnd(id: string, end: EarlyEnd): boolean {
    const entry = this.flows.get(id);
    if (entry === undefined) return false;
    entry.end = end;
    return true;
  }

  has(id: string): boolean {
    return this.flows.has(id);
  }

  /** Whether one more of the owner's flows may wait for its app's name; counted where not. */
  hasRoom(owner: string): boolean {
    if (this.flows.size < most && this.shareOf(owner) < largestShare) return true;
    this.turnedAway++;
    return false;
  }

  private shareOf(owner: string): number {
    return this.shares.get(owner) ?? 0;
  }

  /** Flows of a socket whose app is still being named. */
  ofSocket(cookie: bigint): string[] {
    return [...(this.byCookie.get(cookie) ?? [])];
  }
}
