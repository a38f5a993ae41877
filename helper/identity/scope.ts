// What a cgroup says about the process in it: which Flatpak, Snap, desktop app or system service. Pure.
// The names follow systemd's "Desktop Environment Integration" (app[-launcher]-ID-RANDOM.scope), Flatpak's and snapd's conventions.
//
// A name is worth as much as who may choose it. What the system's manager runs was put there by root. Below user@UID.service
// every process of that user makes units and cgroups as it likes: such a name is a label, it proves nothing and decides nothing.
import { unescapeUnit, unitKind, unitOfCgroup } from "../guard/unit-names.ts";

export interface Scope {
  /** unit: a service (or another unit with a name that lasts). scope: an app that a desktop started, or any other scope. */
  readonly kind: "flatpak" | "snap" | "unit" | "scope";
  /** Of the Flatpak or desktop app; the Snap's name; the unit's where there is nothing better. */
  readonly id: string;
  readonly unit: string;
  /** Whether root alone could have chosen the name. */
  readonly byRoot: boolean;
}

/** The cgroup as below the mount. Null where no unit tells an app: a login session, a slice, a manager itself, cgroups without systemd. */
export function scopeOf(cgroup: string): Scope | null {
  const units = cgroup.split("/").filter(Boolean).map(unitOfCgroup);
  const own = units.findIndex((unit) => !unit.endsWith(".slice"));
  const outer = units[own];
  if (outer === undefined) return null;
  if (!isUserManager(units, own)) return describe(outer, true);
  const inner = units.slice(own + 1).find((unit) => !unit.endsWith(".slice"));
  return inner === undefined ? null : describe(inner, false);
}

/** Of the system's manager, in the slice of the user it serves. */
function isUserManager(units: readonly string[], at: number): boolean {
  const uid = /^user@(\d+)\.service$/.exec(units[at] ?? "")?.[1];
  return uid !== undefined && units[0] === "user.slice" && units[at - 1] === `user-${uid}.slice`;
}

/** A login session, a manager itself, `picket run`: where anything may run. */
const anyones = /^(?:init|session-[^-]+|picket(?:_[0-9a-f]{8})?-run-.+)\.scope$/;

function describe(unit: string, byRoot: boolean): Scope | null {
  const kind = unitKind(unit);
  if (kind === null || anyones.test(unit)) return null;
  const flatpak = /^app-flatpak-(.+)-\d+\.scope$/.exec(unit)?.[1];
  if (flatpak !== undefined) return { kind: "flatpak", id: unescapeUnit(flatpak), unit, byRoot };
  // snap.NAME.APP-UUID.scope and snap.NAME.hook.HOOK-UUID.scope; older snapd wrote a dot before the UUID; snap.NAME.APP.service.
  const snap = /^snap\.([a-z0-9_-]+)\.[^.].*\.(?:scope|service)$/.exec(unit)?.[1];
  if (snap !== undefined) return { kind: "snap", id: snap, unit, byRoot };
  const app = desktopApp(unit);
  if (app !== null) return { kind: "scope", id: app, unit, byRoot };
  return { kind: kind === "scope" ? "scope" : "unit", id: unescapeUnit(unit), unit, byRoot };
}

/** The application id in app[-launcher]-ID-RANDOM.scope and app[-launcher]-ID[@RANDOM].service, where dashes of an id are escaped. */
function desktopApp(unit: string): string | null {
  const [, words, kind] = /^app-(.+)\.(scope|service)$/.exec(unit) ?? [];
  if (words === undefined) return null;
  const parts = words.split("-");
  if (kind === "service") return unescapeUnit((parts.at(-1) ?? "").split("@")[0] ?? "") || null;
  return parts.length < 2 ? null : unescapeUnit(parts.at(-2) ?? "") || null;
}

/** A package's own file, by where root has unpacked or mounted it. */
export interface Packaged {
  readonly kind: "flatpak" | "snap";
  readonly id: string;
  /** The same file whatever version is installed: through the link that root keeps on the current one. */
  readonly path: string;
}

const flatpakFile = /^(\/var\/lib\/flatpak\/app\/([^/.][^/]*)\/[^/]+\/[^/]+\/)(?:[0-9a-f]{64}|active)(\/files\/.+)$/;
const snapFile = /^((?:\/var\/lib\/snapd)?\/snap\/([^/.][^/]*)\/)(?:x?\d+|current)(\/.+)$/;
/** Snaps whose programs (shells, interpreters) every other snap runs as well. */
const baseSnap = /^(?:core\d*|bare|snapd)$/;

/** `path`: in the helper's mount namespace. Null for what several packages share (runtimes, bases): it does not tell which of them runs. */
export function packagedFile(path: string): Packaged | null {
  const [, flatpakFolder, flatpak, flatpakRest] = flatpakFile.exec(path) ?? [];
  if (flatpak !== undefined) return { kind: "flatpak", id: flatpak, path: `${flatpakFolder}active${flatpakRest}` };
  const [, snapFolder, snap, snapRest] = snapFile.exec(path) ?? [];
  if (snap === undefined || baseSnap.test(snap)) return null;
  return { kind: "snap", id: snap, path: `${snapFolder}current${snapRest}` };
}
