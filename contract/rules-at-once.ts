// Rules that are removed or switched together, in one request and one change.

/** So many ids fit into one request (maxRequestBytes). */
export const rulesAtOnce = 4000;

/** Of more, as many requests as it takes. */
export function* portionsOf<T>(rules: readonly T[]): Generator<T[]> {
  for (let at = 0; at < rules.length; at += rulesAtOnce) yield rules.slice(at, at + rulesAtOnce);
}
