// The catalogue of the language in use. First lines carry no jargon; exact terms come second.
import type { Catalogue } from "./text/catalogue.ts";
import { en } from "./text/en/en.ts";

export const text: Catalogue = en;
