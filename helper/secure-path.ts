// Folders of root's that nobody else can exchange: neither they themselves, nor any above them, nor a link on the way.
import { lstatSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StartError } from "./start-error.ts";

/** Throws StartError unless root alone may write the folder and exchange what leads to it. A sticky folder may be above it. */
export function checkFolder(path: string): void {
  for (let folder = path; ; folder = dirname(folder)) {
    const { uid, mode } = statSync(folder);
    const sticky = (mode & 0o1000) !== 0 && folder !== path;
    if (uid !== 0 || ((mode & 0o022) !== 0 && !sticky))
      throw new StartError(`${folder} must belong to root and be writable by root alone`);
    // Where the link leads is root's today; where it leads tomorrow is its owner's.
    if (lstatSync(folder).uid !== 0) throw new StartError(`${folder} is a link that is not root's`);
    if (folder === dirname(folder)) return;
  }
}
