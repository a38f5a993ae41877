// The icons of apps, as pictures: what the helper read in a root-owned desktop entry is looked up in the system's icon themes. Only files
// that root alone can write are shown, so that no program gives itself another's face.
import { lstat, open, readFile, realpath } from "node:fs/promises";
import { extname, isAbsolute, join } from "node:path";
import { bestFolders, isIconName, parseTheme, searchOrder, type Theme } from "./theme.ts";

export interface Picture {
  readonly type: "image/png" | "image/svg+xml";
  readonly bytes: Buffer;
}

export interface IconPlaces {
  /** Folders with themes in them. */
  readonly themes: readonly string[];
  /** Folders with icons that belong to no theme. */
  readonly loose: readonly string[];
  /** The theme that the person chose; null where nobody knows. */
  chosen(): Promise<string | null>;
}

/** System folders only: a theme in a home folder could give any app another's icon. */
export const systemPlaces: IconPlaces = {
  themes: [
    "/usr/local/share/icons",
    "/usr/share/icons",
    "/var/lib/flatpak/exports/share/icons",
    "/var/lib/snapd/desktop/icons",
  ],
  loose: ["/usr/share/pixmaps"],
  chosen: chosenTheme,
};

/** Larger ones are no icons. */
const largestPicture = 1 << 20;
const largestIndex = 1 << 20;
/** Icons kept, found or not. */
const remembered = 256;

export class Icons {
  private readonly places: IconPlaces;
  private readonly themes = new Map<string, Promise<Theme>>();
  private readonly found = new Map<string, Promise<Picture | null>>();

  constructor(places: IconPlaces = systemPlaces) {
    this.places = places;
  }

  /** `icon`: as a desktop entry says it, a name or an absolute path. `pixels`: how large it will be drawn. Null where there is none. Never throws. */
  find(icon: string, pixels: number): Promise<Picture | null> {
    const key = `${pixels} ${icon}`;
    let picture = this.found.get(key);
    if (picture === undefined) {
      picture = this.look(icon, pixels).catch(() => null);
      this.found.set(key, picture);
      for (const old of this.found.keys()) if (this.found.size > remembered) this.found.delete(old);
    }
    return picture;
  }

  private async look(icon: string, pixels: number): Promise<Picture | null> {
    if (isAbsolute(icon)) return readPicture(icon);
    // Many entries name a file all the same.
    const name = icon.replace(/\.(png|svg|xpm)$/, "");
    if (!isIconName(name)) return null;
    const chosen = await this.places.chosen().catch(() => null);
    const parents = new Map<string, readonly string[]>();
    // The order follows from what the themes say, which is read on the way.
    for (let order = searchOrder(chosen, () => []); ; ) {
      const unread = order.filter((theme) => !parents.has(theme));
      if (unread.length === 0) break;
      for (const theme of unread) parents.set(theme, (await this.theme(theme)).parents);
      order = searchOrder(chosen, (theme) => parents.get(theme) ?? []);
    }
    for (const theme of searchOrder(chosen, (each) => parents.get(each) ?? [])) {
      const picture = await this.inTheme(theme, name, pixels);
      if (picture) return picture;
    }
    for (const folder of this.places.loose) {
      const picture = await firstPicture(join(folder, name));
      if (picture) return picture;
    }
    return null;
  }

  private async inTheme(theme: string, name: string, pixels: number): Promise<Picture | null> {
    for (const folder of bestFolders(await this.theme(theme), pixels)) {
      for (const place of this.places.themes) {
        const picture = await firstPicture(join(place, theme, folder.path, name));
        if (picture) return picture;
      }
    }
    return null;
  }

  /** What the theme of this name says of its folders, in all places together. */
  private theme(name: string): Promise<Theme> {
    let theme = this.themes.get(name);
    if (theme === undefined) {
      theme = isIconName(name) ? this.readTheme(name) : Promise.resolve({ folders: [], parents: [] });
      this.themes.set(name, theme);
    }
    return theme;
  }

  private async readTheme(name: string): Promise<Theme> {
    for (const place of this.places.themes) {
      const text = await readRootsOwn(join(place, name, "index.theme"), largestIndex).catch(() => null);
      if (text) return parseTheme(text.toString("utf8"));
    }
    return { folders: [], parents: [] };
  }
}

async function firstPicture(path: string): Promise<Picture | null> {
  for (const ending of [".svg", ".png"]) {
    const picture = await readPicture(`${path}${ending}`);
    if (picture) return picture;
  }
  return null;
}

async function readPicture(path: string): Promise<Picture | null> {
  const bytes = await readRootsOwn(path, largestPicture).catch(() => null);
  if (bytes === null) return null;
  if (bytes.subarray(0, 8).equals(pngBeginning)) return { type: "image/png", bytes };
  return extname(path) === ".svg" ? { type: "image/svg+xml", bytes } : null;
}

const pngBeginning = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Throws for what is missing, too large, or could be written by anybody but root. */
async function readRootsOwn(path: string, most: number): Promise<Buffer> {
  // Package managers link icons to one another. What counts is the file at the end, and every folder on the way to it.
  const real = await realpath(path);
  for (let folder = real; ; folder = join(folder, "..")) {
    const { uid, mode } = await lstat(folder);
    if (uid !== 0 || (mode & 0o022 && !(mode & 0o1000))) throw new Error(`${folder} is not root's alone`);
    if (folder === "/") break;
  }
  const file = await open(real, "r");
  try {
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > most) throw new Error(`${real} is no icon`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** What the desktop's settings say, as GTK keeps them for programs of any desktop. */
async function chosenTheme(): Promise<string | null> {
  const home = process.env.XDG_CONFIG_HOME || join(process.env.HOME ?? "/", ".config");
  for (const version of ["gtk-4.0", "gtk-3.0"]) {
    const text = await readFile(join(home, version, "settings.ini"), "utf8").catch(() => "");
    const name = /^gtk-icon-theme-name\s*=\s*"?([^"\n]+?)"?\s*$/m.exec(text)?.[1];
    if (name !== undefined && isIconName(name)) return name;
  }
  return null;
}
