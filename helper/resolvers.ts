// The machine's configured resolvers, for the factory rule that lets names be looked up.
import { readFileSync, statSync } from "node:fs";
import { type Prefix, parsePrefix } from "./policy/address.ts";
import { eachRound } from "./rounds.ts";

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

export interface Resolvers {
  readonly resolvers: Prefix[];
  /** Why none are known, a sentence; null when the file could be read. Look-ups are then asked about like anything else. */
  readonly problem: string | null;
}

export function readResolvers(path = file): Resolvers {
  try {
    return { resolvers: parseResolvers(readFileSync(path, "utf8")), problem: null };
  } catch (error) {
    const problem = `The configured resolvers are not known, so that every app's look-ups are asked about: ${(error as Error).message}`;
    return { resolvers: [], problem };
  }
}

/** Calls back when the file was replaced. Returns the way to stop. */
export function watchResolvers(changed: () => void): () => void {
  let seen = identityOf(file);
  return eachRound(lookAgain, () => {
    const found = identityOf(file);
    if (found === seen) return;
    seen = found;
    changed();
  });
}

function identityOf(path: string): string {
  try {
    const { dev, ino, ctimeNs, size } = statSync(path, { bigint: true });
    return [dev, ino, ctimeNs, size].join();
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}
