// Verdicts on single flows that were answered `once`, kept from the commit until the kernel has them.
import type { Store } from "./database.ts";

export type FlowVerdict = "allow" | "block";

export class FlowVerdicts {
  private readonly store: Store;
  private readonly boot: string;

  /** `boot`: the running kernel's boot id; verdicts of another boot are dropped, their sockets are gone. */
  constructor(store: Store, boot: string) {
    this.store = store;
    this.boot = boot;
    store.prepare("DELETE FROM flow_verdicts WHERE boot <> ?").run(boot);
  }

  commit(flow: string, verdict: FlowVerdict, now: number): void {
    this.store
      .prepare("INSERT OR REPLACE INTO flow_verdicts (flow, boot, verdict, decided) VALUES (?, ?, ?, ?)")
      .run(flow, this.boot, verdict, now);
  }

  pending(): { flow: string; verdict: FlowVerdict }[] {
    return this.store.prepare("SELECT flow, verdict FROM flow_verdicts").all() as {
      flow: string;
      verdict: FlowVerdict;
    }[];
  }

  done(flow: string): void {
    this.store.prepare("DELETE FROM flow_verdicts WHERE flow = ?").run(flow);
  }
}
