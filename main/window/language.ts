// The language of tray, notifications and pages: the person's choice, else the desktop's.
import { app } from "electron";
import { type Language, type LanguageChoice, languageFor } from "../../contract/language.ts";

let chosen: LanguageChoice = "system";

/** What the person chose, from now on. */
export function choose(choice: LanguageChoice): void {
  chosen = choice;
}

/** The language to speak now. */
export function language(): Language {
  // LANGUAGE, LC_MESSAGES and LANG, as Chromium reads them.
  return languageFor(chosen, [...app.getPreferredSystemLanguages(), app.getLocale()]);
}
