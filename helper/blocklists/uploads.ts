// Texts of lists on their way over the socket, piece by piece, into files that nobody reads before they are whole.
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { CodedError } from "../../contract/errors.ts";
import { largestList } from "./content.ts";

/** At once, of all connections. */
const mostUploads = 4;

interface Upload {
  readonly owner: object;
  readonly name: string;
  readonly replace: boolean;
  readonly part: string;
  readonly fd: number;
  bytes: number;
}

export class Uploads {
  private readonly open = new Map<string, Upload>();
  private last = 0;

  /** `owner`: the connection; `part`: where to write. Errors: too_many_uploads. */
  begin(owner: object, name: string, replace: boolean, part: string): string {
    const busy = [...this.open.values()].some((upload) => upload.owner === owner);
    if (busy || this.open.size >= mostUploads) throw new CodedError("too_many_uploads");
    const id = String(++this.last);
    this.open.set(id, { owner, name, replace, part, fd: openSync(part, "wx", 0o600), bytes: 0 });
    return id;
  }

  /** Returns the bytes so far. Errors: unknown_upload, blocklist_too_large. */
  append(owner: object, id: string, bytes: Buffer): number {
    const upload = this.get(owner, id);
    if (upload.bytes + bytes.length > largestList) {
      this.drop(id, upload);
      throw new CodedError("blocklist_too_large", `${largestList / 1024 / 1024} MiB`);
    }
    for (let at = 0; at < bytes.length; ) at += writeSync(upload.fd, bytes, at);
    upload.bytes += bytes.length;
    return upload.bytes;
  }

  /** Ends the upload; its file is the caller's. Errors: unknown_upload. */
  finish(owner: object, id: string): Pick<Upload, "name" | "replace" | "part"> {
    const upload = this.get(owner, id);
    this.open.delete(id);
    closeSync(upload.fd);
    return upload;
  }

  /** The connection is gone. */
  forget(owner: object): void {
    for (const [id, upload] of this.open) if (upload.owner === owner) this.drop(id, upload);
  }

  close(): void {
    for (const [id, upload] of this.open) this.drop(id, upload);
  }

  private get(owner: object, id: string): Upload {
    const upload = this.open.get(id);
    if (upload?.owner !== owner) throw new CodedError("unknown_upload");
    return upload;
  }

  private drop(id: string, { fd, part }: Upload): void {
    this.open.delete(id);
    closeSync(fd);
    rmSync(part, { force: true });
  }
}
