// Which language the windows speak: what the person chose, else the first of the desktop's that there is a catalogue of, else English. Pure.
import * as v from "valibot";

export const languages = ["en", "de"] as const;
export type Language = (typeof languages)[number];

/** What a person may choose. `system`: as the desktop has it. */
export const languageChoiceSchema = v.picklist(["system", ...languages]);
export type LanguageChoice = v.InferOutput<typeof languageChoiceSchema>;

/** `system`: language tags, the most wanted first: "de-AT", "en-GB". "C" and "POSIX" are none and mean English. */
export function languageFor(choice: LanguageChoice, system: readonly string[]): Language {
  if (choice !== "system") return choice;
  for (const tag of system) {
    const base = tag.toLowerCase().split(/[-_.@]/u)[0];
    const found = languages.find((language) => language === base);
    if (found !== undefined) return found;
  }
  return "en";
}

/** How each language calls itself: whoever looks for theirs may not read the one in use. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", de: "Deutsch" };
