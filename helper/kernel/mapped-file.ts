// A file's bytes without reading them: the kernel fetches what is looked at, and may let go of it again.
import { fstatSync } from "node:fs";
import { advise, close, MADV_DONTNEED, MADV_RANDOM, map, O_RDONLY, open } from "./libc.ts";

export interface MappedFile {
  readonly bytes: Buffer;
  /** The file's pages are no memory of this process until they are looked at again. */
  letGo(): void;
}

/** Maps a whole file, for good. Throws SystemError. It must not be cut short meanwhile: root's own, replaced and never written in place. */
export function mapFile(path: string): MappedFile {
  const fd = open(path, O_RDONLY);
  try {
    const bytes = Buffer.from(map(fd, fstatSync(fd).size, 0, false));
    advise(bytes, MADV_RANDOM);
    return { bytes, letGo: () => advise(bytes, MADV_DONTNEED) };
  } finally {
    close(fd);
  }
}
