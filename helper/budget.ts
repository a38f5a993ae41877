// How far a look goes that others can make long: they have as much open, and start as much, as they like, and everybody waits for the helper.
import { closeSync, openSync, readSync } from "node:fs";

/** One reading of a table below /proc has some 30 lines. */
const readingSteps = 32;

export class Budget {
  private readonly always: number;
  private readonly deadline: number;
  private spent = 0;
  private exceeded = false;

  /** `always`: steps there is room for whatever the clock says (the first look of all meets cold code); `longest`: milliseconds. */
  constructor(always: number, longest: number) {
    this.always = always;
    this.deadline = performance.now() + longest;
  }

  /** Whether there is room for so many steps more; after a no there is none for anything. */
  spend(steps = 1): boolean {
    this.spent += steps;
    this.exceeded ||= this.spent > this.always && performance.now() >= this.deadline;
    return !this.exceeded;
  }

  /** Whether all that was looked for was looked at. */
  get sufficed(): boolean {
    return !this.exceeded;
  }
}

/** A table below /proc as far as the budget goes; its last line may be half a one. */
export function readWithin(budget: Budget, path: string): string {
  const chunk = Buffer.alloc(64 * 1024);
  const fd = openSync(path, "r");
  try {
    let text = "";
    for (let bytes = -1; bytes !== 0 && budget.spend(readingSteps); text += chunk.toString("latin1", 0, bytes))
      bytes = readSync(fd, chunk);
    return text;
  } finally {
    closeSync(fd);
  }
}
