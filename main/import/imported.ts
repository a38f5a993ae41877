// What was read from another firewall's rules, and what of it could not be carried over.
import type { FileRule } from "../../contract/rules-file.ts";

/** `item`: whatever the other firewall calls it. `why`: one plain sentence. */
export interface Remark {
  readonly item: string;
  readonly why: string;
}

export interface Imported {
  /** What the rules come from; the next import of the same replaces them. */
  readonly source: string;
  readonly rules: { readonly item: string; readonly rule: FileRule }[];
  readonly leftOut: Remark[];
  /** Carried over, and not quite the same. */
  readonly different: Remark[];
}

/** An item that cannot be carried over; its message is the reason. */
export class NotCarriedOver extends Error {}

type Fields = Partial<FileRule>;

/** Every way to take one of each. */
export function combinations(choices: readonly (readonly Fields[])[]): Fields[] {
  return choices.reduce<Fields[]>(
    (all, each) => all.flatMap((made) => each.map((part) => ({ ...made, ...part }))),
    [{}],
  );
}

/** Rules that one item may become. What is meant to be more is a blocklist. */
export const rulesPerItem = 4096;
