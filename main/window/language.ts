// The language of tray, notifications and pages: the person's choice, kept beside Chromium's own files, else the desktop's.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { app } from "electron";
import * as v from "valibot";
import { type Language, type LanguageChoice, languageChoiceSchema, languageFor } from "../../contract/language.ts";

const file = (): string => join(app.getPath("userData"), "language.json");

/** What was chosen; "system" where nothing was, or nothing readable is left of it. */
export function languageChoice(): LanguageChoice {
  try {
    return v.parse(languageChoiceSchema, JSON.parse(readFileSync(file(), "utf8")));
  } catch {
    return "system";
  }
}

export function keepLanguageChoice(choice: LanguageChoice): void {
  writeFileSync(file(), JSON.stringify(choice));
}

/** The language to speak now. */
export function language(): Language {
  // LANGUAGE, LC_MESSAGES and LANG, as Chromium reads them.
  return languageFor(languageChoice(), [...app.getPreferredSystemLanguages(), app.getLocale()]);
}
