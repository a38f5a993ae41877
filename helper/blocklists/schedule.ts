// When a list is asked for again. Pure.
const hour = 3_600_000;
const day = 24 * hour;

/** When its server was last heard, and when it last was not; milliseconds since 1970 or null. */
export interface Asked {
  readonly checked: number | null;
  readonly failed: number | null;
}

/**
 * Daily, about an hour after a failure, both spread by chance: servers have many clients and a helper many lists. `chance`: from 0 to 1,
 * the same for as long as nothing happens to the list.
 */
export function nextAsk({ checked, failed }: Asked, chance: number): number {
  if (failed !== null) return failed + hour * (0.5 + chance);
  return checked === null ? Number.NEGATIVE_INFINITY : checked + day * (0.9 + 0.2 * chance);
}
