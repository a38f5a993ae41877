// Work done side by side, at most so much at a time; the rest waits for its turn, in its order.
export class Turns {
  private readonly most: number;
  private active = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(most: number) {
    this.most = most;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.active >= this.most) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.active++;
    try {
      return await work();
    } finally {
      // Handed on, not given back: nobody gets in between.
      const next = this.waiting.shift();
      if (next) next();
      else this.active--;
    }
  }
}
