// Turns single changes into events of a topic: they go at once while they are few, and together once they are many.
import type { Topic } from "../../contract/methods.ts";

/** Events of a topic within any window of this many milliseconds … */
const window = 1000;
/** … at most. A person's question is never delayed by the one before; a flood is. */
const eventsInWindow = 10;

type CollectionTopic = Exclude<Topic, "status">;

/** What a batch says of a topic; as `events` of the contract have it. */
export interface Told {
  readonly full: false;
  readonly changed: readonly unknown[];
  readonly removed: readonly string[];
}

/** Whose each of `changed` and `removed` is, in their order, as a flow has it. */
export interface Whose {
  readonly changed: readonly Person[];
  readonly removed: readonly Person[];
}

type Person = number | null | undefined;

interface Batch {
  changed: Map<string, { item: unknown; person: Person }>;
  removed: Map<string, Person>;
  timer: NodeJS.Timeout | undefined;
  /** When the last events went, oldest first. */
  sent: number[];
}

export class Updates {
  private readonly batches = new Map<CollectionTopic, Batch>();
  private readonly send: (topic: CollectionTopic, data: Told, whose: Whose) => void;

  constructor(send: (topic: CollectionTopic, data: Told, whose: Whose) => void) {
    this.send = send;
  }

  /** `item` null: it is gone. `person`: whose it is or was. */
  note(topic: CollectionTopic, item: unknown | null, id: string, person?: Person): void {
    const batch = this.batchOf(topic);
    if (item === null) {
      batch.changed.delete(id);
      batch.removed.set(id, person);
    } else {
      batch.removed.delete(id);
      batch.changed.set(id, { item, person });
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
    const changed = [...batch.changed.values()];
    const data = { full: false, changed: changed.map(({ item }) => item), removed: [...batch.removed.keys()] } as const;
    const whose = { changed: changed.map(({ person }) => person), removed: [...batch.removed.values()] };
    batch.changed = new Map();
    batch.removed = new Map();
    this.send(topic, data, whose);
  }

  private batchOf(topic: CollectionTopic): Batch {
    let batch = this.batches.get(topic);
    if (batch === undefined) {
      batch = { changed: new Map(), removed: new Map(), timer: undefined, sent: [] };
      this.batches.set(topic, batch);
    }
    return batch;
  }
}
