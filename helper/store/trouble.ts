// What SQLite's failures mean. Pure.
import { CodedError } from "../../contract/errors.ts";

export type Trouble = "damaged" | "full";

/** Null: a failure that says nothing of the disk. */
export function troubleOf(error: unknown): Trouble | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== "string") return null;
  // Of SQLITE_IOERR what could not be read: no room would help. To write or to map fails on a full disk too.
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_(READ|SHORT_READ|CORRUPTFS|DATA)$)/.test(code)) return "damaged";
  return /^(SQLITE_(FULL|IOERR|CANTOPEN|READONLY)|ENOSPC$|EDQUOT$|EROFS$|EIO$)/.test(code) ? "full" : null;
}

/** What a client is told of a failure. */
export function coded(error: unknown): unknown {
  if (error instanceof CodedError || troubleOf(error) === null) return error;
  return new CodedError("not_stored", (error as { code: string }).code);
}
