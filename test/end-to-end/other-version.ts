// A helper of another ABI: a copy of this checkout whose programs and mirror say so, and lay out otherwise what is kept for sockets and
// flows, compiled from the same sources.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nodePath, root } from "../../build/paths.ts";
import { abi } from "../../helper/kernel/layout.ts";
import { made } from "../network/compiled.ts";

const bpf = join(root, "bpf");
const sources = [import.meta.filename, ...readdirSync(bpf).map((name) => join(bpf, name))];
/** Structs of which the other version has eight bytes more at their beginning, and their first member. */
const moved = [
  ["socket_state", "__u64 netns;"],
  ["gate", "__u32 state;"],
] as const;

function replace(file: string, before: string, after: string): void {
  const text = readFileSync(file, "utf8");
  if (!text.includes(before)) throw new Error(`${file} does not say ${before}`);
  writeFileSync(file, text.replace(before, after));
}

export class OtherVersion {
  readonly abi = abi - 1;
  /** Of the copy. */
  readonly folder = mkdtempSync(join(tmpdir(), "picket-other-version-"));

  constructor() {
    for (const part of ["bpf", "build", "contract", "helper", "package.json"]) {
      cpSync(join(root, part), join(this.folder, part), { recursive: true });
    }
    symlinkSync(join(root, "node_modules"), join(this.folder, "node_modules"));
    replace(join(this.folder, "bpf/picket.h"), `#define PICKET_ABI ${abi}`, `#define PICKET_ABI ${this.abi}`);
    replace(
      join(this.folder, "helper/kernel/layout.ts"),
      `export const abi = ${abi};`,
      `export const abi = ${this.abi};`,
    );
    for (const [name, first] of moved) {
      replace(
        join(this.folder, "bpf/picket.h"),
        `struct ${name} {\n\t${first}`,
        `struct ${name} {\n\t__u64 other;\n\t${first}`,
      );
      replace(
        join(this.folder, "helper/kernel/layout.ts"),
        `const ${name} = new Struct({`,
        `const ${name} = new Struct({ other: "u64",`,
      );
    }
    const built = join(this.folder, "dist/bpf/picket.bpf.o");
    mkdirSync(dirname(built), { recursive: true });
    cpSync(
      made("other-abi.bpf.o", sources, (path) => this.compile(built, path)),
      built,
    );
  }

  private compile(built: string, path: string): void {
    const build = 'import { buildBpf } from "./build/bpf.ts"; await buildBpf();';
    execFileSync(nodePath, ["--input-type=module", "-e", build], { cwd: this.folder, stdio: "inherit" });
    cpSync(built, path);
  }

  get entry(): string {
    return join(this.folder, "helper/main.ts");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
