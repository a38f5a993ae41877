// Where things are in a clone, computed from this file's own place so that no working directory matters.
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
export const dist = join(root, "dist");
/** The pinned Node 24, whatever Node the machine itself has. */
export const nodePath = join(root, "node_modules/.bin/node");

/** Where a foreground helper started from a clone keeps its database, and where clients find it. */
export const stateFolder = "/var/lib/picket";
export const socketPath = "/run/picket/helper.sock";
