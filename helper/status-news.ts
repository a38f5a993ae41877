// Tells clients of the status when it is another, and of the rules when somebody set the clock by which their ends are told.
import type { Status } from "../contract/words.ts";
import { eachRound } from "./rounds.ts";
import { safely } from "./safely.ts";

export interface StatusNewsParts {
  /** Milliseconds since the boot. */
  boottime(): number;
  isWatched(topic: "status"): boolean;
  /** What else is looked at in each round. */
  sample(): void;
  /** As one who sees everything has it, and all changes on trial. */
  status(): { status: Status; trials: unknown };
  tell(status: Status): void;
  tellRules(): void;
}

/** Milliseconds. */
const pace = 1000;
/** What is no drift between two clocks but a hand, milliseconds. */
const clockSet = 2000;

export class StatusNews {
  private readonly parts: StatusNewsParts;
  private last = "";
  /** How far the wall clock was ahead of the boot's when rules were told. */
  private ahead: number;

  constructor(parts: StatusNewsParts) {
    this.parts = parts;
    this.ahead = this.wallAhead();
  }

  /** Somebody listens. Returns the way to stop. */
  begin(): () => void {
    this.ahead = this.wallAhead();
    return eachRound(
      pace,
      safely("the status could not be told", () => this.look()),
    );
  }

  private wallAhead(): number {
    return Date.now() - this.parts.boottime();
  }

  private look(): void {
    const { parts } = this;
    parts.sample();
    // When a rule ends is told by the clock, though not measured by it.
    if (Math.abs(this.wallAhead() - this.ahead) > clockSet) {
      this.ahead = this.wallAhead();
      parts.tellRules();
    }
    if (!parts.isWatched("status")) return;
    const { status, trials } = parts.status();
    const text = JSON.stringify([status, trials]);
    if (text !== this.last) parts.tell(status);
    this.last = text;
  }
}
