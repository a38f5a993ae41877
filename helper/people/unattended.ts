// Questions that nobody can be asked: no window of the person's is there, or their screen is locked. Their flows wait a while, in case somebody
// comes, and then follow what root chose; the question stays in the inbox.
import type { Flow } from "../../contract/words.ts";
import { log } from "../log.ts";

/** hold: they wait on, as long as their apps do. */
export type Unattended = "hold" | "block" | "allow";

/** A flow that somebody is asked about. */
export interface Waiting {
  readonly id: string;
  readonly app: string;
  readonly address: string;
  readonly person: Flow["person"];
}

export interface UnattendedParts {
  readonly choice: Unattended;
  /** How long a flow waits for somebody to come, milliseconds. */
  readonly patience: number;
  waiting(): readonly Waiting[];
  /** Whether somebody is there who could answer. */
  isAttended(person: Flow["person"]): boolean;
  carryOut(flow: string, verdict: "block" | "allow"): void;
  /** Milliseconds that go on while the machine sleeps. */
  now(): number;
}

export class UnattendedFlows {
  private readonly parts: UnattendedParts;
  /** Since when nobody could be asked about a flow. */
  private readonly alone = new Map<string, number>();

  constructor(parts: UnattendedParts) {
    this.parts = parts;
  }

  /** Once a second. */
  look(): void {
    const { choice, patience, isAttended, carryOut } = this.parts;
    if (choice === "hold") return;
    const now = this.parts.now();
    const waiting = this.parts.waiting();
    const there = new Set(waiting.map(({ id }) => id));
    for (const id of this.alone.keys()) if (!there.has(id)) this.alone.delete(id);
    const attended = new Map<Flow["person"], boolean>();
    for (const { id, app, address, person } of waiting) {
      if (!attended.has(person)) attended.set(person, isAttended(person));
      if (attended.get(person)) {
        this.alone.delete(id);
        continue;
      }
      const since = this.alone.get(id) ?? now;
      this.alone.set(id, since);
      if (now - since < patience) continue;
      this.alone.delete(id);
      log("info", "nobody could be asked about a connection", { app, address, person, verdict: choice });
      carryOut(id, choice);
    }
  }
}
