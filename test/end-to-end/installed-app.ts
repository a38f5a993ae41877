// An app as a package would put it on the system, for as long as a test runs: a program of root's, its desktop entry and its icon.
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const entries = "/usr/local/share/applications";

export class InstalledApp {
  /** Runs what it is given as Python would; under its own name it is an app of its own. */
  readonly program: string;
  /** Of its icon. */
  readonly pixels = 40;
  private readonly folder: string;
  private readonly entry: string;
  private readonly madeFolder: boolean;

  constructor(name: string) {
    this.folder = mkdtempSync("/opt/picket-test-");
    chmodSync(this.folder, 0o755);
    this.program = join(this.folder, name.toLowerCase());
    copyFileSync("/usr/bin/python3", this.program);
    const icon = join(this.folder, "icon.svg");
    const size = `width="${this.pixels}" height="${this.pixels}"`;
    writeFileSync(icon, `<svg xmlns="http://www.w3.org/2000/svg" ${size}><circle cx="20" cy="20" r="18"/></svg>`);
    this.madeFolder = !existsSync(entries);
    mkdirSync(entries, { recursive: true });
    this.entry = join(entries, `${basename(this.folder)}.desktop`);
    const text = ["[Desktop Entry]", "Type=Application", `Name=${name}`, `Exec=${this.program} %u`, `Icon=${icon}`];
    writeFileSync(this.entry, `${text.join("\n")}\n`);
  }

  remove(): void {
    rmSync(this.entry, { force: true });
    if (this.madeFolder) rmdirSync(entries);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
