// Files that a command writes for a person: whole or not at all, and for nobody else's eyes.
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./usage.ts";

/** What was there is replaced. Errors: UsageError, with what the system says. */
export function writeWhole(path: string, text: string): void {
  const part = join(dirname(path), `.picket-${process.pid}.part`);
  try {
    writeFileSync(part, text, { mode: 0o600, flag: "wx" });
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw new UsageError((error as Error).message);
  }
}
