// Host names, and the domain that somebody registered. Pure.
import { domainToASCII } from "node:url";
import { getDomain } from "tldts";
import { isHostName } from "../../contract/words.ts";

/** The name as rules and answers have it, of any way to write it ("Bücher.example.", "WWW.Example.org"); null when it is none. */
export function hostName(given: string): string | null {
  const trimmed = given.trim().replace(/\.$/, "");
  // Names of services begin with an underscore, which no URL's host may have.
  const name = /^[\x20-\x7e]*$/.test(trimmed) ? trimmed.toLowerCase() : domainToASCII(trimmed);
  if (/^[\d.]+$/.test(name) || !isHostName(name)) return null;
  return name.split(".").every((label) => label.length <= 63) ? name : null;
}

/**
 * The domain that one owner has: one label below a public suffix, those that sell names below their own included (github.io). A name
 * that is below none (of the local network, or a suffix itself) stands for itself.
 */
export function registrableDomain(name: string): string {
  return getDomain(name, { allowPrivateDomains: true, validateHostname: false }) ?? name;
}
