// A blocklist's text goes to the helper in pieces, read by whoever may read the file.
import { appendBytes, type Blocklist } from "../../contract/blocklists.ts";
import type { HelperClient } from "./client.ts";

/** What a list's text is read from, piece by piece: an open file, which stays open. */
export interface ListText {
  read(piece: Buffer, offset: number, length: number): Promise<{ bytesRead: number }>;
}

/** `replace`: new text for the list of that name. Errors: those of blocklists.begin, append and commit. */
export async function handOver(
  helper: Pick<HelperClient, "call">,
  name: string,
  text: ListText,
  replace: boolean,
): Promise<Blocklist> {
  const { upload } = await helper.call("blocklists.begin", { name, replace });
  const piece = Buffer.alloc(appendBytes);
  for (;;) {
    const { bytesRead } = await text.read(piece, 0, piece.length);
    if (bytesRead === 0) break;
    await helper.call("blocklists.append", { upload, data: piece.toString("base64", 0, bytesRead) });
  }
  return helper.call("blocklists.commit", { upload });
}
