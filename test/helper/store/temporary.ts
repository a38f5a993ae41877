// A folder that goes with the test, for real SQLite files.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { openStore, type Store } from "../../../helper/store/database.ts";
import type { BootClock } from "../../../helper/store/rules.ts";

/** A machine that runs for a thousand seconds. */
export const clock: BootClock = { boot: "this boot", boottime: () => 1_000_000 };

/** Call once per file; `open` opens (again) the store of this test. */
export function temporaryStore(): { folder(): string; file(): string; open(): Store } {
  let folder: string | undefined;
  const stores: Store[] = [];
  afterEach(() => {
    for (const store of stores.splice(0)) store.close();
    if (folder) rmSync(folder, { recursive: true });
    folder = undefined;
  });
  const place = () => {
    folder ??= mkdtempSync(join(tmpdir(), "picket-store-"));
    return folder;
  };
  const file = () => join(place(), "picket.sqlite");
  const open = () => {
    const store = openStore(file());
    stores.push(store);
    return store;
  };
  return { folder: place, file, open };
}
