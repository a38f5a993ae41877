// The language of tray, notifications and pages: the person's choice, else the desktop's.
import { app } from "electron";
import { type Language, type LanguageChoice, languageChoiceSchema, languageFor } from "../../contract/language.ts";
import { keep, readKept } from "./kept.ts";

export function languageChoice(): LanguageChoice {
  return readKept("language", languageChoiceSchema, "system");
}

export function keepLanguageChoice(choice: LanguageChoice): void {
  keep("language", choice);
}

/** The language to speak now. */
export function language(): Language {
  // LANGUAGE, LC_MESSAGES and LANG, as Chromium reads them.
  return languageFor(languageChoice(), [...app.getPreferredSystemLanguages(), app.getLocale()]);
}
