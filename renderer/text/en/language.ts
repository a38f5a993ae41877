// Which language the windows speak. Each calls itself by its own name (contract/language.ts).
export const language = {
  label: "Language",
  system: "As the desktop",
  /** Other words that people look for it by, in their own language too. */
  find: "language locale translation sprache deutsch english",
};
