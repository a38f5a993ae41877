// Sentences of the helper's: it speaks English, as its journal and the command line do. Another language puts them into its own words, by
// their codes where they have one; what it has no words for stays as it is.
export const helper = {
  /** Why a verdict is what it is, or why something is asked. */
  reason: (sentence: string): string => sentence,
  /** What does not work as it should. `code`: contract's Degraded. */
  degraded: (_code: string, sentence: string): string => sentence,
  /** What is to be said of a rule, where the window has no sentence of its own. */
  hint: (sentence: string): string => sentence,
  /** What a built-in rule is for. `id`: of a rule of the factory's. */
  factoryNote: (_id: string, note: string): string => note,
  /** A change that is on trial. */
  change: (sentence: string): string => sentence,
  /** Why there is no connection, beside its code: for whoever looks closer. */
  link: (sentence: string): string => sentence,
};
