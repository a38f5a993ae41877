// A helper that says nothing: is it hung, or busy? A process that works uses its processor, and everybody may see that.
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const notes = "/run/picket";

/** The process that serves a socket, by the note that it left (helper/run-file.ts); null where there is none. */
export function helperAt(socketPath: string): { pid: number; start: string } | null {
  try {
    if (lstatSync(notes).uid !== 0) return null;
    for (const name of readdirSync(notes)) {
      if (!name.endsWith(".json")) continue;
      const { pid, start, socket } = JSON.parse(readFileSync(join(notes, name), "utf8")) as Record<string, unknown>;
      if (socket === socketPath && Number.isInteger(pid)) return { pid: Number(pid), start: String(start) };
    }
  } catch {
    // Nobody can tell then.
  }
  return null;
}

/** Clock ticks that the process has used of the processor so far; null when it is another by now, or gone. */
export function ticksUsed({ pid, start }: { pid: number; start: string }): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[19] === start ? Number(fields[11]) + Number(fields[12]) : null;
  } catch {
    return null;
  }
}
