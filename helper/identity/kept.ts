// Executables that an earlier helper told the kernel of. The kernel goes by their files' numbers, which are others after every change of
// content, and it needs no helper for that: a program that is silent until this helper is dead as well must not wait for the next.
//
// What the number of an app means, only the database knows, and that may be another one by now. So a number stays where this database says
// the same by itself: it has the number for an app, and it once met that app as the very file that the kernel has the number for.
import { setImmediate as others } from "node:timers/promises";
import type { App } from "../../contract/words.ts";
import { disguise, layouts } from "../kernel/layout.ts";
import type { BpfMap } from "../kernel/libbpf.ts";
import type { Notices } from "../kernel/notices.ts";
import type { AppNumbers } from "../store/numbers.ts";
import { type Apps, mayLast } from "./apps.ts";
import { contentOf } from "./content.ts";
import type { Contents } from "./contents.ts";
import { changeOf } from "./reported.ts";

export interface KeptParts {
  readonly apps: Pick<Apps, "recognise">;
  readonly numbers: Pick<AppNumbers, "nameOf">;
  readonly contents: Pick<Contents, "isChanged" | "fileOf">;
  readonly maps: Record<"apps", BpfMap>;
  readonly notices: Pick<Notices, "takeBackNumbers">;
}

/** What the database says of an executable. */
interface Recorded {
  readonly path: string;
  readonly content: string;
  readonly file: string;
}

export class Kept {
  private readonly parts: KeptParts;
  /** By executable, as the kernel's key in latin1: what nobody has looked at since. */
  private readonly recorded = new Map<string, Recorded>();

  /**
   * Removes at once what the database does not vouch for. The other files are looked at afterwards, and are either `known` or removed as
   * well: as executables go by the same keys there.
   */
  constructor(parts: KeptParts, known: Map<string, App>) {
    this.parts = parts;
    const { apps } = parts.maps;
    for (const key of apps.keys(layouts.exe_key.size)) {
      const recorded = this.recordOf(key);
      if (recorded === null) apps.delete(key);
      else this.recorded.set(key.toString("latin1"), recorded);
    }
    void this.look(known);
  }

  private recordOf(key: Buffer): Recorded | null {
    const { numbers, contents, maps, notices } = this.parts;
    const number = Buffer.alloc(4);
    const path = maps.apps.get(key, number) ? numbers.nameOf(number.readUInt32LE()) : undefined;
    const exe = layouts.exe_key.read(key);
    if (path === undefined || exe.disguised !== disguise.none) return null;
    const content = contentOf([{ device: BigInt(exe.device), inode: exe.inode, changed: changeOf(exe) }], true);
    // An earlier helper may have died before it took the number back from sockets, too.
    if (contents.isChanged({ path, content })) notices.takeBackNumbers();
    const file = contents.fileOf(path, content);
    return file === null || !mayLast(file) ? null : { path, content, file };
  }

  /** One after the other, and everything else in between: nobody waits for it. */
  private async look(known: Map<string, App>): Promise<void> {
    for (const [exe, { path, content, file }] of [...this.recorded]) {
      await others();
      const key = Buffer.from(exe, "latin1");
      const app = await this.parts.apps.recognise(layouts.exe_key.read(key), file).catch(() => null);
      // Meanwhile its content may have become another than the rules are for, or a process of it may have been named.
      if (!this.recorded.delete(exe) || known.has(exe)) continue;
      if (app?.path === path && app.content === content) known.set(exe, app);
      else this.parts.maps.apps.delete(key);
    }
  }

  /** What is known of these apps' contents has changed. */
  review(paths: ReadonlySet<string>): void {
    for (const [exe, { path, content }] of this.recorded) {
      if (!paths.has(path) || !this.parts.contents.isChanged({ path, content })) continue;
      this.recorded.delete(exe);
      this.parts.maps.apps.delete(Buffer.from(exe, "latin1"));
    }
  }
}
