// Work done side by side, at most so much at a time; the rest waits for its turn, in its order.
export class Turns {
  private readonly most: number;
  private readonly longest: number;
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  /** `longest`: milliseconds after which the next has its turn though this work is not done: it waits for something that may never come. */
  constructor(most: number, longest = Number.POSITIVE_INFINITY) {
    this.most = most;
    this.longest = longest;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.active >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
    let over = false;
    const end = () => {
      if (!over) this.handOn();
      over = true;
    };
    const timer = Number.isFinite(this.longest) ? setTimeout(end, this.longest) : undefined;
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  }

  /** Not given back: nobody gets in between. */
  private handOn(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.active--;
  }
}
