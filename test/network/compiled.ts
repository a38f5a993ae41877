// What tests run that is written in C. Kept in dist/, so that a virtual machine, which has no compiler, finds it made (test/vm/inside.ts).
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";

const folder = join(import.meta.dirname, "../../dist/test-programs");

/** Path of a file in dist/test-programs, made by `make(path)` first where it is missing or older than one of its sources. */
export function made(name: string, sources: readonly string[], make: (path: string) => void): string {
  const path = join(folder, name);
  const newest = Math.max(...sources.map((source) => statSync(source).mtimeMs));
  if (existsSync(path) && statSync(path).mtimeMs > newest) return path;
  mkdirSync(folder, { recursive: true });
  make(`${path}.new`);
  renameSync(`${path}.new`, path);
  return path;
}

/** Needs no library of the machine that it runs on. */
const alone = ["-O2", "-static"];
/** Each with the flags it needs. */
const clients = {
  attempts: alone,
  brief: [...alone, "-pthread"],
  corked: [...alone, "-pthread"],
  crowd: alone,
  flood: alone,
  knock: alone,
  /** Goes on in a copy of its own code, which must be whole by itself. */
  mimic: ["-O1", "-fno-stack-protector"],
  processes: alone,
  /** Without libc and without padding: a program of one or two pages. */
  tiny: ["-O2", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-Wl,-z,noseparate-code"],
};

/** Path of a client. What it does and takes is said in its first lines. */
export function compiled(name: keyof typeof clients): string {
  const source = join(import.meta.dirname, "clients", `${name}.c`);
  const flags = [...clients[name], "-Wall", "-Werror"];
  return made(name, [source], (path) => execFileSync("clang", [...flags, source, "-o", path]));
}

/** `knock` with another content, which does the same. */
export function otherKnock(): string {
  const source = join(import.meta.dirname, "clients/knock.c");
  const flags = [...alone, '-DCONTENT="other"'];
  return made("knock-other", [source], (path) => execFileSync("clang", [...flags, source, "-o", path]));
}

export function compileClients(): void {
  for (const name of Object.keys(clients)) compiled(name as keyof typeof clients);
  otherKnock();
}
