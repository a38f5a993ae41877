// What the app of a held flow says first, read for the name in it: a TLS ClientHello, a QUIC Initial.
import type { Name } from "../../contract/words.ts";
import type { HeldFlow } from "../hold/held-flow.ts";
import type { Names } from "./names.ts";
import { payloadsOf } from "./payloads.ts";

/** How long a name that was begun is waited for, milliseconds: an app sends its first segments at once. */
const patience = 300;

export class FirstWords {
  /** What was said, of flows whose verdict is still to come. */
  private readonly said = new Map<string, Name>();
  private readonly names: Names;
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  /** Packets of a flow that were heard already. */
  private readonly heard = new Map<string, Buffer>();

  constructor(names: Names) {
    this.names = names;
  }

  /** nothing: the app has not spoken yet. more: it has not finished. all: what it says is known, and may be no name. */
  hear({ id, record, packets }: HeldFlow, addressHex: string): "nothing" | "more" | "all" {
    const last = this.heard.get(id);
    const from = packets.findIndex(({ bytes }) => bytes === last) + 1;
    for (const { bytes, segmentBytes, arriving } of packets.slice(from)) {
      const payloads = arriving ? [] : payloadsOf(bytes, segmentBytes);
      if (payloads.length > 0) this.heard.set(id, bytes);
      for (const { sequence, bytes: part } of payloads) {
        const spoken = this.names.hear(id, addressHex, record.process, sequence, part);
        if (spoken === undefined) continue;
        this.forget(id);
        const source = sequence === null ? "quic" : "sni";
        if (spoken?.serverName) {
          const ech = spoken.isPublicName ? { ech: true as const } : {};
          this.said.set(id, { name: spoken.serverName, source, trusted: false, ...ech });
        }
        return "all";
      }
    }
    return this.heard.has(id) ? "more" : "nothing";
  }

  /** Calls `then` when nothing more comes. */
  waitFor(id: string, then: () => void): void {
    this.stop(id);
    this.waiting.set(id, setTimeout(then, patience));
  }

  /** The name that the flow's app said. Known once. */
  takeName(id: string): Name | null {
    const name = this.said.get(id) ?? null;
    this.said.delete(id);
    return name;
  }

  isWaitingFor(id: string): boolean {
    return this.waiting.has(id);
  }

  /** Nobody waits for its words any more. */
  forget(id: string): void {
    this.stop(id);
    this.said.delete(id);
    if (this.heard.delete(id)) this.names.forget(id);
  }

  private stop(id: string): void {
    clearTimeout(this.waiting.get(id));
    this.waiting.delete(id);
  }
}
