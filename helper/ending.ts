// A person ends connections, whatever policy says of them: the app hears of it at once, and may begin new ones.
import { CodedError } from "../contract/errors.ts";
import type { Flows } from "./flows/flows.ts";
import type { Hold } from "./hold/hold.ts";
import { flowId, isConnection, layouts } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import { destroyConnection } from "./kernel/sock-diag.ts";
import { log } from "./log.ts";

export interface EndingParts {
  readonly programs: Programs;
  readonly flows: Flows;
  readonly hold: Hold;
}

const ended = "A person ended it.";

export class Ending {
  private readonly parts: EndingParts;
  constructor(parts: EndingParts) {
    this.parts = parts;
  }

  /** Errors: unknown_flow, flow_over, flow_held, end_failed. */
  end(id: string): void {
    const { flows } = this.parts;
    if (!flows.isKnown(id)) throw new CodedError("unknown_flow", id);
    if (flows.keyOf(id) === undefined) throw new CodedError("flow_over");
    if (this.endAll([id]) === 0) throw new CodedError("end_failed");
  }

  /** Returns how many were ended. Errors: flow_held and end_failed, where none was. */
  endAll(ids: readonly string[]): number {
    const { flows } = this.parts;
    const keys = ids.map((id) => flows.keyOf(id)).filter((key) => key !== undefined);
    // What waits is decided by its answer, and what is refused needs no end.
    const open = keys.filter((key) => flows.get(key)?.verdict === "allow");
    if (open.length === 0 && keys.some((key) => flows.get(key)?.verdict === "held")) throw new CodedError("flow_held");
    const connections = new Set(open.filter((key) => isConnection(layouts.flow_key.read(Buffer.from(key, "hex")))));
    let count = this.destroy(connections);
    for (const key of open) {
      if (connections.has(key)) continue;
      this.shut(key);
      count++;
    }
    if (count === 0 && open.length > 0) throw new CodedError("end_failed");
    return count;
  }

  private destroy(keys: ReadonlySet<string>): number {
    if (keys.size === 0) return 0;
    const gone = new Set<string>();
    for (const connection of this.parts.programs.findOpen()) {
      const key = flowId(connection.flow);
      // Several descriptors may lead to it.
      if (!keys.has(key) || gone.has(key)) continue;
      try {
        if (!destroyConnection(connection)) continue;
      } catch (error) {
        log("warn", "a connection could not be ended", { flow: key, error: String(error) });
        continue;
      }
      gone.add(key);
      const flow = this.parts.flows.get(key);
      if (flow === undefined) continue;
      const { verdict, rule, layer } = flow;
      this.parts.flows.judge(key, { verdict, rule, layer, reason: ended });
    }
    return gone.size;
  }

  /** A datagram socket may talk to others as well: only what it sends to this remote is refused, until it is closed. */
  private shut(key: string): void {
    const { flows, hold } = this.parts;
    hold.end(layouts.flow_key.read(Buffer.from(key, "hex")));
    flows.judge(key, { verdict: "block", rule: null, layer: "answer", reason: ended });
  }
}
