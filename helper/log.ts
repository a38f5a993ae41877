// The structured log: one JSON object per line on stderr, which the journal keeps.
export type Level = "info" | "warn" | "error";

/** What was logged so far, for the status: nothing that fails is known to the journal alone. */
export const logged: Record<Level, number> = { info: 0, warn: 0, error: 0 };

export function log(level: Level, message: string, detail: Record<string, unknown> = {}): void {
  logged[level]++;
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...detail })}\n`);
}
