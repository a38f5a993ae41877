// The half of the hold that others begin: how their packets reach the app after all, and how long a remote is waited for that says nothing more.
import type { Deliveries, Recipient } from "../kernel/deliveries.ts";
import type { FlowRecord } from "../kernel/layout.ts";
import { deliveredReset } from "../kernel/packet.ts";

/** A remote that is silent for so long has given up. Gaps double: Linux waits 32 s before its last SYN and 64 s after it. */
const patience = 70_000;
/** How long a remote retransmits at most (Linux: 127 s, net.ipv4.tcp_syn_retries 6). A blocked attempt is remembered for so long. */
const longestAttempt = 130_000;

export interface ArrivalsParts {
  readonly deliveries: Deliveries;
  warn(message: string, detail: Record<string, unknown>): void;
}

export class Arrivals {
  private readonly parts: ArrivalsParts;
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(parts: ArrivalsParts) {
    this.parts = parts;
  }

  prepare(flow: string, record: FlowRecord): void {
    try {
      if (this.parts.deliveries.prepare(record, record.process.pid)) return;
      this.parts.warn("cannot enter the app's network namespace; the remote's own retransmission will arrive", {
        flow,
      });
    } catch (error) {
      this.parts.warn("cannot make a socket for what arrived", { flow, error: String(error) });
    }
  }

  deliver(flow: string, recipient: Recipient, packet: Buffer): void {
    this.send(flow, recipient, packet);
  }

  /** Ends the app's side of a connection that is held in its midst. The remote hears nothing. */
  reset(flow: string, recipient: Recipient, packet: Buffer): void {
    this.send(flow, recipient, deliveredReset(packet));
  }

  private send(flow: string, recipient: Recipient, packet: Buffer): void {
    try {
      this.parts.deliveries.deliver(recipient, packet);
    } catch (error) {
      this.parts.warn("a held packet could not be delivered", { flow, error: String(error) });
    }
  }

  /** The remote was heard: `then` runs once it has said nothing for as long as that means that it gave up. */
  expectMore(flow: string, then: () => void): void {
    this.wait(flow, patience, then);
  }

  /** `then` runs when a blocked attempt has certainly ended. */
  outlast(flow: string, then: () => void): void {
    this.wait(flow, longestAttempt, then);
  }

  private wait(flow: string, milliseconds: number, then: () => void): void {
    this.settle(flow);
    const timer = setTimeout(() => {
      this.timers.delete(flow);
      then();
    }, milliseconds);
    timer.unref();
    this.timers.set(flow, timer);
  }

  /** Nobody is waited for any more. */
  settle(flow: string): void {
    clearTimeout(this.timers.get(flow));
    this.timers.delete(flow);
  }

  keepOnly(used: Iterable<Recipient>): void {
    this.parts.deliveries.keepOnly(used);
  }

  close(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
  }
}
