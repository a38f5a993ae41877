// What a check found.

/**
 * good; note: works, and is worth knowing; wrong: something does not work; unknown: could not be seen (who asks may not look, or the helper
 * is needed for it). `fix`: what to do, in plain words.
 */
export interface Finding {
  readonly check: string;
  readonly state: "good" | "note" | "wrong" | "unknown";
  readonly found: string;
  readonly fix?: string;
}

export const good = (check: string, found: string): Finding => ({ check, state: "good", found });
export const note = (check: string, found: string, fix?: string): Finding => ({
  check,
  state: "note",
  found,
  ...(fix && { fix }),
});
export const wrong = (check: string, found: string, fix: string): Finding => ({ check, state: "wrong", found, fix });
export const unknown = (check: string, found: string, fix?: string): Finding => ({
  check,
  state: "unknown",
  found,
  ...(fix && { fix }),
});
