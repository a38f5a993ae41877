// Which app a binary is, in the words of root-owned desktop entries (freedesktop.org Desktop Entry Specification 1.5).
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

export interface DesktopEntry {
  readonly name: string;
  readonly icon: string | null;
}

/** System folders only: an entry in a home folder could call anything "Firefox". */
export const systemDirectories = [
  "/usr/local/share/applications",
  "/usr/share/applications",
  "/var/lib/flatpak/exports/share/applications",
  "/var/lib/snapd/desktop/applications",
];

const searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games";
/** A desktop entry is a few kilobytes; anything larger is not one. */
const largestEntry = 256 * 1024;

/** The [Desktop Entry] group's untranslated keys. Null for text that is no launchable application. */
export function parseDesktopEntry(text: string): { name: string; icon: string | null; exec: string } | null {
  const keys = new Map<string, string>();
  let group = "";
  for (const line of text.split("\n")) {
    const header = /^\[(.+)\]\s*$/.exec(line);
    if (header) group = header[1] ?? "";
    const entry = /^([A-Za-z-]+)\s*=\s*(.*?)\s*$/.exec(line);
    if (group === "Desktop Entry" && entry?.[1] && !keys.has(entry[1])) keys.set(entry[1], entry[2] ?? "");
  }
  const name = keys.get("Name");
  const exec = keys.get("Exec");
  if (keys.get("Type") !== "Application" || !name || !exec || keys.get("Hidden") === "true") return null;
  return { name, exec, icon: keys.get("Icon") || null };
}

/**
 * The program of an Exec line: its first word, without quotes, past `env` and assignments. Null when a further word is neither
 * option nor field code: a script, a command or a sandboxed app's id names the app then, and the program starts others as well.
 */
export function execProgram(exec: string): string | null {
  const words = [...exec.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((word) => word[1] ?? word[2] ?? "");
  let at = 0;
  if (/(^|\/)env$/.test(words[0] ?? "")) {
    at = 1;
    while (/^\w+=/.test(words[at] ?? "")) at++;
  }
  const isOwn = (word: string) => /^[-%]/.test(word);
  return words.slice(at + 1).every(isOwn) ? words[at] || null : null;
}

function resolveProgram(program: string): string | null {
  const candidates = isAbsolute(program)
    ? [program]
    : searchPath.split(delimiter).map((folder) => join(folder, program));
  for (const candidate of candidates) {
    try {
      return realpathSync(candidate);
    } catch {
      // not in this folder
    }
  }
  return null;
}

/** True for a root-owned file that only root may write. */
export function isRootsOwn(path: string): boolean {
  try {
    const { uid, mode } = statSync(path);
    return uid === 0 && (mode & 0o022) === 0;
  } catch {
    return false;
  }
}

/** Null for what is no root-owned entry of a sensible size, or vanishes meanwhile. */
function readEntry(file: string): ReturnType<typeof parseDesktopEntry> {
  try {
    const stat = statSync(file);
    const readable = isRootsOwn(file) && stat.isFile() && stat.size <= largestEntry;
    return readable ? parseDesktopEntry(readFileSync(file, "utf8")) : null;
  } catch {
    return null;
  }
}

/** Entries by the real path of their program. The first folder wins, and within it the first name. */
export function readDesktopEntries(directories: readonly string[]): Map<string, DesktopEntry> {
  const entries = new Map<string, DesktopEntry>();
  for (const directory of directories) {
    let names: string[];
    try {
      names = readdirSync(directory).sort();
    } catch {
      continue; // not every system has every folder
    }
    for (const name of names) {
      const entry = name.endsWith(".desktop") ? readEntry(join(directory, name)) : null;
      const program = entry && execProgram(entry.exec);
      const path = program && resolveProgram(program);
      if (entry && path && !entries.has(path)) entries.set(path, { name: entry.name, icon: entry.icon });
    }
  }
  return entries;
}

/** What a package says of itself: flatpak exports it as ID.desktop, snapd as NAME_APP.desktop, and its main app has the Snap's name. */
export function packageEntry(
  directories: readonly string[],
  { kind, id }: { kind: "flatpak" | "snap"; id: string },
): DesktopEntry | undefined {
  const name = kind === "flatpak" ? `${id}.desktop` : `${id}_${id}.desktop`;
  for (const directory of directories) {
    const entry = readEntry(join(directory, name));
    if (entry) return { name: entry.name, icon: entry.icon };
  }
  return undefined;
}
