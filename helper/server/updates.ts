// Turns single changes into events of a topic: the first goes at once, what follows within a tenth of a second goes together.
import type { Topic } from "../../contract/methods.ts";

/** At most ten events a second and topic. Milliseconds. */
const pace = 100;

type CollectionTopic = Exclude<Topic, "status">;

interface Batch {
  changed: Map<string, unknown>;
  removed: Set<string>;
  timer: NodeJS.Timeout | undefined;
  lastSent: number;
}

export class Updates {
  private readonly batches = new Map<CollectionTopic, Batch>();
  private readonly send: (topic: CollectionTopic, data: unknown) => void;

  constructor(send: (topic: CollectionTopic, data: unknown) => void) {
    this.send = send;
  }

  /** `item` null: it is gone. */
  note(topic: CollectionTopic, item: unknown | null, id: string): void {
    const batch = this.batchOf(topic);
    if (item === null) {
      batch.changed.delete(id);
      batch.removed.add(id);
    } else {
      batch.removed.delete(id);
      batch.changed.set(id, item);
    }
    if (batch.timer !== undefined) return;
    const wait = Math.max(0, batch.lastSent + pace - performance.now());
    // Even a first change waits for the end of this turn: one answer changes several things.
    batch.timer = setTimeout(() => this.flush(topic), wait);
  }

  close(): void {
    for (const batch of this.batches.values()) clearTimeout(batch.timer);
    this.batches.clear();
  }

  private flush(topic: CollectionTopic): void {
    const batch = this.batchOf(topic);
    batch.timer = undefined;
    batch.lastSent = performance.now();
    const data = { full: false, changed: [...batch.changed.values()], removed: [...batch.removed] };
    batch.changed = new Map();
    batch.removed = new Set();
    this.send(topic, data);
  }

  private batchOf(topic: CollectionTopic): Batch {
    let batch = this.batches.get(topic);
    if (batch === undefined) {
      batch = { changed: new Map(), removed: new Set(), timer: undefined, lastSent: Number.NEGATIVE_INFINITY };
      this.batches.set(topic, batch);
    }
    return batch;
  }
}
