// Refuses a helper socket that somebody other than root could have put there: an impostor would learn every question and answer it.
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CodedError } from "../../contract/errors.ts";

const groupOrOtherMayWrite = 0o022;
const otherMayWrite = 0o002;
const sticky = 0o1000;

/**
 * Returns the socket's path with every link in its folder resolved, or throws socket_not_trusted (no_helper when nothing is there).
 * The socket's own mode does not matter: connecting needs write permission, replacing it needs the folder's.
 */
export async function trustedSocketPath(path: string): Promise<string> {
  const folder = await realpath(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    throw missing(error, path);
  });
  const socket = join(folder, basename(path));
  await checkFolder(folder, true);
  const found = await lstat(socket).catch((error: NodeJS.ErrnoException) => {
    throw missing(error, path);
  });
  if (!found.isSocket()) throw new CodedError("socket_not_trusted", `${socket} is not a socket`);
  if (found.uid !== 0) throw new CodedError("socket_not_trusted", `${socket} belongs to uid ${found.uid}`);
  return socket;
}

/** The socket's own folder must be closed to others; above it a sticky folder (/tmp) is enough, for nobody can rename root's folder in it. */
async function checkFolder(folder: string, own: boolean): Promise<void> {
  const found = await lstat(folder).catch((error: NodeJS.ErrnoException) => {
    throw missing(error, folder);
  });
  if (found.uid !== 0) throw new CodedError("socket_not_trusted", `${folder} belongs to uid ${found.uid}`);
  const writers = found.gid === 0 ? otherMayWrite : groupOrOtherMayWrite;
  const open = (found.mode & writers) !== 0;
  if (open && (own || (found.mode & sticky) === 0))
    throw new CodedError("socket_not_trusted", `others may write to ${folder}`);
  const parent = dirname(folder);
  if (parent !== folder) await checkFolder(parent, false);
}

function missing(error: NodeJS.ErrnoException, path: string): CodedError {
  if (error.code === "ENOENT" || error.code === "ENOTDIR") return new CodedError("no_helper", path);
  return new CodedError("socket_not_trusted", `${path}: ${error.code ?? error.message}`);
}
