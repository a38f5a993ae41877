// Where an icon lies in its theme (freedesktop.org Icon Theme Specification 0.13). Pure: what a theme says comes in as text.

/** One folder of a theme. Sizes in pixels of a screen without scaling. */
export interface IconFolder {
  readonly path: string;
  readonly size: number;
  readonly scale: number;
  readonly kind: "Fixed" | "Scalable" | "Threshold";
  readonly smallest: number;
  readonly largest: number;
}

export interface Theme {
  readonly folders: readonly IconFolder[];
  /** Themes that are looked into where this one has no such icon. */
  readonly parents: readonly string[];
}

/** Reads an index.theme. What makes no sense in it is left out. */
export function parseTheme(text: string): Theme {
  const groups = new Map<string, Map<string, string>>();
  let group = new Map<string, string>();
  for (const line of text.split("\n")) {
    const header = /^\[([^\]]+)\]\s*$/.exec(line)?.[1];
    if (header !== undefined) {
      group = new Map();
      groups.set(header, group);
    }
    const [, key, value] = /^([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) group.set(key, value);
  }
  const about = groups.get("Icon Theme");
  const named = [...words(about?.get("Directories")), ...words(about?.get("ScaledDirectories"))];
  const folders = named.flatMap((path): IconFolder[] => {
    const keys = groups.get(path);
    const size = Number(keys?.get("Size"));
    // The folder of a theme is never outside of it.
    if (!keys || !(size > 0) || path.split("/").includes("..")) return [];
    const kind = keys.get("Type");
    const threshold = Number(keys.get("Threshold") ?? 2);
    const near = kind === "Scalable" || kind === "Fixed" ? 0 : threshold;
    return [
      {
        path,
        size,
        scale: Number(keys.get("Scale") ?? 1) || 1,
        kind: kind === "Fixed" || kind === "Scalable" ? kind : "Threshold",
        smallest: Number(keys.get("MinSize") ?? size) - near,
        largest: Number(keys.get("MaxSize") ?? size) + near,
      },
    ];
  });
  return { folders, parents: words(about?.get("Inherits")) };
}

function words(list: string | undefined): string[] {
  return (list ?? "").split(",").flatMap((word) => word.trim() || []);
}

/**
 * The theme's folders, the best for an icon of `pixels` first. A larger picture loses nothing when it is drawn smaller; a smaller one
 * becomes blurred, so it comes last.
 */
export function bestFolders(theme: Theme, pixels: number): IconFolder[] {
  const badness = ({ kind, size, scale, smallest, largest }: IconFolder): number => {
    const drawn = size * scale;
    if (kind === "Scalable" && smallest * scale <= pixels && pixels <= largest * scale) return 0;
    if (drawn === pixels) return 0;
    return drawn > pixels ? drawn / pixels : 1000 * (pixels / drawn);
  };
  return [...theme.folders].sort((a, b) => badness(a) - badness(b));
}

/** Themes in the order in which they are searched: the chosen one, all that it inherits, hicolor last, as every app installs there. */
export function searchOrder(chosen: string | null, parentsOf: (theme: string) => readonly string[]): string[] {
  const order: string[] = [];
  const visit = (name: string): void => {
    if (name === fallback || order.includes(name) || order.length >= mostThemes) return;
    order.push(name);
    for (const parent of parentsOf(name)) visit(parent);
  };
  if (chosen !== null) visit(chosen);
  return [...order, fallback];
}

const fallback = "hicolor";
/** Themes that inherit one another without end would be searched for ever. */
const mostThemes = 16;

/** A name that can only be a file directly in a theme's folder. */
export function isIconName(name: string): boolean {
  return /^[\w.+-]{1,128}$/u.test(name) && !/^\.+$/.test(name);
}
