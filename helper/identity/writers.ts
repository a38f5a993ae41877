// Who may change what a path leads to, and so which versions of an app are one: those that nobody else could have put there. Pure.

/** A folder on the way or the file itself, as lstat(2) has it. */
export interface Step {
  readonly uid: number;
  readonly mode: number;
}

/** "root": nobody else. A number: this user besides. Null: several others, or anybody (also of a group). */
export type Writer = "root" | number | null;

export function writerOf(way: readonly Step[]): Writer {
  if (way.some(({ mode }) => (mode & 0o022) !== 0)) return null;
  const [user, ...more] = new Set(way.map(({ uid }) => uid).filter((uid) => uid !== 0));
  if (more.length > 0) return null;
  return user ?? "root";
}

/**
 * Whether an app may go by its pattern: whoever may put a version beside the others is whoever may change this one. `way`: every step from
 * the root to the file; `folders`: how many of them lead to the folder where the versions are.
 */
export function isOneApp(way: readonly Step[], folders: number): boolean {
  const writer = writerOf(way.slice(0, folders));
  return writer !== null && writer === writerOf(way);
}
