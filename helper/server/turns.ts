// Whose request is next: one at a time, users in turn, so that nobody's crowd of clients keeps others waiting for more than one request of each.
export class Turns {
  /** By user, in the order in which they are served; those with nothing to do are not there. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private scheduled = false;

  /** Resolves when it is this user's turn: theirs in the order in which they asked. */
  take(user: string): Promise<void> {
    return new Promise((resolve) => {
      const own = this.waiting.get(user);
      if (own === undefined) this.waiting.set(user, [resolve]);
      else own.push(resolve);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.waiting.size === 0) return;
    this.scheduled = true;
    // Between two of them everything else has its turn: what the kernel says, and new clients.
    setImmediate(() => {
      this.scheduled = false;
      this.next();
      this.schedule();
    });
  }

  private next(): void {
    const [first] = this.waiting;
    if (first === undefined) return;
    const [user, own] = first;
    this.waiting.delete(user);
    const turn = own.shift();
    // At the end of the row again.
    if (own.length > 0) this.waiting.set(user, own);
    turn?.();
  }
}
