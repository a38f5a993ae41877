// Paths that say a version: one app, whichever of them it runs from. Pure.
//
// "/opt/app-1.2/bin/app" and "/opt/app-1.3/bin/app" are "/opt/app-*/bin/app" to rules. No path of a file that is certain has a "*" itself
// (helper/identity/apps.ts), so that nothing else can read like it.

/** `folder`: where the versions lie beside each other, as a count of the path's parts. */
export interface Versioned {
  readonly pattern: string;
  readonly folder: string;
  /** A store whose folders anybody may have filled (Nix, Guix): a place in it proves nothing about who wrote it. */
  readonly store: boolean;
}

const suffix = String.raw`(?:[-.+_~]?(?:alpha|beta|rc|pre|dev|nightly|snapshot|esr|build|[abpr])[-.]?\d*)?(?:[-+]\d[\d.]*)?`;
const plain = String.raw`v?\d+(?:\.\d+)*${suffix}`;
const dotted = String.raw`v?\d+(?:\.\d+)+${suffix}`;
/** What may follow a version: "-linux-x64", "-openjdk-amd64". */
const rest = "((?:-[a-z][a-z0-9_]*)*)";

/** A folder of nothing but a version: "2024.1", "v20.11.0". A bare number may be anything: it is none. */
const whole = new RegExp(`^${dotted}$`);
/** "firefox-128": the name has three letters or more, for "ch-0" may be anything; "go-1.22". */
const named = new RegExp(`^([A-Za-z][A-Za-z.+_-]+[A-Za-z+]-)${plain}${rest}$`);
const short = new RegExp(`^([A-Za-z][A-Za-z.+_-]*[-_])${dotted}${rest}$`);

/** "/nix/store/HASH-name-version": the version begins with the first dash before a digit. */
const storePath = /^(\/(?:nix|gnu)\/store)\/[0-9a-z]{32}-([^/]+)(\/.+)$/;

/** One folder's name without its version; null when it has none. */
function unversioned(name: string): string | null {
  if (whole.test(name)) return "*";
  const [, before, after] = named.exec(name) ?? short.exec(name) ?? [];
  return before === undefined ? null : `${before}*${after ?? ""}`;
}

/** Null for a path without a version in any folder's name. The file's own name is left alone: python3.11 is not python3.12. */
export function versionPattern(path: string): Versioned | null {
  const [, store, name, below] = storePath.exec(path) ?? [];
  if (store !== undefined && name !== undefined && below !== undefined) {
    const bare = name.replace(/-\d.*$/, "-*");
    return { pattern: `${store}/*-${bare}${versionPattern(below)?.pattern ?? below}`, folder: store, store: true };
  }
  if (/^\/(?:proc|sys|dev)\//.test(path)) return null;
  const parts = path.split("/");
  const at = parts.findIndex((part, index) => index < parts.length - 1 && unversioned(part) !== null);
  if (at < 0) return null;
  const pattern = parts.map((part, index) => (index < parts.length - 1 ? (unversioned(part) ?? part) : part)).join("/");
  return { pattern, folder: parts.slice(0, at).join("/") || "/", store: false };
}
