// What the unprivileged main process says itself, in every language: tray, window titles, the shortcut's purpose. What the pages say is
// theirs (renderer/text).
import type { Language } from "../../../contract/language.ts";
import { language } from "../language.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";

export type ShellText = typeof en;
export type TrayWords = ShellText["tray"];

const catalogues: Record<Language, ShellText> = { en, de };

/** In the language of this moment: asked anew for whatever is made, never kept. */
export function shellText(): ShellText {
  return catalogues[language()];
}
