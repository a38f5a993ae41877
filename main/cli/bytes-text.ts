const units = ["B", "kB", "MB", "GB", "TB"];

/** "1.2 MB", in thousands, as providers count; in the unit that is left after rounding. Pure. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 999.5 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit]}`;
}
