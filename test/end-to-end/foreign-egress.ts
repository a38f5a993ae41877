// A program of somebody else on a cgroup, as systemd's IPAddressDeny attaches one: refuses what goes to one address.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parsePrefix } from "../../helper/policy/address.ts";
import { made } from "../network/compiled.ts";

const source = join(import.meta.dirname, "../bpf/foreign.bpf.c");

/** The program's object, compiled first where it must be. */
export function foreignObject(): string {
  const headers = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  const flags = ["-O2", "-g", "-target", "bpf", "-I", headers];
  return made("foreign.bpf.o", [source], (path) => execFileSync("clang-14", [...flags, "-c", source, "-o", path]));
}

export class ForeignEgress {
  /** A folder with the program `foreign` and its map `denied`. */
  private readonly pins = `/sys/fs/bpf/picket-test-foreign-${randomBytes(4).toString("hex")}`;
  private readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async attach(directory: string, denied: string): Promise<ForeignEgress> {
    const foreign = new ForeignEgress(directory);
    const address = parsePrefix(denied)?.hex;
    if (address === undefined) throw new Error(denied);
    const { pins } = foreign;
    try {
      execFileSync("bpftool", ["prog", "loadall", foreignObject(), pins, "pinmaps", pins]);
      const value = address.match(/../g) ?? [];
      const key = ["key", "hex", "00", "00", "00", "00"];
      execFileSync("bpftool", ["map", "update", "pinned", join(pins, "denied"), ...key, "value", "hex", ...value]);
      execFileSync("bpftool", ["cgroup", "attach", directory, "egress", "pinned", join(pins, "foreign"), "multi"]);
      return foreign;
    } catch (error) {
      rmSync(pins, { recursive: true, force: true });
      throw error;
    }
  }

  detach(): void {
    const program = join(this.pins, "foreign");
    execFileSync("bpftool", ["cgroup", "detach", this.directory, "egress", "pinned", program]);
    rmSync(this.pins, { recursive: true, force: true });
  }
}
