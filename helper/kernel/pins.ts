// The BPF file system, in which maps, programs and links stay when nobody holds them.
import { existsSync, lstatSync, readdirSync, readFileSync, rmdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { mountBpf } from "./libc.ts";

export const bpfFileSystem = "/sys/fs/bpf";

/** Mounts the BPF file system where nobody has; true when this call did. */
export function ensureBpfFileSystem(): boolean {
  const mounted = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .some((line) => line.split(" ")[1] === bpfFileSystem && line.split(" ")[2] === "bpf");
  if (!mounted) mountBpf(bpfFileSystem);
  return !mounted;
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
