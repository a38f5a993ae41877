// What is asked before any file of the package is in its place: may this version follow the one that was here?
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../paths.ts";

/** The script, for dpkg and rpm alike. */
export function preinst(): string {
  const migrations = readdirSync(join(root, "helper/store/migrations")).length;
  return readFileSync(join(import.meta.dirname, "files/preinst"), "utf8").replaceAll(
    "@MIGRATIONS@",
    String(migrations),
  );
}
