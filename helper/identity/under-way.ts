// Flows whose app is being named, and how they ended if they did meanwhile.

/** Flows that may wait for a name at a time: programs that can never be remembered are named once a flow. */
const most = 4096;

/** How a flow ended before its app had a name. */
export interface EarlyEnd {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export class UnderWay {
  private readonly flows = new Map<string, { cookie: bigint; end: EarlyEnd | null }>();
  private readonly byCookie = new Map<bigint, Set<string>>();

  begin(id: string, cookie: bigint): void {
    this.flows.set(id, { cookie, end: null });
    const siblings = this.byCookie.get(cookie);
    if (siblings) siblings.add(id);
    else this.byCookie.set(cookie, new Set([id]));
  }

  /** Returns how the flow ended, null when it did not yet. */
  finish(id: string): EarlyEnd | null {
    const entry = this.flows.get(id);
    if (entry === undefined) return null;
    this.flows.delete(id);
    const siblings = this.byCookie.get(entry.cookie);
    siblings?.delete(id);
    if (siblings?.size === 0) this.byCookie.delete(entry.cookie);
    return entry.end;
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

  /** Whether so many flows wait for their app's name that no more should. */
  get isBusy(): boolean {
    return this.flows.size >= most;
  }

  /** Flows of a socket whose app is still being named. */
  ofSocket(cookie: bigint): string[] {
    return [...(this.byCookie.get(cookie) ?? [])];
  }
}
