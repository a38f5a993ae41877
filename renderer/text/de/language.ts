// In welcher Sprache die Fenster sprechen.
import type { Part } from "../catalogue.ts";
import type { language as english } from "../en/language.ts";

export const language: Part<typeof english> = {
  label: "Sprache",
  system: "Wie der Desktop",
  find: "sprache übersetzung language english deutsch",
};
