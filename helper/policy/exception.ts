// An exception to blocklists: as narrow as what a flow has of them, so that it comes before their entries and before nothing else. Pure.
import type { Endpoint, Matcher } from "../../contract/words.ts";
import { addressHex } from "./address.ts";
import type { Lists } from "./lists.ts";

type Part = Pick<Matcher, "host" | "address">;

/**
 * What rules have to allow so that no list blocks the endpoint: each of its names that is listed, aliases and what its app said included,
 * and its address. Empty where lists have nothing of it.
 */
export function exceptionTo({ address, host, names = [] }: Endpoint, lists: Lists): Part[] {
  const called = new Set([...(host === null ? [] : [host]), ...names.map(({ name }) => name)]);
  const listed = [...called].filter((name) => lists.name(name) !== null);
  const isListed = lists.covering({ hex: addressHex(address), bits: 128 }) !== null;
  return [...listed.map((name) => ({ host: name, address: null })), ...(isListed ? [{ host: null, address }] : [])];
}
