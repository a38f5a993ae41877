// History as a file for other programs: what `picket history --json` and `--csv` print, and what the window saves.
import { appPathText } from "../../contract/app-path.ts";
import type { HistoryRow } from "../../contract/history.ts";
import { csv } from "../cli/csv.ts";
import { printableJson } from "../cli/table.ts";

/** As many rows as one answer of the helper has. */
export const mostRows = 20_000;

export const amountNames = ["bytesIn", "bytesOut", "connections", "blocked"] as const;

/** What a row is about, in words: an app's name where it can be trusted. */
export function nameOf({ key, app, network }: HistoryRow): string {
  if (app) return app.verified ? app.name : appPathText(app.path);
  if (network) return network.metered ? `${network.name} (metered)` : network.name;
  return key ?? "";
}

export function rowsAsCsv(rows: readonly HistoryRow[]): string {
  const cells = (row: HistoryRow) => [row.key ?? "", nameOf(row), ...amountNames.map((each) => row[each])];
  return csv(["key", "name", ...amountNames], rows.map(cells));
}

/** The contract's own rows. */
export function rowsAsJson(rows: readonly HistoryRow[]): string {
  return `${printableJson(rows, 2)}\n`;
}
