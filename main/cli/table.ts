// What reaches the terminal: aligned plain tables and JSON, neither of which an app's path can use to move the cursor or turn text around.

/** Control, format (bidi, zero-width) and line-separating characters, and lone surrogates. */
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line that shows as it is. Replaced, not dropped: two different paths must not look the same. */
export function printable(text: string): string {
  return text.replace(unsafe, "\uFFFD");
}

/** Escaped instead of replaced: a script gets the exact text back. */
export function printableJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return text.replace(unsafe, (character) => {
    if (character === "\n" && indent !== undefined) return character;
    return [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`)
      .join("");
  });
}

/** Columns as wide as their widest cell, two spaces between; the last one is not padded. `none`: the line where there are no rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], none?: string): string {
  if (rows.length === 0 && none !== undefined) return `${none}\n`;
  const lines = [head, ...rows.map((row) => row.map(printable))];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => columns(line[column] ?? ""))));
  return lines.map((line) => row(line, widths)).join("");
}

/** One line of a table whose widths are fixed beforehand: cells that are too wide push the rest. */
export function row(cells: readonly string[], widths: readonly number[]): string {
  return `${cells
    .map((cell, column) => {
      const text = printable(cell);
      return column === cells.length - 1 ? text : text + " ".repeat(Math.max(0, (widths[column] ?? 0) - columns(text)));
    })
    .join("  ")
    .trimEnd()}\n`;
}

function columns(text: string): number {
  return [...text].length;
}
