// The choice of language: what a setting shows and sets. Choosing loads the pages anew.
import { create } from "zustand";
import type { Update } from "../contract/bridge.ts";
import { type LanguageChoice, languageNames } from "../contract/language.ts";
import { bridge } from "./bridge.ts";
import { text } from "./text.ts";

export const useLanguageChoice = create<{ choice: LanguageChoice }>(() => ({ choice: "system" }));

export function takeLanguage(update: Update): void {
  if (update.kind === "language") useLanguageChoice.setState({ choice: update.choice });
}

export function chooseLanguage(choice: LanguageChoice): void {
  void bridge.shell({ do: "language", choice });
}

/** What there is to choose from, each language by its own name. */
export const languageChoices: Readonly<Record<LanguageChoice, string>> = {
  system: text.language.system,
  ...languageNames,
};
