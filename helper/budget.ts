// How far a look goes that others can make long: they have as much open, and start as much, as they like, and everybody waits for the helper.

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
