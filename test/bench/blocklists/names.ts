// Made-up names, as long and as deep as those of published lists are on average.

const first = ["ads", "track", "cdn", "metrics", "pixel", "m", "static", "click"];
const second = ["media", "shop", "net", "data", "promo", "hub"];
const ends = ["com", "net", "org", "de", "co.uk", "ru", "io", "com.br"];

/** Always the same for a number; different for different numbers below 2^32. */
export function listedName(number: number): string {
  const scattered = Math.imul(number, 2654435761) >>> 0; // the multiplier is odd: no two numbers meet
  const pick = (words: string[], from: number) => words[(scattered >>> from) % words.length];
  return `${pick(first, 3)}${scattered % 97}.${scattered.toString(36)}${pick(second, 7)}.${pick(ends, 11)}`;
}
