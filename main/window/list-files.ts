// Blocklists in files of the person's: chosen with the system's dialog, read here without privileges, and handed to the helper as text.
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { type BrowserWindow, dialog } from "electron";
import type { ListFileOutcome, ListFileRequest } from "../../contract/bridge.ts";
import { CodedError } from "../../contract/errors.ts";
import { handOver } from "../client/hand-over.ts";
import { failure, type HelperLink } from "./link.ts";

export class ListFiles {
  private readonly link: HelperLink;
  /** What the person chose last, and nobody else named. */
  private chosen: string | null = null;
  constructor(link: HelperLink) {
    this.link = link;
  }

  /** Never throws. Errors: file_unreadable, and those of handing over. */
  async serve(window: BrowserWindow, request: ListFileRequest): Promise<ListFileOutcome> {
    if (request.do === "choose") {
      const { filePaths } = await dialog.showOpenDialog(window, { title: request.title, properties: ["openFile"] });
      this.chosen = filePaths[0] ?? null;
      return { ok: true, file: this.chosen === null ? null : basename(this.chosen) };
    }
    const { chosen } = this;
    if (chosen === null) return failure(new CodedError("file_unreadable"));
    const outcome = await this.link.use(async (client) => {
      // Whoever put a FIFO in its place must not make the window wait for a writer.
      const file = await open(chosen, constants.O_RDONLY | constants.O_NONBLOCK).catch(unreadable);
      try {
        if (!(await file.stat()).isFile()) throw new CodedError("file_unreadable");
        return await handOver(client, request.name, file, request.replace);
      } finally {
        await file.close();
      }
    });
    if (outcome.ok) this.chosen = null;
    return outcome.ok ? { ok: true, file: basename(chosen) } : outcome;
  }
}

function unreadable(error: Error): never {
  throw new CodedError("file_unreadable", error.message);
}
