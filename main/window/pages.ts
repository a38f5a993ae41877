// The pages' side of the bridge: every message must come from the top frame of one of our windows, in a shape the contract knows.
import { type BrowserWindow, type IpcMainEvent, type IpcMainInvokeEvent, ipcMain } from "electron";
import * as v from "valibot";
import {
  callSchema,
  channels,
  type ListFileOutcome,
  listFileRequestSchema,
  type Outcome,
  type Saved,
  type SaveHistory,
  type ShellRequest,
  saveHistorySchema,
  shellRequestSchema,
  type Update,
  type WindowMethod,
} from "../../contract/bridge.ts";
import { type ErrorCode, errorCodes } from "../../contract/errors.ts";
import { methods, type Params } from "../../contract/methods.ts";
import { origin } from "./assets.ts";
import type { HelperLink } from "./link.ts";
import { ListFiles } from "./list-files.ts";

export type Page = "main" | "prompt";

export class Pages {
  private readonly windows: () => Partial<Record<Page, BrowserWindow>>;
  private readonly following = new Set<Page>();
  /** What a page that begins to follow must hear, given the helper's state. */
  private readonly first: (page: Page, known: Update[]) => Update[];
  /** Told to a page that has not begun yet, as soon as it does. */
  private readonly owed = new Map<Page, Update>();

  constructor(windows: () => Partial<Record<Page, BrowserWindow>>, first: (page: Page, known: Update[]) => Update[]) {
    this.windows = windows;
    this.first = first;
  }

  serve(
    link: HelperLink,
    shell: (page: Page, request: ShellRequest) => void,
    save: (window: BrowserWindow, asked: SaveHistory) => Promise<Saved>,
  ): void {
    ipcMain.handle(channels.call, async (event, message: unknown): Promise<Outcome<WindowMethod>> => {
      if (!this.senderOf(event)) return refusal("not_permitted");
      const call = v.safeParse(callSchema, message);
      if (!call.success) return refusal("bad_message");
      const { method } = call.output;
      const params = v.safeParse(methods[method].params, call.output.params);
      if (!params.success) return refusal("bad_params");
      return link.call(method, params.output as Params<typeof method>);
    });
    ipcMain.handle(channels.shell, (event, message: unknown) => {
      const page = this.senderOf(event);
      const request = v.safeParse(shellRequestSchema, message);
      if (!page || !request.success) return refusal(page ? "bad_message" : "not_permitted");
      return shell(page, request.output);
    });
    ipcMain.handle(channels.saveHistory, async (event, message: unknown): Promise<Saved> => {
      const { main } = this.windows();
      if (!main || this.senderOf(event) !== "main") return refusal("not_permitted");
      const asked = v.safeParse(saveHistorySchema, message);
      return asked.success ? save(main, asked.output) : refusal("bad_message");
    });
    const files = new ListFiles(link);
    ipcMain.handle(channels.listFile, async (event, message: unknown): Promise<ListFileOutcome> => {
      const window = this.windows().main;
      const request = v.safeParse(listFileRequestSchema, message);
      if (this.senderOf(event) !== "main" || !window) return refusal("not_permitted");
      return request.success ? files.serve(window, request.output) : refusal("bad_message");
    });
    ipcMain.on(channels.follow, (event) => {
      const page = this.senderOf(event);
      if (!page) return;
      this.following.add(page);
      for (const update of this.first(page, link.snapshot())) this.tell(page, update);
      const owed = this.owed.get(page);
      this.owed.delete(page);
      if (owed) this.tell(page, owed);
    });
  }

  tell(page: Page, update: Update): void {
    const contents = this.windows()[page]?.webContents;
    if (!contents || contents.isDestroyed() || !this.following.has(page)) return;
    contents.send(channels.update, update);
  }

  /** As `tell`; a page that has not begun to follow hears it when it does. */
  tellSurely(page: Page, update: Update): void {
    if (this.following.has(page)) this.tell(page, update);
    else this.owed.set(page, update);
  }

  tellAll(update: Update): void {
    this.tell("main", update);
    this.tell("prompt", update);
  }

  /** Whether somebody is at the page who hears what it is told. */
  isThere(page: Page): boolean {
    return this.following.has(page);
  }

  /** A page that starts over asks for the whole state again. */
  forget(page: Page): void {
    this.following.delete(page);
  }

  private senderOf(event: IpcMainEvent | IpcMainInvokeEvent): Page | undefined {
    const frame = event.senderFrame;
    if (!frame || frame.parent !== null || !frame.url.startsWith(`${origin}/`)) return undefined;
    for (const [page, window] of Object.entries(this.windows())) {
      if (window.webContents === event.sender && window.webContents.mainFrame === frame) return page as Page;
    }
    return undefined;
  }
}

function refusal(code: ErrorCode): { ok: false; code: ErrorCode; message: string } {
  return { ok: false, code, message: errorCodes[code] };
}
