// The machine's configured resolvers, for the factory rule that lets names be looked up.
import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { type Prefix, parsePrefix } from "./policy/address.ts";

const file = "/etc/resolv.conf";
/** resolv.conf is replaced rather than written: it is looked at again, not watched. Milliseconds. */
const lookAgain = 5000;

/** The `nameserver` lines of resolv.conf(5); link-local scopes are dropped, the address decides. */
export function parseResolvers(text: string): Prefix[] {
  return text
    .split("\n")
    .map((line) => /^\s*nameserver\s+([^\s#;%]+)/.exec(line)?.[1])
    .map((address) => (address === undefined ? null : parsePrefix(address)))
    .filter((prefix): prefix is Prefix => prefix !== null && prefix.bits === 128);
}

export function readResolvers(): Prefix[] {
  try {
    return parseResolvers(readFileSync(file, "utf8"));
  } catch {
    return []; // no file, no resolvers: lookups are asked about like anything else
  }
}

/** Calls back when the file was replaced. Returns the way to stop. */
export function watchResolvers(changed: () => void): () => void {
  watchFile(file, { interval: lookAgain, persistent: false }, changed);
  return () => unwatchFile(file, changed);
}
