// Turns single changes into events of a topic: they go at once while they are few, and together once they are many.
import type { Topic } from "../../contract/methods.ts";

/** Events of a topic within any window of this many milliseconds … */
const window = 1000;
/** … at most. A person's question is never delayed by the one before; a flood is. */
const eventsInWindow = 10;

type CollectionTopic = Exclude<Topic, "status">;

interface Batch {
  changed: Map<string, unknown>;
  removed: Set<string>;
  timer: NodeJS.Timeout | undefined;
  /** When the last events went, oldest first. */
  sent: number[];
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
    const oldest = batch.sent.length < eventsInWindow ? undefined : batch.sent[0];
    const wait = oldest === undefined ? 0 : Math.max(0, oldest + window - performance.now());
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
    batch.sent = [...batch.sent, performance.now()].slice(-eventsInWindow);
    const data = { full: false, changed: [...batch.changed.values()], removed: [...batch.removed] };
    batch.changed = new Map();
    batch.removed = new Set();
    this.send(topic, data);
  }

  private batchOf(topic: CollectionTopic): Batch {
    let batch = this.batches.get(topic);
    if (batch === undefined) {
      batch = { changed: new Map(), removed: new Set(), timer: undefined, sent: [] };
      this.batches.set(topic, batch);
    }
    return batch;
  }
}
