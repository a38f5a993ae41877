// One open question: its endpoints, the flows that wait for its answer, and the line behind it for which it has no room.
import type { Endpoint, Prompt } from "../../contract/words.ts";
import { commonDomain, endpointName } from "../policy/scope.ts";
import type { StoredPrompt } from "../store/prompts.ts";
import type { Asking } from "./join.ts";

/** Endpoints on one card. A person can read no more, and each becomes a rule when the card is answered for good. */
export const endpointsPerCard = 64;

/** One held flow that needs an answer. */
export interface Attempt extends Asking {
  readonly flow: string;
  /** It was held before this helper started: its card has counted it. */
  readonly resumed: boolean;
}

export class Card {
  stored: StoredPrompt;
  /** When the newest attempt came, milliseconds since 1970. */
  lastAttempt: number;
  /** Waiting flows by id, each with the name of its endpoint, which is on the card. */
  private readonly waiting = new Map<string, string>();
  /** Waiting flows of an endpoint. Those without any are on the card because their question is. */
  private readonly alive = new Map<string, number>();
  /** Attempts to further endpoints, oldest first. They are asked about once there is room. */
  readonly line = new Map<string, Attempt>();
  /** What the endpoints have in common: looked for once, a flood changes a card thousands of times. */
  private common: { of: readonly Endpoint[]; domain: string | null } | undefined;

  constructor(stored: StoredPrompt, lastAttempt: number) {
    this.stored = stored;
    this.lastAttempt = lastAttempt;
  }

  /** Flows that an answer to this card decides: those whose endpoint is on it. */
  get flows(): string[] {
    return [...this.waiting.keys()];
  }

  /** Whether a flow waits, on the card or in its line. */
  get isHeld(): boolean {
    return this.waiting.size > 0 || this.line.size > 0;
  }

  get view(): Prompt {
    const [endpoint] = this.stored.endpoints;
    if (endpoint === undefined) throw new Error(`prompt ${this.stored.id} has no endpoint`);
    const behind = this.line.size > 0 ? { behind: this.line.size } : {};
    return { ...this.stored, endpoint, domain: this.domain, state: this.isHeld ? "held" : "inbox", ...behind };
  }

  private get domain(): string | null {
    const { endpoints } = this.stored;
    if (this.common?.of !== endpoints) this.common = { of: endpoints, domain: commonDomain(endpoints) };
    return this.common.domain;
  }

  /** Takes a flow in. Returns how many questions had to go for it: ones that nobody waits for any more. */
  add(attempt: Attempt): number {
    this.lastAttempt = attempt.at;
    this.stored = {
      ...this.stored,
      // The process that asked before is gone with its flows.
      process: this.isHeld ? this.stored.process : attempt.process,
      attempts: this.stored.attempts + (attempt.resumed ? 0 : 1),
      ...(attempt.resumed ? {} : { last: new Date().toISOString() }),
    };
    this.line.set(attempt.flow, attempt);
    // For those before it nothing has changed.
    return this.advance([[attempt.flow, attempt]]);
  }

  /** The flow waits no more. Returns how many questions had to go for those in the line. */
  remove(flow: string): number {
    this.line.delete(flow);
    const name = this.waiting.get(flow);
    if (name === undefined) return 0;
    this.waiting.delete(flow);
    this.lose(name);
    return this.advance();
  }

  /** Keeps the endpoints that are still open. Returns the flows of the others: they are decided. */
  narrow(endpoints: Endpoint[]): string[] {
    const open = new Set(endpoints.map(endpointName));
    const decided = this.flows.filter((flow) => !open.has(this.waiting.get(flow) ?? ""));
    for (const flow of decided) {
      this.lose(this.waiting.get(flow) ?? "");
      this.waiting.delete(flow);
    }
    this.stored = { ...this.stored, endpoints };
    this.advance();
    return decided;
  }

  private lose(name: string): void {
    const left = (this.alive.get(name) ?? 0) - 1;
    if (left > 0) this.alive.set(name, left);
    else this.alive.delete(name);
  }

  /** Brings flows from the line onto the card: to an endpoint it has, into free room, or in place of an endpoint nobody waits for. */
  private advance(line: Iterable<[string, Attempt]> = this.line): number {
    let gone = 0;
    for (const [flow, { endpoint }] of line) {
      const name = endpointName(endpoint);
      if (!this.alive.has(name)) {
        const { endpoints } = this.stored;
        if (this.alive.size >= endpointsPerCard) continue;
        if (!endpoints.some((known) => endpointName(known) === name)) {
          const full = endpoints.length >= endpointsPerCard;
          const dead = full ? endpoints.findIndex((known) => !this.alive.has(endpointName(known))) : -1;
          if (dead >= 0) gone++;
          this.stored = { ...this.stored, endpoints: [...endpoints.filter((_, index) => index !== dead), endpoint] };
        }
      }
      this.line.delete(flow);
      this.waiting.set(flow, name);
      this.alive.set(name, (this.alive.get(name) ?? 0) + 1);
    }
    return gone;
  }
}
