/** The letter that is on a pressed key, lower case, as shortcuts are shown: layouts have it in different places. Without Latin letters, by its place. */
export function letterOf({ key, code }: Pick<KeyboardEvent, "key" | "code">): string | null {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase();
  return /^Key([A-Z])$/.exec(code)?.[1]?.toLowerCase() ?? null;
}
