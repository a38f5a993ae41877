// The paths that the kernel has for what blocklists have. There may be a million: they are remembered as the lists themselves, and written
// only when a list or its path is another.
import type { Prefix } from "../policy/address.ts";
import type { CompiledPath, ListedPath } from "../policy/compile.ts";
import { sizeOf } from "../policy/fit.ts";

export class ListedPaths {
  private readonly lists: readonly ListedPath[];

  /** Of two that have the same entry the first counts. */
  constructor(lists: readonly ListedPath[]) {
    this.lists = lists;
  }

  /** A list that changed has other addresses (policy/lists.ts). */
  equals({ lists }: ListedPaths): boolean {
    return (
      lists.length === this.lists.length &&
      lists.every(({ addresses, tables }, at) => {
        const there = this.lists[at];
        return there?.addresses === addresses && there.tables.join() === tables.join();
      })
    );
  }

  /** At least as many as there are. */
  get size(): { readonly hosts: number; readonly ranges: number } {
    return sizeOf(this.lists);
  }

  /** The path of exactly this address or range; null where no list has it. */
  of(prefix: Prefix): readonly number[] | null {
    return this.lists.find(({ addresses }) => addresses.has(prefix))?.tables ?? null;
  }

  *hosts(): Generator<CompiledPath> {
    for (const path of this.all()) if (path.prefix.bits === 128) yield path;
  }

  *ranges(): Generator<CompiledPath> {
    for (const path of this.all()) if (path.prefix.bits < 128) yield path;
  }

  /** Each once. */
  private *all(): Generator<CompiledPath> {
    for (const [at, { addresses, tables }] of this.lists.entries()) {
      const earlier = this.lists.slice(0, at);
      for (const prefix of addresses.prefixes) {
        if (!earlier.some(({ addresses }) => addresses.has(prefix))) yield { prefix, tables };
      }
    }
  }
}
