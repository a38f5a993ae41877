// How an event of a collection topic changes what a client knows of it. Pure: returns a new map.

type Change<T> = { full: boolean; changed: readonly T[]; removed: readonly string[] };

export function merge<T extends { id: string }>(known: ReadonlyMap<string, T>, change: Change<T>): Map<string, T> {
  const next = new Map(change.full ? [] : known);
  for (const item of change.changed) next.set(item.id, item);
  for (const id of change.removed) next.delete(id);
  return next;
}

/** Forgets the oldest beyond `limit`, a tenth late so that a client that runs for weeks neither grows nor sorts at every event. */
export function keepNewest<T extends { id: string; time: string }>(
  known: Map<string, T>,
  limit: number,
): Map<string, T> {
  if (known.size <= limit * 1.1) return known;
  const newest = [...known.values()].sort((a, b) => (a.time < b.time ? 1 : a.time > b.time ? -1 : 0)).slice(0, limit);
  return new Map(newest.map((item) => [item.id, item]));
}
