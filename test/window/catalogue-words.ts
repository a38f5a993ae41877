// The words that a catalogue is made of: its texts, and what its functions say when they are given something.

/** What a catalogue's functions may be given; every one of them takes some of these. */
const given: readonly unknown[] = [1, 2, 0, "", "forever", "quit", "restart", "1h", "90m", "2d", null];

/** Words of three letters and more, in small letters. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\p{L}{3,}/gu) ?? [];
}

export function catalogueWords(catalogue: unknown): Set<string> {
  const words = new Set<string>();
  const take = (part: unknown): void => {
    if (typeof part === "string") for (const word of wordsOf(part.replaceAll(/\{\w+\}/g, " "))) words.add(word);
    if (typeof part === "function")
      for (const one of given) {
        try {
          take(part(one, one, one, one));
        } catch {
          // Not made for that.
        }
      }
    if (typeof part === "object" && part !== null) for (const inner of Object.values(part)) take(inner);
  };
  take(catalogue);
  return words;
}
