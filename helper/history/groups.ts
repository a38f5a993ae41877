// Apps put together by number: blocks about keys are written for each group, so that a question about some apps leaves the others' where
// they are. Pure.
const groups = 8;

export const groupOf = (app: number) => app % groups;

/** Keys by the group of their app, in their order. `appOf`: undefined for a key that is none any more, which is left out. */
export function grouped(
  keys: Iterable<number>,
  appOf: (key: number) => number | undefined,
): (readonly [group: number, keys: readonly number[]])[] {
  const found = Array.from({ length: groups }, (_, group) => [group, [] as number[]] as const);
  for (const key of keys) {
    const app = appOf(key);
    if (app !== undefined) found[groupOf(app)]?.[1].push(key);
  }
  return found.filter(([, own]) => own.length > 0);
}
