// The compiled programs as the tests need them: fresh, and their types as BTF tells them.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBpf } from "../../build/bpf.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(root, "bpf");
const object = join(root, "dist/bpf/picket.bpf.o");

/** The object's path; built first when it is missing or older than a source. */
export async function freshObject(): Promise<string> {
  const newest = Math.max(...readdirSync(sources).map((name) => statSync(join(sources, name)).mtimeMs));
  if (!existsSync(object) || statSync(object).mtimeMs < newest) await buildBpf();
  return object;
}

export interface BtfType {
  id: number;
  kind: string;
  name: string;
  size?: number;
  type_id?: number;
  nr_elems?: number;
  members?: { name: string; type_id: number; bits_offset: number }[];
  values?: { name: string; val: number }[];
}

export function readBtf(path: string): Map<number, BtfType> {
  const args = ["btf", "dump", "file", path, "-j"];
  const text = execFileSync("bpftool", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const { types } = JSON.parse(text) as { types: BtfType[] };
  return new Map(types.map((type) => [type.id, type]));
}

const headers = `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
const flags = ["-g", "-O2", "-target", "bpf", "-mcpu=v3", "-I", headers];

/** The programs with maps that take fewer entries: the text of maps.bpf.h goes through `change`. The caller removes the folder. */
export function compileSmaller(change: (maps: string) => string): { object: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "picket-smaller-"));
  cpSync(sources, folder, { recursive: true });
  const maps = join(folder, "maps.bpf.h");
  writeFileSync(maps, change(readFileSync(maps, "utf8")));
  const object = join(folder, "picket.bpf.o");
  execFileSync("clang-14", [...flags, "-I", folder, "-c", join(folder, "picket.bpf.c"), "-o", object]);
  return { object, folder };
}

/** The text of maps.bpf.h with other numbers of entries. */
export function withRoom(maps: string, room: Readonly<Record<string, number>>): string {
  return Object.entries(room).reduce((changed, [name, entries]) => {
    const end = changed.indexOf(`} ${name} SEC(".maps");`);
    const start = changed.lastIndexOf("__uint(max_entries, ", end);
    if (end < 0 || start < 0) throw new Error(`no map ${name}`);
    return `${changed.slice(0, start)}${changed.slice(start, end).replace(/max_entries, \d+/, `max_entries, ${entries}`)}${changed.slice(end)}`;
  }, maps);
}

/** BTF of a C file that includes all of the programs, for what the object itself does not mention. */
export function compileProbe(code: string): Map<number, BtfType> {
  const folder = mkdtempSync(join(tmpdir(), "picket-probe-"));
  try {
    writeFileSync(join(folder, "probe.c"), `#include "${join(sources, "picket.bpf.c")}"\n${code}\n`);
    execFileSync("clang-14", [...flags, "-I", sources, "-c", join(folder, "probe.c"), "-o", join(folder, "probe.o")]);
    return readBtf(join(folder, "probe.o"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
