// Saves rows of history to a file that the person chooses in the system's own dialog. It is written here, by the person's own process: the
// helper is only asked for the rows, and a page only says which.
import { writeFile } from "node:fs/promises";
import { type BrowserWindow, dialog } from "electron";
import type { Saved, SaveHistory } from "../../contract/bridge.ts";
import { errorCodes } from "../../contract/errors.ts";
import { mostRows, rowsAsCsv, rowsAsJson } from "../export/history.ts";
import type { HelperLink } from "./link.ts";

export async function saveHistory(
  link: HelperLink,
  window: BrowserWindow,
  { format, query, title }: SaveHistory,
): Promise<Saved> {
  // Asked before the dialog: it is what was on the screen when the person chose to save it.
  const outcome = await link.call("history.query", { ...query, limit: mostRows });
  if (!outcome.ok) return outcome;
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    title,
    defaultPath: `picket-history-${localDay(new Date())}.${format}`,
    filters: [{ name: format.toUpperCase(), extensions: [format] }],
  });
  if (canceled || !filePath) return { ok: true, saved: false };
  const { rows } = outcome.result;
  try {
    await writeFile(filePath, format === "csv" ? rowsAsCsv(rows) : rowsAsJson(rows), { mode: 0o600 });
  } catch {
    return { ok: false, code: "not_written", message: errorCodes.not_written };
  }
  return { ok: true, saved: true };
}

/** "2026-11-26" where the person is. */
function localDay(now: Date): string {
  const two = (number: number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
