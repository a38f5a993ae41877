// An app as one string, as rules name it: the executable's path, and for a script behind it the script's own. Pure.

export interface AppPath {
  readonly executable: string;
  /** What an interpreter runs; null for a program that is an app by itself. */
  readonly script: string | null;
}

/** "/usr/bin/python3.11//home/a/sync.py". No path of a file has two slashes in a row, so that nothing else can read like it. */
export function joinAppPath({ executable, script }: AppPath): string {
  return script === null ? executable : `${executable}/${script}`;
}

/** What is in brackets is no path (contract/words.ts) and stays whole. */
export function splitAppPath(path: string): AppPath {
  const at = path.startsWith("/") ? path.indexOf("//", 1) : -1;
  return at < 0 ? { executable: path, script: null } : { executable: path.slice(0, at), script: path.slice(at + 1) };
}

/** For people: "/home/a/sync.py (python3.11)". */
export function appPathText(path: string): string {
  const { executable, script } = splitAppPath(path);
  return script === null ? path : `${script} (${executable.slice(executable.lastIndexOf("/") + 1)})`;
}

const unknown = "[unknown: ";

/** Stands where a program has ended, or become another, before anybody could tell which it was: all that is known is what it called itself. */
export function unknownApp(command: string): string {
  return `${unknown}${command}]`;
}

export function isUnknownApp(path: string): boolean {
  return path.startsWith(unknown);
}
