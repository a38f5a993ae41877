// The texts of lists, in a folder for root alone. A text is written under a name that nobody reads, and has its own only when it is whole
// and on the disk. Which of them count, the database says.
import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { join } from "node:path";

export class ListFiles {
  readonly directory: string;
  private last = Date.now();

  constructor(directory: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    chmodSync(directory, 0o700);
  }

  /** Where a new text may be written. */
  part(): string {
    return join(this.directory, `${(++this.last).toString(36)}.part`);
  }

  /** Keeps what was written: on the disk when this resolves. Returns its name in the folder. */
  async keep(part: string): Promise<string> {
    const file = await open(part, "r+");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    const name = `${(++this.last).toString(36)}.list`;
    await rename(part, join(this.directory, name));
    const folder = await open(this.directory, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
    return name;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  remove(name: string | null | undefined): void {
    if (name) rmSync(this.path(name), { force: true });
  }

  /** Removes what was not kept; nothing when it was. */
  discard(part: string): void {
    rmSync(part, { force: true });
  }

  /** Removes what is not in `known`: what a helper left that died in the midst of an update. */
  sweep(known: ReadonlySet<string>): void {
    for (const name of readdirSync(this.directory)) {
      if (/\.(?:part|list)$/.test(name) && !known.has(name)) this.remove(name);
    }
  }
}
