// A file's bytes without reading them: the kernel fetches what is looked at, and may let go of it again.
import { fstatSync } from "node:fs";
import { close, map, O_RDONLY, open } from "./libc.ts";

/** Maps a whole file, for good. Throws SystemError. It must not be cut short meanwhile: root's own, replaced and never written in place. */
export function mapFile(path: string): Buffer {
  const fd = open(path, O_RDONLY);
  try {
    return Buffer.from(map(fd, fstatSync(fd).size, 0, false));
  } finally {
    close(fd);
  }
}
