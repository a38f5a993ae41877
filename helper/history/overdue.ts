// What the disk did not take: amounts by minute and place, in memory until it takes them. Bounded; what finds no room is counted.
import type { StoredNetwork } from "../store/history-keys.ts";
import { type Amounts, addAmounts, noAmounts, type Place } from "./amounts.ts";
import type { Entry } from "./recorder.ts";

interface Waiting {
  readonly place: Place;
  readonly network: StoredNetwork;
  readonly amounts: Amounts;
}

export class Overdue {
  /** Amounts that found no room. */
  lost = 0;
  private readonly most: number;
  private readonly minutes = new Map<number, Map<string, Waiting>>();
  private size = 0;

  constructor(most: number) {
    this.most = most;
  }

  get isEmpty(): boolean {
    return this.minutes.size === 0;
  }

  /** `minute`: since 1970. */
  add(minute: number, { place, amounts }: Entry, network: StoredNetwork): void {
    const places = this.minutes.get(minute) ?? new Map<string, Waiting>();
    const name = JSON.stringify([place, network.key]);
    const waiting = places.get(name) ?? { place, network, amounts: noAmounts() };
    if (!places.has(name)) {
      if (this.size >= this.most) {
        this.lost++;
        return;
      }
      this.size++;
      places.set(name, waiting);
      this.minutes.set(minute, places);
    }
    addAmounts(waiting.amounts, amounts);
  }

  /** Oldest first. A minute is forgotten once the caller is done with it without a throw. */
  each(told: (minute: number, waiting: readonly Waiting[]) => void): void {
    for (const [minute, places] of this.minutes) {
      told(minute, [...places.values()]);
      this.minutes.delete(minute);
      this.size -= places.size;
    }
  }
}
