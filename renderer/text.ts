// The catalogue of the language in use, which the shell wrote into the page. First lines carry no jargon; exact terms come second.
import { type Language, languageFor } from "../contract/language.ts";
import type { Catalogue } from "./text/catalogue.ts";
import { de } from "./text/de/de.ts";
import { en } from "./text/en/en.ts";

const catalogues: Record<Language, Catalogue> = { en, de };

// Outside of a page, in tests, there is no document.
export const language = languageFor("system", [globalThis.document?.documentElement.lang ?? "en"]);
export const text = catalogues[language];
