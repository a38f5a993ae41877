// What the person does not want to be asked just now: everything while the desktop is quiet, single apps while they are snoozed. The questions
// stay open; the pages decide by this what they raise.
import type { Attention } from "../../contract/bridge.ts";
import { type Facts, nothingSaid, type QuietWishes, quietReason } from "./quiet/quiet.ts";

/** Timers stand still while the computer sleeps: how late a snooze may end then, milliseconds. */
const longestWait = 60_000;

export class AttentionKeeper {
  private readonly told: (attention: Attention) => void;
  private quiet: Attention["quiet"] = null;
  private facts: Facts = nothingSaid;
  private readonly wishes: () => QuietWishes;
  /** Apps by path, and when each is asked about again, milliseconds since 1970. */
  private readonly snoozed = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(told: (attention: Attention) => void, wishes: () => QuietWishes) {
    this.told = told;
    this.wishes = wishes;
  }

  get attention(): Attention {
    const snoozed = [...this.snoozed].map(([app, until]) => ({ app, until: new Date(until).toISOString() }));
    return { quiet: this.quiet, snoozed };
  }

  /** What the desktop says. */
  become(facts: Facts): void {
    this.facts = facts;
    this.heed();
  }

  /** Also when the wishes changed. */
  heed(): void {
    const why = quietReason(this.facts, this.wishes());
    if (why === (this.quiet?.why ?? null)) return;
    // One quiet time may have several reasons, one after the other.
    this.quiet = why === null ? null : { why, since: this.quiet?.since ?? new Date().toISOString() };
    this.tell();
  }

  snooze(app: string, minutes: number): void {
    this.snoozed.delete(app);
    this.snoozed.set(app, Date.now() + minutes * 60_000);
    this.tell();
  }

  wake(app: string): void {
    if (this.snoozed.delete(app)) this.tell();
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private tell(): void {
    this.wait();
    this.told(this.attention);
  }

  private wait(): void {
    clearTimeout(this.timer);
    const next = Math.min(...this.snoozed.values());
    if (!Number.isFinite(next)) return;
    this.timer = setTimeout(() => this.end(), Math.min(Math.max(0, next - Date.now()), longestWait));
  }

  private end(): void {
    const now = Date.now();
    const over = [...this.snoozed].filter(([, until]) => until <= now);
    for (const [app] of over) this.snoozed.delete(app);
    if (over.length > 0) this.tell();
    else this.wait();
  }
}
