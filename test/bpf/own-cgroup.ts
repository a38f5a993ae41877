// A cgroup, an instance name and pins that belong to one test, and their removal.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cgroupRoot } from "../../helper/guard/cgroups.ts";
import { bpfFileSystem, ensureBpfFileSystem, removePins } from "../../helper/kernel/pins.ts";

export class OwnCgroup {
  readonly instance = `picket-test-${randomBytes(5).toString("hex")}`;
  readonly pins = join(bpfFileSystem, this.instance);
  readonly directory = join(cgroupRoot(), this.instance);

  constructor() {
    ensureBpfFileSystem();
    mkdirSync(this.directory);
  }

  /** A cgroup within. */
  child(name: string): string {
    const directory = join(this.directory, name);
    mkdirSync(directory);
    return directory;
  }

  private shown(directory: string): { id: number; name: string; attach_type: string }[] {
    const text = execFileSync("bpftool", ["cgroup", "show", directory, "-j"], { encoding: "utf8" });
    return JSON.parse(text.trim() || "[]");
  }

  /** Ids of the programs attached to a directory itself. */
  attached(directory = this.directory): number[] {
    return this.shown(directory)
      .map(({ id }) => id)
      .sort((a, b) => a - b);
  }

  /** Their names, by where they are attached, as bpftool calls it. */
  places(): Record<string, string> {
    return Object.fromEntries(this.shown(this.directory).map(({ name, attach_type }) => [attach_type, name]));
  }

  /** The id of the program behind a pinned link; the path is relative to the pins. */
  linked(pin: string): number {
    const text = execFileSync("bpftool", ["link", "show", "pinned", join(this.pins, pin), "-j"], { encoding: "utf8" });
    return (JSON.parse(text) as { prog_id: number }).prog_id;
  }

  /** Every pin, relative. */
  pinned(): string[] {
    if (!existsSync(this.pins)) return [];
    return (readdirSync(this.pins, { recursive: true }) as string[]).sort();
  }

  /** Waits for the processes in it to end: the caller has killed them. */
  async remove(): Promise<void> {
    removePins(this.pins);
    for (let tries = 0; existsSync(this.directory); tries++) {
      try {
        for (const entry of readdirSync(this.directory, { withFileTypes: true })) {
          if (entry.isDirectory()) rmdirSync(join(this.directory, entry.name));
        }
        rmdirSync(this.directory);
      } catch (error) {
        if (tries > 100) throw new Error(`${this.directory} is still busy: ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    rmSync(this.pins, { recursive: true, force: true });
  }
}

/** Cgroups below one another whose path is longer than any path may be; removes them. */
export function deepCgroups(directory: string): { id: bigint; remove: () => void } {
  const names = Array.from({ length: 20 }, () => "x".repeat(250));
  const python = (script: string) => execFileSync("/usr/bin/python3", ["-c", script, directory, ...names]).toString();
  const down = "import os, sys; names = sys.argv[2:]; os.chdir(sys.argv[1])";
  const made = python(`${down}
for name in names: os.mkdir(name); os.chdir(name)
print(os.stat(".").st_ino)`);
  const remove = () =>
    void python(`${down}
for name in names: os.chdir(name)
for name in names: os.chdir(".."); os.rmdir(name)`);
  return { id: BigInt(made), remove };
}

/** Whether the kernel still knows a program. */
export function programExists(id: number): boolean {
  try {
    execFileSync("bpftool", ["prog", "show", "id", String(id)], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Number of maps of a process's descriptors. */
export function mapDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fdinfo`).filter((fd) => {
    try {
      return readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").includes("map_id:");
    } catch {
      return false;
    }
  }).length;
}
