// The log on stderr: one JSON object a line, which the journal keeps; a line to read where a person looks on.
export type Level = "info" | "warn" | "error";

/** What was logged so far, for the status: nothing that fails is known to the journal alone. */
export const logged: Record<Level, number> = { info: 0, warn: 0, error: 0 };

export function log(level: Level, message: string, detail: Record<string, unknown> = {}): void {
  logged[level]++;
  const write = process.stderr.isTTY ? readableLine : jsonLine;
  process.stderr.write(`${write(new Date(), level, message, detail)}\n`);
}

type Line = (at: Date, level: Level, message: string, detail: Record<string, unknown>) => string;

export const jsonLine: Line = (at, level, message, detail) =>
  JSON.stringify({ time: at.toISOString(), level, message, ...detail });

/** "09:30:00 warning: a held packet could not be re-sent (flow: …, error: …)", in one line that cannot move the cursor. */
export const readableLine: Line = (at, level, message, detail) => {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
  const word = { info: "", warn: "warning: ", error: "error: " }[level];
  const details = Object.entries(detail).map(([name, value]) => `${name}: ${textOf(value)}`);
  const line = `${time} ${word}${message}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+\s*/gu, " ");
};

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(textOf).join(" ") : JSON.stringify(value);
}
