// Mount tables as /proc/PID/mountinfo tells them (proc_pid_mountinfo(5)), and where one's file is in another. Pure.

export interface Mount {
  /** "major:minor" of the file system. */
  readonly device: string;
  /** The folder of the file system that is mounted. */
  readonly root: string;
  readonly target: string;
}

export function parseMounts(text: string): Mount[] {
  return text.split("\n").flatMap((line) => {
    const [, , device, root, target] = line.split(" ");
    return device && root && target ? [{ device, root: fromOctal(root), target: fromOctal(target) }] : [];
  });
}

/** Blanks, line breaks and backslashes are octal escapes of bytes. */
function fromOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** What lies below `folder` in `path`, with its slash; null when it is not below. */
function below(folder: string, path: string): string | null {
  const prefix = folder === "/" ? "" : folder;
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : null;
}

/**
 * The paths at which `ours` has what `theirs` has at `path`, if at all. A process in a mount namespace that it made itself may have
 * written `theirs`: what it leads to is a guess until it was compared with the file.
 */
export function translate(path: string, theirs: readonly Mount[], ours: readonly Mount[]): string[] {
  const over = theirs.filter(({ target }) => below(target, path) !== null);
  // The deepest, and of several there the one mounted last.
  const mount = over.reduce<Mount | undefined>(
    (best, each) => (best === undefined || each.target.length >= best.target.length ? each : best),
    undefined,
  );
  if (mount === undefined) return [];
  const inside = `${mount.root === "/" ? "" : mount.root}${below(mount.target, path)}`;
  return ours.flatMap(({ device, root, target }) => {
    const rest = device === mount.device ? below(root, inside) : null;
    return rest === null ? [] : [`${target === "/" ? "" : target}${rest}`];
  });
}
