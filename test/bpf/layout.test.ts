// The helper's mirror of bpf/picket.h against the types in the compiled object: sizes, offsets, names, order, numbers.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  abi,
  action,
  answer,
  counterNames,
  counterSlots,
  direction,
  disguise,
  flowState,
  layouts,
  notice,
  pathDepth,
  protocolClass,
  recordType,
  Struct,
  shape,
  tableDefer,
  tableNamed,
  tableResolver,
} from "../../helper/kernel/layout.ts";
import { ringBytes } from "../../helper/kernel/programs.ts";
import { type BtfType, compileProbe, freshObject, readBtf } from "./object.ts";

const header = readFileSync(join(import.meta.dirname, "../../bpf/picket.h"), "utf8");
const maps = ["EVENTS_BYTES", "NAMES_RING_BYTES"].reduce(
  (text, name) => text.replace(new RegExp(`#define ${name} \\((.+)\\)([\\s\\S]*)\\b${name}\\b`), "$2$1"),
  readFileSync(join(import.meta.dirname, "../../bpf/maps.bpf.h"), "utf8"),
);

interface Line {
  name: string;
  offset: number;
  bytes: number;
  /** "int", "array of N" or the struct's name: two members of one size must not change places unseen. */
  kind: string;
}

/** Follows typedefs and qualifiers. */
function resolve(types: Map<number, BtfType>, id: number): BtfType {
  const type = types.get(id);
  if (type === undefined) throw new Error(`no type ${id}`);
  const transparent = ["TYPEDEF", "CONST", "VOLATILE"].includes(type.kind);
  return transparent && type.type_id !== undefined ? resolve(types, type.type_id) : type;
}

function sizeOf(types: Map<number, BtfType>, id: number): number {
  const type = resolve(types, id);
  if (type.kind === "ARRAY") return (type.nr_elems ?? 0) * sizeOf(types, type.type_id ?? 0);
  return type.size ?? 0;
}

function kindOf(types: Map<number, BtfType>, id: number): string {
  const type = resolve(types, id);
  if (type.kind === "ARRAY") return `array of ${sizeOf(types, type.type_id ?? 0)}`;
  return type.kind === "STRUCT" ? type.name : "int";
}

function linesInC(types: Map<number, BtfType>, struct: BtfType): Line[] {
  return (struct.members ?? []).map(({ name, type_id, bits_offset }) => ({
    name,
    offset: bits_offset / 8,
    bytes: sizeOf(types, type_id),
    kind: kindOf(types, type_id),
  }));
}

const scalars: Record<string, number> = { u8: 1, u16: 2, u32: 4, u64: 8 };

function linesInTypeScript(struct: Struct<Record<string, never>>): Line[] {
  return Object.entries(struct.members as Record<string, unknown>).map(([name, member]) => {
    const offset = struct.offsets[name] ?? -1;
    if (typeof member === "string") return { name, offset, bytes: scalars[member] ?? 0, kind: "int" };
    if (member instanceof Struct) {
      const found = Object.entries(layouts).find(([, layout]) => (layout as unknown) === member);
      return { name, offset, bytes: member.size, kind: found?.[0] ?? "unknown" };
    }
    const array = member as { bytes?: number; u32s?: number };
    if (array.bytes !== undefined) return { name, offset, bytes: array.bytes, kind: "array of 1" };
    return { name, offset, bytes: (array.u32s ?? 0) * 4, kind: "array of 4" };
  });
}

const mirror = layouts as unknown as Record<string, Struct<Record<string, never>>>;
const inHeader = [...header.matchAll(/^struct (\w+) \{/gm)].map(([, name]) => name ?? "");
const enumNames = [...header.matchAll(/^enum (\w+) \{/gm)].map(([, name]) => name ?? "");
const constants = [
  "PICKET_ABI",
  "PATH_DEPTH",
  "TABLE_DEFER",
  "TABLE_NAMED",
  "TABLE_RESOLVER",
  "SHAPES",
  "SHAPE_ANY_APP",
  "SHAPE_ANY_PORT",
];
constants.push("SHAPE_ANY_PROTOCOL", "SHAPE_ANY_DIRECTION");

/** The object mentions what its maps hold; the probe, compiled from the same sources, everything. */
let object: Map<number, BtfType>;
let probe: Map<number, BtfType>;
/** By name, from the probe. */
let structs: Map<string, BtfType>;

beforeAll(async () => {
  object = readBtf(await freshObject());
  probe = compileProbe(
    [
      ...enumNames.map((name) => `enum ${name} probe_${name} = 0;`),
      ...inHeader.map((name) => `struct ${name} probe_struct_${name} = {};`),
      // In halves: bpftool prints what an enum cannot hold as a signed int in 64 bits.
      `enum high { ${constants.map((name) => `HIGH_${name} = (__u32)${name} >> 16`).join(", ")} } probe_high = 0;`,
      `enum low { ${constants.map((name) => `LOW_${name} = ${name} & 0xffff`).join(", ")} } probe_low = 0;`,
    ].join("\n"),
  );
  structs = new Map([...probe.values()].filter(({ kind }) => kind === "STRUCT").map((type) => [type.name, type]));
});

function valuesOf(enumeration: string): Record<string, number> {
  const type = [...probe.values()].find(({ kind, name }) => kind === "ENUM" && name === enumeration);
  return Object.fromEntries((type?.values ?? []).map(({ name, val }) => [name, val >>> 0]));
}

/** ACTION_ALLOW → allow, COUNTER_RING_FULL → ringFull. */
function words(values: Record<string, number>, prefix: string): Record<string, number> {
  const camel = (name: string) =>
    name
      .slice(prefix.length)
      .toLowerCase()
      .replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [camel(name), value]));
}

describe("the mirror of bpf/picket.h", () => {
  it("has the header's structs and no others", () => {
    expect(Object.keys(mirror).sort()).toEqual([...inHeader].sort());
    expect(inHeader.length).toBeGreaterThan(10);
  });

  it.each(inHeader)("has struct %s as the compiler laid it out", (name) => {
    const c = structs.get(name);
    const typescript = mirror[name];
    if (c === undefined || typescript === undefined) throw new Error(`struct ${name} is missing on one side`);
    expect(linesInTypeScript(typescript)).toEqual(linesInC(probe, c));
    expect(typescript.size).toBe(c.size);
  });

  it.each(inHeader)("leaves no hole in struct %s: padding is a member", (name) => {
    const lines = linesInC(probe, structs.get(name) as BtfType);
    let end = 0;
    for (const line of lines) {
      expect(line.offset).toBe(end);
      end += line.bytes;
    }
    expect(end).toBe(structs.get(name)?.size);
  });

  it("knows every number of every enum", () => {
    expect(enumNames.sort()).toEqual([
      "action",
      "answer",
      "counter",
      "direction",
      "disguise",
      "flow_state",
      "notice",
      "protocol_class",
      "record_type",
    ]);
    expect(action).toEqual(words(valuesOf("action"), "ACTION_"));
    expect(answer).toEqual(words(valuesOf("answer"), "ANSWER_"));
    expect(direction).toEqual(words(valuesOf("direction"), ""));
    expect(disguise).toEqual(words(valuesOf("disguise"), "DISGUISE_"));
    expect(flowState).toEqual(words(valuesOf("flow_state"), "FLOW_"));
    expect(notice).toEqual(words(valuesOf("notice"), "NOTICE_"));
    expect(recordType).toEqual(words(valuesOf("record_type"), "RECORD_"));
    expect(protocolClass).toEqual(words(valuesOf("protocol_class"), "PROTOCOL_"));
  });

  it("names the counters in their order", () => {
    const { max, ...counters } = words(valuesOf("counter"), "COUNTER_");
    expect(Object.fromEntries(counterNames.map((name, at) => [name, at]))).toEqual(counters);
    expect(counterSlots).toBe(max);
  });

  it("shares the constants", () => {
    const high = valuesOf("high");
    const low = valuesOf("low");
    const value = (name: string) => (high[`HIGH_${name}`] ?? Number.NaN) * 0x10000 + (low[`LOW_${name}`] ?? Number.NaN);
    expect(Object.fromEntries(constants.map((name) => [name, value(name)]))).toEqual({
      PICKET_ABI: abi,
      PATH_DEPTH: pathDepth,
      TABLE_DEFER: tableDefer,
      TABLE_NAMED: tableNamed,
      TABLE_RESOLVER: tableResolver,
      SHAPES: shape.anyApp + shape.anyPort + shape.anyProtocol + shape.anyDirection + 1,
      SHAPE_ANY_APP: shape.anyApp,
      SHAPE_ANY_PORT: shape.anyPort,
      SHAPE_ANY_PROTOCOL: shape.anyProtocol,
      SHAPE_ANY_DIRECTION: shape.anyDirection,
    });
  });

  it("is of the object that is loaded, not only of the sources", () => {
    const held = [...object.values()].filter(({ kind, name }) => kind === "STRUCT" && inHeader.includes(name));
    expect(held.map(({ name }) => name)).toEqual(expect.arrayContaining(["socket_state", "gate", "config", "slot"]));
    for (const struct of held)
      expect(linesInC(object, struct)).toEqual(linesInTypeScript(mirror[struct.name] as never));
  });

  it("knows the ring buffers' sizes", () => {
    for (const [name, bytes] of Object.entries(ringBytes)) {
      const map = maps.split("struct {").find((part) => new RegExp(`\\} ${name} SEC`).test(part));
      const entries = /max_entries, ([\d *]+)\)/.exec(map ?? "")?.[1] ?? "0";
      expect(entries.split("*").reduce((product, factor) => product * Number(factor), 1)).toBe(bytes);
    }
  });
});

describe("the comparison itself", () => {
  const gate = () => linesInC(probe, structs.get("gate") as BtfType);

  it("sees members that changed places", () => {
    const { state, rule, bytes_out, bytes_in, ...rest } = layouts.gate.members;
    const swapped = new Struct({ state, rule, bytes_in, bytes_out, ...rest });
    expect(linesInTypeScript(swapped as never)).not.toEqual(gate());
  });

  it("sees a member that is missing, wider or renamed", () => {
    const { answered: _, ...right } = layouts.gate.members;
    expect(linesInTypeScript(new Struct({ ...right, answered: "u8" }) as never)).toEqual(gate());
    expect(linesInTypeScript(new Struct(right) as never)).not.toEqual(gate());
    expect(linesInTypeScript(new Struct({ ...right, answered: "u16" }) as never)).not.toEqual(gate());
    expect(linesInTypeScript(new Struct({ ...right, Answered: "u8" }) as never)).not.toEqual(gate());
  });
});

describe("Struct", () => {
  it("writes what it reads, members left out as zero", () => {
    const { record } = layouts;
    const bytes = Buffer.from(Array.from({ length: record.size }, (_, i) => (i * 7 + 3) & 0xff));
    expect(record.write(record.read(bytes)).equals(bytes)).toBe(true);
    expect(record.read(record.write({ rule: 0xffffffff })).rule).toBe(0xffffffff);
    expect(record.write({}).every((byte) => byte === 0)).toBe(true);
  });

  it("copies: what it returned does not change with the buffer", () => {
    const bytes = Buffer.alloc(layouts.flow_key.size, 1);
    const key = layouts.flow_key.read(bytes);
    bytes.fill(2);
    expect(key.address.equals(Buffer.alloc(16, 1))).toBe(true);
  });
});
