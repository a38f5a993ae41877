// A blocklist's text goes to the helper in pieces, read by whoever may read the file.
import type { FileHandle } from "node:fs/promises";
import { appendBytes, type Blocklist } from "../../contract/blocklists.ts";
import type { HelperClient } from "./client.ts";

/** `replace`: new text for the list of that name. The file stays open. Errors: those of blocklists.begin, append and commit. */
export async function handOver(
  helper: Pick<HelperClient, "call">,
  name: string,
  file: FileHandle,
  replace: boolean,
): Promise<Blocklist> {
  const { upload } = await helper.call("blocklists.begin", { name, replace });
  const piece = Buffer.alloc(appendBytes);
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, piece.length);
    if (bytesRead === 0) break;
    await helper.call("blocklists.append", { upload, data: piece.toString("base64", 0, bytesRead) });
  }
  return helper.call("blocklists.commit", { upload });
}
