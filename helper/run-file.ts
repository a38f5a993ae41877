// /run/picket/INSTANCE.json: what `picket off` needs to find a helper, whatever state it is in, and what the helper after it must know.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Guard } from "./guard/named.ts";
import type { Options } from "./options.ts";

const folder = "/run/picket";

/** Returns the file's path. A helper that ends in order removes it. */
export function writeRunFile(instance: string, { socket, state }: Options, guards: readonly Guard[]): string {
  // Everybody may read it (main/client/signs-of-life.ts), whatever is taken away from new files of ours.
  if (mkdirSync(folder, { recursive: true }) !== undefined) chmodSync(folder, 0o755);
  const stat = readFileSync("/proc/self/stat", "latin1");
  const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const known = Object.fromEntries(guards.map(({ name, directory }) => [name, directory]));
  const file = join(folder, `${instance}.json`);
  writeFileSync(file, JSON.stringify({ pid: process.pid, start, instance, socket, state, guards: known }));
  chmodSync(file, 0o644);
  return file;
}

/** Where the guards of a helper that died were, by their names. */
export function guardsBefore(instance: string): Map<string, string> {
  try {
    const { guards } = JSON.parse(readFileSync(join(folder, `${instance}.json`), "utf8")) as { guards?: object };
    return new Map(Object.entries(guards ?? {}).filter(([, directory]) => typeof directory === "string"));
  } catch {
    return new Map(); // there was none, or it died while it wrote
  }
}
