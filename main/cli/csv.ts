// Comma-separated values (RFC 4180), of which a spreadsheet makes neither formulas nor lines of its own.
import { printable } from "./table.ts";

function cell(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = printable(value);
  // What begins like this is a formula to spreadsheets: names come from others.
  const safe = /^[=+\-@]/.test(text) ? `'${text}` : text;
  return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
