// How an event of a collection topic changes what a client knows of it. Pure: returns a new map.

type Change<T> = { full: boolean; changed: readonly T[]; removed: readonly string[] };

export function merge<T extends { id: string }>(known: ReadonlyMap<string, T>, change: Change<T>): Map<string, T> {
  const next = new Map(change.full ? [] : known);
  for (const item of change.changed) next.set(item.id, item);
  for (const id of change.removed) next.delete(id);
  return next;
}
