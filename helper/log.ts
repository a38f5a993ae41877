// The structured log: one JSON object per line on stderr, which the journal keeps.
export type Level = "info" | "warn" | "error";

export function log(level: Level, message: string, detail: Record<string, unknown> = {}): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...detail })}\n`);
}
