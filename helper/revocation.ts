// A policy that changed reaches what is live: connections it blocks by now end at once, also those that are silent.
// The kernel judges every packet by the newest policy (bpf/verdict.bpf.h); what it cannot do is wake an app that waits.
import type { EnforcedPolicy } from "./enforced-policy.ts";
import type { Flows, Judgement } from "./flows/flows.ts";
import type { Hold } from "./hold/hold.ts";
import { action, flowId, flowState, isConnection, layouts, type Revoked } from "./kernel/layout.ts";
import type { Programs } from "./kernel/programs.ts";
import { destroyConnection } from "./kernel/sock-diag.ts";
import { log } from "./log.ts";

export interface RevocationParts {
  readonly programs: Programs;
  readonly policy: EnforcedPolicy;
  readonly flows: Flows;
  readonly hold: Hold;
}

export class Revocation {
  private readonly parts: RevocationParts;
  private pending: NodeJS.Immediate | undefined;
  constructor(parts: RevocationParts) {
    this.parts = parts;
  }

  /** The same for many that become known at about the same time. */
  soon(): void {
    this.pending ??= setImmediate(() => {
      this.pending = undefined;
      this.carryOut();
    });
  }

  /**
   * After the maps have the new policy. What it asks about goes on until its next packet, which is held. What cannot be found ends with its
   * next packet: nobody who changed a policy hears of that, and what else follows from the change still does.
   */
  carryOut(): void {
    this.safely(() => this.withdrawReleased());
    this.safely(() => {
      const ended = new Set<string>();
      for (const connection of this.parts.programs.findRevoked()) {
        const id = flowId(connection.flow);
        if (ended.has(id)) continue;
        const judgement = this.judge(connection, id);
        if (judgement?.verdict === "block" && this.end(connection, id, judgement)) ended.add(id);
      }
    });
    this.safely(() => this.judgeDatagrams());
  }

  private safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      log("error", "connections could not be looked at again", { error: String((error as Error).stack ?? error) });
    }
  }

  /** Undefined where only the helper could judge and it does not know the flow. */
  private judge(connection: Revoked, id: string): Judgement | undefined {
    const { policy, flows } = this.parts;
    if (connection.action === action.block) return policy.explain("block", connection.rule);
    const flow = flows.get(id);
    if (flow === undefined) return undefined;
    const { verdict, rule, layer, reason } = policy.decide(flow);
    return verdict === "ask" ? undefined : { verdict, rule, layer, reason };
  }

  /** Returns whether it is over: another process that holds it may still be in its network namespace. */
  private end(connection: Revoked, id: string, judgement: Judgement): boolean {
    let isOver = false;
    try {
      isOver = destroyConnection(connection);
    } catch (error) {
      // Its packets are refused all the same; only an app that waits for some hears of it late.
      log("warn", "a revoked connection could not be ended at once", { flow: id, error: String(error) });
    }
    this.parts.flows.judge(id, judgement);
    return isOver;
  }

  /** What was let go and is no connection yet: it is refused, or sent no more until somebody is asked again. One that stands ends like any other. */
  private withdrawReleased(): void {
    const { policy, flows, hold } = this.parts;
    for (const { id, key, established, answered, remote } of hold.released()) {
      const flow = flows.get(id);
      if (flow === undefined) {
        hold.forget(id); // too long ago to be told what it was: its kernel asks again
        continue;
      }
      const { verdict, rule, layer, reason, number } = policy.decide(flow);
      if (answered && verdict !== "block") continue;
      if (verdict === "allow") {
        // The rest of its handshake meets a listener, which asks nobody: its gate must be of today's policy.
        if (remote) hold.writeGate(key, flowState.allowed, number);
        continue;
      }
      if (verdict === "ask" || established) {
        hold.forget(id);
        continue;
      }
      hold.refuse(id, number);
      flows.judge(id, { verdict, rule, layer, reason });
    }
  }

  /** Nobody waits in a datagram: the gate says it all. What a person blocked once goes as soon as a rule allows it. */
  private judgeDatagrams(): void {
    const { policy, flows, hold } = this.parts;
    for (const [id, flow] of flows.live()) {
      const key = layouts.flow_key.read(Buffer.from(id, "hex"));
      if (isConnection(key) || !(flow.verdict === "allow" || flow.layer === "answer")) continue;
      const { verdict, rule, layer, reason, number } = policy.decide(flow);
      if (verdict === "ask" || verdict === flow.verdict) continue;
      if (verdict === "block") hold.writeGate(key, flowState.blocked, number);
      else if (layer !== "rule" || !hold.allowAgain(key, number)) continue;
      flows.judge(id, { verdict, rule, layer, reason });
    }
  }
}
