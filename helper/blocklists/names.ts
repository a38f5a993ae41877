// A name as lists write it and as look-ups need it: lower case, ASCII, without the dot at its end. Pure.
import { domainToASCII } from "node:url";
import { getPublicSuffix } from "tldts";

/** Longest name of the DNS in text, without the dot at its end, and longest label. */
const longestName = 253;
const longestLabel = 63;

/** Null for what can be no name of the DNS with at least one label. Underscores occur in real names. */
export function canonicalName(text: string): string | null {
  const plain = text.endsWith(".") ? text.slice(0, -1) : text;
  if (isCanonicalName(plain)) return plain;
  if (plain.length > longestName) return null;
  const lower = plain.toLowerCase();
  const ascii = isAscii(lower) ? lower : domainToASCII(lower);
  return isCanonicalName(ascii) ? ascii : null;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 0x80) return false;
  return true;
}

/** Whether it is such a name as it stands: by far the most of any list. */
export function isCanonicalName(text: string): boolean {
  if (text.length > longestName) return false;
  let label = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (label === 0) return false;
      label = 0;
      continue;
    }
    if (!isLetter(code) && !isDigit(code) && code !== 45 && code !== 95) return false;
    if (++label > longestLabel) return false;
  }
  // The last label is a registry's: it begins with a letter, for what ends in a number is an address, and it ends in no dash.
  const first = text.charCodeAt(text.length - label);
  const last = text.charCodeAt(text.length - 1);
  return label > 0 && isLetter(first) && (isLetter(last) || isDigit(last));
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

const lookUp = { extractHostname: false, validateHostname: false, detectIp: false, mixedInputs: false } as const;
const everySuffix = { ...lookUp, allowPrivateDomains: true } as const;
const registrySuffix = { ...lookUp, allowPrivateDomains: false } as const;

/** Whether strangers share the name as a suffix: com, co.uk, and of the private section github.io. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, everySuffix) === name;
}

/** The same without the private section: github.io is a host of its own, too. */
export function isRegistrySuffix(name: string): boolean {
  return getPublicSuffix(name, registrySuffix) === name;
}

const localSuffixes = [".localhost", ".localdomain", ".local", ".home.arpa"];

/** Names that mean this machine or this network wherever they are looked up. */
export function isLocalName(name: string): boolean {
  return name === "localhost" || localSuffixes.some((suffix) => name.endsWith(suffix));
}
