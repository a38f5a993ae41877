// The app as another user than the one that runs the tests: Playwright starts a script that becomes it.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { electronPath } from "../../build/electron.ts";
import { dist } from "../../build/paths.ts";

export class OtherUser {
  /** Electron as that user, and the app's files where that user reads them: what App.start takes. */
  readonly run: string;
  readonly window: string;
  /** Electron itself, where that user reads it. */
  readonly electron: string;
  private readonly folder = mkdtempSync(join(tmpdir(), "picket-other-user-"));
  private readonly become: string[];

  /** `sandboxed`: Playwright, which runs as root, asks for no sandbox by itself; then that is left out. */
  constructor(uid: number, gid: number, sandboxed: boolean) {
    chmodSync(this.folder, 0o755);
    this.become = ["setpriv", "--reuid", `${uid}`, "--regid", `${gid}`, "--clear-groups"];
    this.electron = join(this.whereOthersReach(join(electronPath(), "..")), "electron");
    this.window = this.whereOthersReach(join(dist, "window"));
    this.run = join(this.folder, "electron-as-other");
    const without = 'for word; do shift; [ "$word" = --no-sandbox ] || set -- "$@" "$word"; done';
    const script = [
      "#!/bin/sh",
      ...(sandboxed ? [without] : []),
      `exec ${this.become.join(" ")} "${this.electron}" "$@"`,
    ];
    writeFileSync(this.run, `${script.join("\n")}\n`, { mode: 0o755 });
  }

  /** A clone below /root is closed to others; then a copy has to do. */
  private whereOthersReach(path: string): string {
    const test = ["test", "-r", join(path, "package.json"), "-o", "-x", join(path, "electron")];
    const [program = "", ...args] = [...this.become, ...test];
    if (spawnSync(program, args).status === 0) return path;
    const copy = join(this.folder, path.split("/").at(-1) ?? "copy");
    cpSync(path, copy, { recursive: true });
    return copy;
  }

  end(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
