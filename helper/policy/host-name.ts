// Names of hosts: what is one, however it is written, and whose it is. One form everywhere: lower case, as it travels ("xn--…"), without
// the dot at its end. Pure.
import { domainToASCII } from "node:url";
import { getDomain, getPublicSuffix, parse } from "tldts";

/** Longest name of the DNS in text, without the dot at its end, and longest label. */
const longestName = 253;
const longestLabel = 63;

/**
 * Whether it is such a name as it stands. Labels with an underscore or a dash at either end occur in real names. The last one is a
 * registry's or a host's own: a number there makes an address of it (RFC 3696, 2; "0x…" as browsers read it).
 */
export function isHostName(text: string): boolean {
  if (text.length > longestName) return false;
  let label = 0;
  let letters = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 46) {
      if (label === 0) return false;
      label = letters = 0;
      continue;
    }
    if (isLetter(code)) letters++;
    else if (!isDigit(code) && code !== 45 && code !== 95) return false;
    if (++label > longestLabel) return false;
  }
  const first = text.charCodeAt(text.length - label);
  const last = text.charCodeAt(text.length - 1);
  if (label === 0 || letters === 0 || !isLetterOrDigit(first) || !isLetterOrDigit(last)) return false;
  return first !== 48 || !/(^|\.)0x[\da-f]*$/.test(text);
}

function isLetter(code: number): boolean {
  return code >= 97 && code <= 122;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetterOrDigit(code: number): boolean {
  return isLetter(code) || isDigit(code);
}

/** A name as apps and resolvers send it; null for what is none. */
export function hostName(text: string): string | null {
  const plain = text.endsWith(".") ? text.slice(0, -1) : text;
  if (isHostName(plain)) return plain;
  const name = plain.length > longestName ? "" : plain.toLowerCase();
  return isHostName(name) ? name : null;
}

/** A name as people and lists write it ("Bücher.example."); null for what is none. */
export function writtenName(text: string): string | null {
  const known = hostName(text);
  if (known !== null || text.length > longestName || /^[\x20-\x7e]*$/.test(text)) return known;
  return hostName(domainToASCII(text.toLowerCase()));
}

/** The host that a service's name speaks of: "_8443._https.example.org" is example.org's (RFC 9460, 2.3). */
export function hostOfService(name: string): string | null {
  return hostName(name.replace(/^(_\d+\.)?_[a-z0-9-]+\./i, ""));
}

const asItIs = { extractHostname: false, validateHostname: false, detectIp: false, mixedInputs: false } as const;
const everySuffix = { ...asItIs, allowPrivateDomains: true } as const;
const registrySuffix = { ...asItIs, allowPrivateDomains: false } as const;

/**
 * The domain that one owner has: one label below a public suffix, those that sell names below their own included (github.io). A name
 * that is below none (of the local network, or a suffix itself) stands for itself.
 */
export function registrableDomain(name: string): string {
  return getDomain(name, everySuffix) ?? name;
}

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

/** Whether somebody else decides what the name means: it is in a domain that is sold. Not "printer", "nas.lan", "router.home.arpa". */
export function isInternetName(name: string): boolean {
  return !isLocalName(name) && parse(name, registrySuffix).isIcann === true;
}
