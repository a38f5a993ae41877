// The shape of a language's texts: that of the English ones.
import type { en } from "./en/en.ts";

/** Literal texts become any text; what a text is made of stays. */
type Texts<T> = T extends string
  ? string
  : T extends (...parts: infer Parts) => string
    ? (...parts: Parts) => string
    : { [Key in keyof T]: Texts<T[Key]> };

export type Catalogue = Texts<typeof en>;
