// Where a helper leaves its traces: instance names, pins, run cgroups and the notes in /run/picket. The helper follows the same convention.
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

export const notesFolder = "/run/picket";
export const pinsFolder = "/sys/fs/bpf";
/** Of the helper whose state is in its usual place. */
export const defaultInstance = "picket";
const installedState = "/var/lib/picket";

/** `picket` for the installed helper, otherwise `picket-` and 8 hex digits of the state folder's SHA-256. */
export function instanceOf(realStateFolder: string): string {
  if (realStateFolder === installedState) return defaultInstance;
  return `picket-${createHash("sha256").update(realStateFolder).digest("hex").slice(0, 8)}`;
}

export function isInstanceName(name: string): boolean {
  return /^picket(-[0-9a-f]{8})?$/.test(name);
}

/** Where systemd manages cgroups. In a unit name "-" means "inside of", so every instance's slice is beside the others. */
export function sliceOf(instance: string): string {
  return `${instance.replace("-", "_")}.slice`;
}

/** The instance whose run cgroups, plain or systemd's, are below the cgroup of that name. */
export function instanceOfCgroup(name: string): string | undefined {
  const instance = name.replace(/^picket(?:_([0-9a-f]{8}))?\.slice$/, (_, hash?: string) =>
    hash ? `picket-${hash}` : "picket",
  );
  return isInstanceName(instance) ? instance : undefined;
}

/** What a helper says about itself. `start` is field 22 of /proc/PID/stat: with it a reused pid cannot be mistaken for the helper. */
export type Note = { path: string; instance: string; pid: number; start: string; socket: string };

/** Only notes that root wrote into a folder closed to others count: they name processes to kill. */
export function readNotes(): Note[] {
  if (!belongsToRoot(notesFolder)) return [];
  return namesIn(notesFolder)
    .filter((name) => name.endsWith(".json") && isInstanceName(basename(name, ".json")))
    .flatMap((name) => {
      const path = join(notesFolder, name);
      if (!belongsToRoot(path)) return [];
      return [{ path, instance: basename(name, ".json"), ...parseNote(path) }];
    });
}

/** A torn or foreign note is still ours to remove; it names no process then. */
function parseNote(path: string): Pick<Note, "pid" | "start" | "socket"> {
  try {
    const note: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof note !== "object" || note === null) throw new TypeError("not an object");
    const { pid, start, socket } = note as Record<string, unknown>;
    return { pid: Number(pid), start: String(start), socket: typeof socket === "string" ? socket : "" };
  } catch {
    return { pid: 0, start: "", socket: "" };
  }
}

function belongsToRoot(path: string): boolean {
  try {
    const found = lstatSync(path);
    return (found.isFile() || found.isDirectory()) && found.uid === 0 && (found.mode & 0o002) === 0;
  } catch {
    return false;
  }
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Cgroup v2 may be at /sys/fs/cgroup or, beside v1, at /sys/fs/cgroup/unified. Undefined where there is none. */
export function cgroupMount(): string | undefined {
  const mount = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, , type]) => type === "cgroup2");
  // Blanks in a mount point are written as octal escapes.
  return mount?.[1]?.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
