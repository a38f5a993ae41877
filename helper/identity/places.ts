// Where a file is: what rules call it, whichever version it is of, and whether root alone could have put it there.
import { realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { isRootsOwn } from "./desktop-entries.ts";
import { type Mount, readMounts } from "./mounts.ts";
import { onlyRootWrites } from "./packages.ts";
import { isSettled, stepsTo } from "./probe.ts";
import { versionPattern } from "./versions.ts";
import { isOneApp, writerOf } from "./writers.ts";

export interface Place {
  readonly path: string;
  /** What rules call it. */
  readonly key: string;
  readonly byRoot: boolean;
}

/** What root has chosen of a store that anybody may fill. */
const profiles = [
  "/run/current-system/sw/bin",
  "/nix/var/nix/profiles/default/bin",
  "/var/guix/profiles/system/profile/bin",
];

/** Whether the folder of the store is one that root's own profile leads to, by a program of that name. */
function isInRootsProfile(path: string): boolean {
  const folder = path.split("/").slice(0, 4).join("/");
  return profiles.some((profile) => {
    try {
      return onlyRootWrites(profile) && realpathSync(join(profile, basename(path))).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });
}

/** `path`: of a file, without links. Never rejects; where nobody can tell in time who may write there, every version is an app of its own. `lane`: what it may have to wait for. */
export async function placeOf(
  path: string,
  mounts: readonly Mount[] = readMounts(),
  lane: "local" | "rules" = "local",
): Promise<Place> {
  const versioned = versionPattern(path);
  if (versioned === null) return { path, key: path, byRoot: isSettled(path, mounts) && isRootsOwn(path) };
  if (versioned.store) return { path, key: versioned.pattern, byRoot: isInRootsProfile(path) };
  const way = await stepsTo(path, mounts, lane);
  const folders = versioned.folder === "/" ? 1 : versioned.folder.split("/").length;
  const byRoot = way !== null && writerOf(way) === "root";
  return { path, key: way !== null && isOneApp(way, folders) ? versioned.pattern : path, byRoot };
}
