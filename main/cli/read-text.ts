// A file that a person names on the command line, read as that person, whole and within bounds.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { CodedError, type ErrorCode } from "../../contract/errors.ts";

const piece = 1024 * 1024;

/**
 * The text of a file, a pipe or, for "-", of what is piped in. `most`: bytes; what is longer ends the reading, whatever size the file says
 * to have. Errors: file_unreadable, and `tooLarge`.
 */
export function readText(path: string, most: number, tooLarge: ErrorCode): string {
  let fd: number | undefined;
  try {
    fd = path === "-" ? 0 : openSync(path, "r");
    if (fstatSync(fd).isDirectory()) throw new CodedError("file_unreadable", `${path} is a folder`);
    const pieces: Buffer[] = [];
    for (let bytes = 0; ; ) {
      const next = Buffer.allocUnsafe(piece);
      const read = readSync(fd, next);
      if (read === 0) return Buffer.concat(pieces).toString("utf8");
      pieces.push(next.subarray(0, read));
      bytes += read;
      if (bytes > most) throw new CodedError(tooLarge, `${path} is larger than ${most / 1024 / 1024} MiB`);
    }
  } catch (error) {
    throw error instanceof CodedError ? error : new CodedError("file_unreadable", (error as Error).message);
  } finally {
    if (fd !== undefined && fd !== 0) closeSync(fd);
  }
}
