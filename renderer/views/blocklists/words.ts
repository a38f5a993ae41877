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

/** A name for a list: of its file without the ending, or of the host it comes from. Empty where that is no name. */
export function suggestedName(source: string): string {
  const given = URL.canParse(source) ? new URL(source).hostname : source.replace(/\.[^.]*$/, "");
  const cleaned = given
    .replace(/[^\p{L}\p{N} ._-]+/gu, " ")
    .trim()
    .slice(0, 63);
  return v.is(blocklistNameSchema, cleaned) ? cleaned : "";
}

export type Draft = { from: "url" | "file"; url: string; file: string | null; name: string };
export type Problem = keyof typeof words.form.problems;

export function problemsOf({ from, url, file, name }: Draft): Problem[] {
  return [
    ...(from === "url" && !v.is(blocklistUrlSchema, url.trim()) ? (["url"] as const) : []),
    ...(from === "file" && file === null ? (["file"] as const) : []),
    ...(v.is(blocklistNameSchema, name.trim()) ? [] : (["name"] as const)),
  ];
}
