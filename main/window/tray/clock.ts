import type { Language } from "../../../contract/language.ts";

/** "14:05" today, with its day on another. Pure. */
export function clockText(iso: string, now: Date, language: Language): string {
  const at = new Date(iso);
  const day = at.toDateString() === now.toDateString() ? {} : ({ day: "numeric", month: "short" } as const);
  const words = { en: "en-GB", de: "de-DE" }[language];
  return at.toLocaleString(words, { ...day, hour: "2-digit", minute: "2-digit" });
}
