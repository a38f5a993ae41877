// Countries by their names. Where an address is comes from a data set that may err.
import { language, text } from "./text.ts";

const names = new Intl.DisplayNames(language, { type: "region", fallback: "code" });

/** "Germany"; the code itself where nobody knows what it is called. */
export function countryName(code: string): string {
  return names.of(code) ?? code;
}

/** Nothing where nobody knows, or it is near. */
export function countryOf({ country }: { country?: string | null | undefined }): string | null {
  return country ? countryName(country) : null;
}

/** "203.0.113.7, Germany" */
export function withCountry(place: string, at: Parameters<typeof countryOf>[0]): string {
  const country = countryOf(at);
  return country === null ? place : text.inCountry(place, country);
}
