// How the content of an app's files is named, without reading them. Pure.

/** Begins the name of a content that another file may have as well: its file system gives numbers again. Nothing is remembered by it. */
const passing = "~";

export function isSteady(content: string): boolean {
  return !content.startsWith(passing);
}

/** How a content is kept: one whose numbers may mean another file only by what was in it. */
export function lasting(content: string, sha256: string | null): string {
  return isSteady(content) ? content : `${passing}${sha256 ?? ""}`;
}

/** Names the content of files, without reading them. `steady`: no other file will ever go by these numbers. */
export function contentOf(
  files: readonly { inode: bigint; changed: bigint; device: bigint }[],
  steady: boolean,
): string {
  const text = files.map(({ device, inode, changed }) => `${device}:${inode}:${changed}`).join("+");
  return steady ? text : `${passing}${text}`;
}

/**
 * Whether two processes run the same content, as far as their names tell. Of one that the kernel knew when this helper started nobody has
 * looked at the files yet: what was asked about it before is what it is held for.
 */
export function isSameContent(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b || (!isSteady(a) && !isSteady(b));
}
