// How fast each flow goes, now and for the last half minute, from byte counts that are read once a second. Pure.
import { historySeconds } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";

/** Bytes a second. */
export interface Meter {
  rateIn: number;
  rateOut: number;
  /** Both ways, by tick modulo its length; made with a flow's first byte. */
  history: Float64Array | null;
  countedIn: number;
  countedOut: number;
  /** When it last moved. */
  tick: number;
}

export class Meters {
  private readonly meters = new Map<string, Meter>();
  /** Meters that show something: only these have to be looked at again when nothing comes. */
  private readonly moving = new Map<string, Meter>();
  private tick = 0;

  /** `known`: the flow was there before anybody looked, so what it has transferred so far says nothing of its speed. */
  of(flow: Flow, known = false): Meter {
    let meter = this.meters.get(flow.id);
    if (meter === undefined) {
      const [countedIn, countedOut] = known ? [flow.bytesIn, flow.bytesOut] : [0, 0];
      meter = { rateIn: 0, rateOut: 0, history: null, countedIn, countedOut, tick: this.tick };
      this.meters.set(flow.id, meter);
    }
    return meter;
  }

  forget(id: string): void {
    this.meters.delete(id);
    this.moving.delete(id);
  }

  /** Reads the counts of `changed`, and of those that moved before. Returns the ids of flows that show another rate or history. */
  sample(changed: Iterable<Flow>, seconds: number): Set<string> {
    this.tick++;
    const touched = new Set<string>();
    for (const flow of changed) {
      const meter = this.of(flow);
      const bytesIn = Math.max(0, flow.bytesIn - meter.countedIn);
      const bytesOut = Math.max(0, flow.bytesOut - meter.countedOut);
      meter.countedIn = flow.bytesIn;
      meter.countedOut = flow.bytesOut;
      if (bytesIn + bytesOut === 0) continue;
      meter.rateIn = bytesIn / seconds;
      meter.rateOut = bytesOut / seconds;
      meter.history ??= new Float64Array(historySeconds);
      meter.tick = this.tick;
      meter.history[this.tick % historySeconds] = meter.rateIn + meter.rateOut;
      this.moving.set(flow.id, meter);
      touched.add(flow.id);
    }
    for (const [id, meter] of this.moving) {
      touched.add(id);
      if (meter.tick === this.tick) continue;
      meter.rateIn = 0;
      meter.rateOut = 0;
      if (meter.history !== null) meter.history[this.tick % historySeconds] = 0;
      if (this.tick - meter.tick < historySeconds) continue;
      meter.history = null;
      this.moving.delete(id);
    }
    return touched;
  }

  /** The sum of several flows' histories, oldest first; empty where all are. */
  historyOf(meters: Iterable<Meter>): number[] {
    let sum: number[] | undefined;
    for (const { history } of meters) {
      if (history === null) continue;
      sum ??= new Array<number>(historySeconds).fill(0);
      for (let at = 0; at < historySeconds; at++) {
        sum[at] = (sum[at] ?? 0) + (history[(this.tick + 1 + at) % historySeconds] ?? 0);
      }
    }
    return sum?.map(Math.round) ?? [];
  }
}
