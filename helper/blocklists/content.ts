// What is in a list's file, and whether to take it.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import type { Prefix } from "../policy/address.ts";
import type { Counts } from "../store/blocklists.ts";
import { AddressSet } from "./address-set.ts";
import { type DomainSet, DomainSetBuilder } from "./domain-set.ts";
import { ListParser, type Report } from "./parse.ts";

/** Bytes of a list's text. */
export const largestList = 64 * 1024 * 1024;
/** Names and addresses of a list, double ones counted twice. */
export const mostEntries = 5_000_000;
/** Addresses and ranges of a list: each takes room in the kernel. */
export const mostAddresses = 100_000;

const pieceBytes = 64 * 1024;
/** Longest time without looking at anything else, milliseconds: connections wait for the helper. */
const longestTurn = 5;

export interface Content {
  readonly names: DomainSet;
  readonly addresses: AddressSet;
  readonly report: Report;
  readonly counts: Counts;
}

/** Awaited often, it lets others have their turn now and then. */
function paced(milliseconds: number): () => Promise<void> | undefined {
  let began = performance.now();
  return () => {
    if (performance.now() - began < milliseconds) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        began = performance.now();
        resolve();
      }),
    );
  };
}

/** Errors: blocklist_too_large, blocklist_unreadable; what the file system says. */
export async function readList(file: string): Promise<Content> {
  const pause = paced(longestTurn);
  const fd = openSync(file, "r");
  try {
    const { size } = fstatSync(fd);
    if (size > largestList) throw new CodedError("blocklist_too_large", `${largestList / 1024 / 1024} MiB`);
    const builder = new DomainSetBuilder(size);
    const prefixes: Prefix[] = [];
    let entries = 0;
    const count = () => {
      if (++entries > mostEntries) throw new CodedError("blocklist_too_large", `${mostEntries} entries`);
    };
    const parser = new ListParser({
      name: (name, kind) => {
        count();
        builder.add(name, kind);
      },
      address: (prefix) => {
        count();
        if (prefixes.push(prefix) > mostAddresses)
          throw new CodedError("blocklist_too_large", `${mostAddresses} addresses`);
      },
    });
    const piece = Buffer.allocUnsafe(pieceBytes);
    for (let bytes = readSync(fd, piece); bytes > 0; bytes = readSync(fd, piece)) {
      parser.push(piece.subarray(0, bytes));
      await pause();
    }
    const report = parser.end();
    const names = await builder.build(pause);
    const addresses = new AddressSet(prefixes);
    return { names, addresses, report, counts: { ...names.counts, addresses: addresses.size } };
  } finally {
    closeSync(fd);
  }
}

/** What can block. */
export function entriesOf({ hosts, domains, addresses }: Counts): number {
  return hosts + domains + addresses;
}

/** Throws blocklist_unreadable for what has no entries, or more nonsense than entries: a server's error page, a torn archive. Pure. */
export function refuseNonsense({ report, counts }: Pick<Content, "report" | "counts">): void {
  const nonsense = report.skipped
    .filter(({ reason }) => reason === "unreadable" || reason === "too_long")
    .reduce((sum, { count }) => sum + count, 0);
  if (entriesOf(counts) === 0) throw new CodedError("blocklist_unreadable", `no entries in ${report.lines} lines`);
  if (nonsense > report.entries)
    throw new CodedError("blocklist_unreadable", `${nonsense} of ${report.lines} lines are none of a list`);
}

/** Whether more than half of the entries are gone. Pure. */
export function isShrunk(before: Counts, after: Counts): boolean {
  return entriesOf(after) * 2 < entriesOf(before);
}
