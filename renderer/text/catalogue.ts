// The shape of a language's texts: that of the English ones.
import type { en } from "./en/en.ts";

/** A part of the catalogue in any language: literal texts become any text; what a text is made of stays. */
export type Part<T> = T extends string
  ? string
  : T extends (...parts: infer Parts) => string
    ? (...parts: Parts) => string
    : { readonly [Key in keyof T]: Part<T[Key]> };

export type Catalogue = Part<typeof en>;
