// The trusted part of the table of names, kept for the next helper of this boot: connections that a name allowed live on. Noted in memory,
// written in batches; a crash loses the last second. As bounded as the table itself: what that forgets is forgotten here as well.
import { log } from "../log.ts";
import type { TrustedName } from "../names/name-table.ts";
import type { Store } from "./database.ts";

/** Milliseconds between a name's being learned and its being written. */
const batchPace = 1000;
/** Written at once, which takes some 25 ms: a flood must not keep the helper from its people. */
const batch = 2000;
/** Names whose writing waits, should the disk be full: beyond that the next helper has to do without them. */
const mostUnwritten = 50_000;

interface Noted {
  readonly name: TrustedName;
  readonly known: boolean;
}

export class NameRows {
  private readonly store: Store;
  private readonly boot: string;
  /** By owner, address and name. `known`: false where the row has to go. */
  private readonly unwritten = new Map<string, Noted>();
  private timer: NodeJS.Timeout | undefined;

  /** `boot`: the running kernel's boot id; names of another boot are dropped. */
  constructor(store: Store, boot: string) {
    this.store = store;
    this.boot = boot;
    store.prepare("DELETE FROM names WHERE boot <> ?").run(boot);
  }

  /** What is written and not over, the longest unheard of first. `at`: CLOCK_BOOTTIME milliseconds. Forgets what is over. */
  alive(at: number): TrustedName[] {
    this.store.prepare("DELETE FROM names WHERE until <= ?").run(at);
    const rows = this.store
      .prepare("SELECT address, name, owner, aliases, source, until FROM names ORDER BY rowid")
      .all() as (Omit<TrustedName, "chain"> & { aliases: string })[];
    return rows.map(({ aliases, ...row }) => ({ ...row, chain: JSON.parse(aliases) as string[] }));
  }

  /** The name is known, or no more. */
  note(name: TrustedName, known: boolean): void {
    this.unwritten.set(`${name.owner} ${name.address} ${name.name}`, { name, known });
    this.timer ??= setTimeout(() => this.flush(batch), batchPace).unref();
  }

  /** Writes what waits, `most` of it. Never throws: what cannot be written (a full disk) waits for the next time. */
  flush(most = Number.POSITIVE_INFINITY): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.unwritten.size === 0 || !this.store.open) return;
    try {
      const written = [...this.unwritten].slice(0, most);
      this.write(written.map(([, noted]) => noted));
      for (const [key] of written) this.unwritten.delete(key);
    } catch (error) {
      log("error", "names could not be saved", { error: String(error) });
      if (this.unwritten.size > mostUnwritten) this.unwritten.clear();
    }
    if (this.unwritten.size > 0) this.timer = setTimeout(() => this.flush(batch), batchPace).unref();
  }

  private write(noted: readonly Noted[]): void {
    // Replaced, not updated: the order of the rows is that of their being heard of.
    const write = this.store.prepare(
      `INSERT OR REPLACE INTO names (address, name, owner, aliases, source, until, boot)
       VALUES (@address, @name, @owner, @aliases, @source, @until, @boot)`,
    );
    const remove = this.store.prepare("DELETE FROM names WHERE owner = @owner AND address = @address AND name = @name");
    this.store.transaction(() => {
      for (const { name: row, known } of noted) {
        const { address, name, owner, chain, source, until } = row;
        if (known) write.run({ address, name, owner, aliases: JSON.stringify(chain), source, until, boot: this.boot });
        else remove.run({ address, name, owner });
      }
    })();
  }
}
