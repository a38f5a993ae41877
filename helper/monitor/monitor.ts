// Who looks at the monitor and what each is told. While nobody does, it knows nothing and costs nothing: no counters are read for it.
import { CodedError } from "../../contract/errors.ts";
import type { MonitorUpdate, View } from "../../contract/monitor.ts";
import type { Flow } from "../../contract/words.ts";
import { log } from "../log.ts";
import { Meters } from "./meters.ts";
import { Subscription } from "./subscription.ts";

/** Pause between two updates of all views, milliseconds … */
const pace = 100;
/** … or so many times what the last round took: a firewall has better things to do than to draw. */
const rest = 10;
/** How much a client may leave unread before it waits, bytes: what comes then says it all at once. */
const largestBacklog = 1024 * 1024;

/** Who is told. */
export interface Viewer {
  tell(update: MonitorUpdate): void;
  /** Bytes it has not read yet. */
  backlog(): number;
  /** Flows that are shown to it; null or absent: all. */
  readonly sees?: ((flow: Flow) => boolean) | null;
}

export interface MonitorParts {
  /** All flows that are remembered, newest first. */
  flows(): Flow[];
  /** Brings the flows' byte counts up to date; whatever changes is noted before it returns. */
  countTraffic(): void;
  /** Milliseconds that only go forwards. */
  now(): number;
}

export class Monitor {
  private readonly parts: MonitorParts;
  private readonly views = new Map<Viewer, Subscription>();
  private meters = new Meters();
  /** Since the counters were read last. */
  private readonly changed = new Map<string, Flow>();
  private sampled = 0;
  private timer: NodeJS.Timeout | undefined;
  private pause = pace;

  constructor(parts: MonitorParts) {
    this.parts = parts;
  }

  get isWatched(): boolean {
    return this.views.size > 0;
  }

  watch(viewer: Viewer, view: View): void {
    const oldestFirst = () => this.parts.flows().reverse();
    if (!this.isWatched) this.begin(oldestFirst);
    let subscription = this.views.get(viewer);
    if (subscription === undefined) {
      subscription = new Subscription(view, this.meters, oldestFirst(), viewer.sees ?? null);
      this.views.set(viewer, subscription);
    } else subscription.change(view, oldestFirst);
    viewer.tell(subscription.snapshot());
  }

  leave(viewer: Viewer): void {
    this.views.delete(viewer);
    if (!this.isWatched) this.close();
  }

  /** Live connections below a row of the viewer's view. Errors: unknown_row, flow_over where none is live. */
  liveBelow(viewer: Viewer, row: string): Flow[] {
    const flows = this.views.get(viewer)?.flowsBelow(row);
    if (flows === null || flows === undefined) throw new CodedError("unknown_row");
    const live = flows.filter((flow) => flow.live);
    if (live.length === 0) throw new CodedError("flow_over");
    return live;
  }

  /** `flow` null: it is remembered no more. */
  note(flow: Flow | null, id: string): void {
    if (!this.isWatched) return;
    if (flow === null) {
      this.changed.delete(id);
      this.meters.forget(id);
    } else this.changed.set(id, flow);
    for (const view of this.views.values()) {
      if (flow === null) view.forget(id);
      else view.note(flow);
    }
    this.schedule();
  }

  /** Once a second. Reads the counters if anybody looks. */
  sample(): void {
    if (!this.isWatched) return;
    this.parts.countTraffic();
    const now = this.parts.now();
    const touched = this.meters.sample(this.changed.values(), Math.max(0.1, (now - this.sampled) / 1000));
    this.sampled = now;
    this.changed.clear();
    for (const view of this.views.values()) view.refresh(touched);
    if (touched.size > 0) this.schedule();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.views.clear();
    this.meters = new Meters();
    this.changed.clear();
  }

  private begin(flows: () => Flow[]): void {
    this.parts.countTraffic();
    this.sampled = this.parts.now();
    for (const flow of flows()) this.meters.of(flow, true);
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.tellAll(), this.pause);
  }

  private tellAll(): void {
    this.timer = undefined;
    const began = this.parts.now();
    try {
      for (const [viewer, view] of this.views) {
        if (viewer.backlog() > largestBacklog) {
          this.schedule();
          continue;
        }
        const update = view.next();
        if (update !== null) viewer.tell(update);
      }
    } catch (error) {
      log("error", "the monitor could not be told", { error: String((error as Error).stack ?? error) });
    }
    this.pause = Math.max(pace, rest * (this.parts.now() - began));
  }
}
