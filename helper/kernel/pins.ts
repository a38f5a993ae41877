// The BPF file system, in which maps, programs and links stay when nobody holds them.
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { log } from "../log.ts";
import { mountBpf, unmount } from "./libc.ts";

export const bpfFileSystem = "/sys/fs/bpf";

/** Mounts the BPF file system where nobody has; true when this call did. */
export function ensureBpfFileSystem(): boolean {
  const mounted = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[1] === bpfFileSystem && line.split(" ")[2] === "bpf");
  if (!mounted) mountBpf(bpfFileSystem);
  return !mounted;
}

/** Unmounts what ensureBpfFileSystem mounted, unless somebody uses it by now. */
export function releaseBpfFileSystem(): void {
  try {
    // Unmounting would drop the pins of others with it. The kernel puts two .debug files into every bpffs itself.
    if (readdirSync(bpfFileSystem).every((name) => name.endsWith(".debug"))) unmount(bpfFileSystem);
  } catch (error) {
    log("info", "the BPF file system stays mounted", { error: String(error) });
  }
}

/** Unlinks a pin or a tree of them. bpffs knows no recursive removal of its own. */
export function removePins(path: string): void {
  if (!existsSync(path)) return;
  if (!lstatSync(path).isDirectory()) {
    unlinkSync(path);
    return;
  }
  for (const name of readdirSync(path)) removePins(join(path, name));
  rmdirSync(path);
}
