// The language of the windows, for the settings: as the desktop has it, or one of ours by its own name.
import { chooseLanguage, languageChoices, useLanguageChoice } from "../language.ts";
import { text } from "../text.ts";
import { Choice } from "./choice.tsx";

export function LanguageSetting() {
  const { choice } = useLanguageChoice();
  return <Choice label={text.language.label} value={choice} options={languageChoices} choose={chooseLanguage} />;
}
