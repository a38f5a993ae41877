// /etc/picket/journal.conf: which flows go into the journal. Root's word alone: nothing in the contract sets it, and a file that others may
// write is not read.
import { lstatSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

export const journalConf = "/etc/picket/journal.conf";

export type FlowsWanted = "none" | "blocked" | "all";

export interface JournalConf {
  readonly flows: FlowsWanted;
  /** Why the file does not count, in words; null where it does or there is none. */
  readonly problem: string | null;
}

const nothing: JournalConf = { flows: "none", problem: null };

/** Never throws. */
export function readJournalConf(path = journalConf): JournalConf {
  let text: string;
  try {
    for (const place of [dirname(path), path]) {
      const { uid, mode } = lstatSync(place);
      if (uid !== 0 || (mode & 0o022) !== 0)
        return { ...nothing, problem: `${place} could be written by others than root: it is not read` };
    }
    if (!lstatSync(path).isFile()) return { ...nothing, problem: `${path} is no file` };
    text = readFileSync(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? nothing : { ...nothing, problem: `${path} could not be read: ${message}` };
  }
  return parseJournalConf(text, path);
}

/** Pure. */
export function parseJournalConf(text: string, path: string): JournalConf {
  let flows: FlowsWanted = "none";
  for (const [at, line] of text.split("\n").entries()) {
    const plain = line.trim();
    if (plain === "" || plain.startsWith("#")) continue;
    const value = /^FLOWS=(none|blocked|all)$/.exec(plain)?.[1];
    if (value === undefined)
      return { ...nothing, problem: `${path}, line ${at + 1}: FLOWS=none, blocked or all was expected` };
    flows = value as FlowsWanted;
  }
  return { flows, problem: null };
}
