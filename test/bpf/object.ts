// The compiled programs as the tests need them: fresh, and their types as BTF tells them.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBpf } from "../../build/bpf.ts";
import { made } from "../network/compiled.ts";

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

/** Numbers of entries for maps that are full at once, by what is tested with them. */
export const smallRooms = {
  starts: { launches: 1, held_syns: 1 },
  programs: { apps: 1, processes: 1 },
  policy: { hosts_within: 1, ranges: 6, tables: 7, slots: 9 },
} as const satisfies Record<string, Readonly<Record<string, number>>>;

/** Path of the programs with maps that take so few entries, compiled first where they must be. */
export function smallObject(name: keyof typeof smallRooms): string {
  const files = [import.meta.filename, ...readdirSync(sources).map((file) => join(sources, file))];
  return made(`small-${name}.bpf.o`, files, (path) => {
    const folder = mkdtempSync(join(tmpdir(), "picket-small-"));
    try {
      cpSync(sources, folder, { recursive: true });
      const maps = join(folder, "maps.bpf.h");
      writeFileSync(maps, withRoom(readFileSync(maps, "utf8"), smallRooms[name]));
      execFileSync("clang-14", [...flags, "-I", folder, "-c", join(folder, "picket.bpf.c"), "-o", path]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** The text of maps.bpf.h with other numbers of entries. */
function withRoom(maps: string, room: Readonly<Record<string, number>>): string {
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
