// What is said of a blocklist: how much it has, where from, how fresh, and what is wrong. Pure.

import * as v from "valibot";
import { type Blocklist, blocklistNameSchema, blocklistUrlSchema } from "../../../contract/blocklists.ts";
import { type ErrorCode, isErrorCode } from "../../../contract/errors.ts";
import { elided, moment, plain } from "../../format.ts";
import { text } from "../../text.ts";

const words = text.blocklists;

export function entriesOf({ hosts, domains, addresses }: Blocklist): number {
  return hosts + domains + addresses;
}

/** Where it comes from, and how old it is. */
export function sourceLine({ url, checked, updated }: Blocklist, now: Date): string {
  const source = url === null ? words.fromFile : elided(plain(url.replace(/^https?:\/\//, "")), 64);
  if (url === null) return `${source}, ${updated === null ? words.nothing : words.taken(moment(updated, now))}`;
  return `${source}, ${checked === null ? words.never : words.refreshed(moment(checked, now))}`;
}

/** Null where nothing is wrong, and where an update that shrank says more. */
export function problemOf({ error, aside, busy }: Blocklist): { code: ErrorCode; time: string } | null {
  if (error === null || aside !== null || busy !== null) return null;
  return { code: isErrorCode(error.code) ? error.code : "bad_reply", time: error.time };
}

/** What contains it, by kind; kinds that it has nothing of are left out. */
export function contentsLine({ hosts, domains, addresses }: Blocklist): string {
  const { contents } = words;
  const kinds = [
    hosts && contents.hosts(hosts),
    domains && contents.domains(domains),
    addresses && contents.addresses(addresses),
  ];
  return kinds.filter((kind) => kind !== 0).join(", ") || words.nothing;
}

/** Who leaves out how it is fetched means https. */
export function wholeUrl(given: string): string {
  const url = given.trim();
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || url === "" ? url : `https://${url}`;
}

/** A name for a list: of its file without the ending, or of the host it comes from. Empty where neither is one. */
export function suggestedName(source: string): string {
  const url = source.includes("/") && URL.canParse(wholeUrl(source)) ? new URL(wholeUrl(source)) : null;
  const path = url?.pathname.replace(/\/+$/, "") ?? source;
  const stem = path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
  return asName(stem) || asName(url?.hostname ?? "");
}

function asName(text: string): string {
  const cleaned = text
    .replace(/[^\p{L}\p{N} ._-]+/gu, " ")
    .trim()
    .slice(0, 63)
    .trim();
  return v.is(blocklistNameSchema, cleaned) ? cleaned : "";
}

export type Draft = { from: "url" | "file"; url: string; file: string | null; name: string };
export type Problem = keyof typeof words.form.problems;

export function problemsOf({ from, url, file, name }: Draft): Problem[] {
  return [
    ...(from === "url" && !v.is(blocklistUrlSchema, wholeUrl(url)) ? (["url"] as const) : []),
    ...(from === "file" && file === null ? (["file"] as const) : []),
    ...(v.is(blocklistNameSchema, name.trim()) ? [] : (["name"] as const)),
  ];
}
