// How a process was started, as the kernel tells it: names from the file up to the root, arguments that may be cut.
import { describe, expect, it } from "vitest";
import { argumentsOf, compact, pathOf, resolveArgument } from "../../../helper/identity/launch.ts";
import { type Launch, layouts } from "../../../helper/kernel/layout.ts";

function location(names: string | Buffer, complete = 1n) {
  const text = Buffer.concat([Buffer.from(names), Buffer.alloc(names.length > 0 ? 1 : 0)]);
  const padded = Buffer.concat([text, Buffer.alloc(672 - text.length)]);
  return { inode: 1n, device: 1, bytes: text.length, names: padded, complete };
}

function launchWith(words: string): Launch {
  const empty = layouts.launch.read(Buffer.alloc(layouts.launch.size));
  const bytes = Buffer.from(words);
  const kept = Buffer.alloc(empty.arguments.length);
  bytes.copy(kept);
  return { ...empty, arguments: kept, argument_bytes: bytes.length };
}

describe("a path", () => {
  it("is the names in reverse", () => {
    expect(pathOf(location("curl\0bin\0usr"))).toBe("/usr/bin/curl");
    expect(pathOf(location("a b\0ä"))).toBe("/ä/a b");
    expect(pathOf(location(""))).toBe("/");
  });

  it("is none when names are missing or no text", () => {
    expect(pathOf(location("curl\0bin\0usr", 0n))).toBeNull();
    expect(pathOf(location(Buffer.from([0xff, 0xfe])))).toBeNull();
  });
});

describe("arguments", () => {
  it("are words, empty ones too", () => {
    expect(argumentsOf(launchWith("a\0\0c\0"))).toEqual({ words: ["a", "", "c"], complete: true });
  });

  it("that do not fit are cut before the word that is cut", () => {
    const { words, complete } = argumentsOf(launchWith(`a\0b\0${"x".repeat(600)}\0`));
    expect([words, complete]).toEqual([["a", "b"], false]);
  });

  it("that could not be read are none", () => {
    expect(argumentsOf(launchWith(""))).toEqual({ words: [], complete: false });
  });
});

describe("a launch that is kept", () => {
  it("says the same, and keeps nothing else in memory", () => {
    for (const words of ["", "a\0\0c\0", "x".repeat(384), `a\0${"x".repeat(600)}\0`, "cut"]) {
      const launch = { ...launchWith(words), program: location("curl\0bin\0usr"), directory: location("") };
      const kept = compact(launch);
      expect(argumentsOf(kept)).toEqual(argumentsOf(launch));
      expect(pathOf(kept.program)).toBe("/usr/bin/curl");
      expect(pathOf(kept.directory)).toBe("/");
      for (const part of [kept.arguments, kept.program.names, kept.directory.names])
        expect(part.buffer.byteLength).toBe(part.length);
    }
  });
});

describe("an argument leads", () => {
  it.each([
    ["/home/a/x.py", null, "/home/a/x.py"],
    ["//home/./a//x.py", "/b", "/home/a/x.py"],
    ["x.py", "/home/a", "/home/a/x.py"],
    ["./x.py", "/", "/x.py"],
    ["../x.py", "/home/a", "/home/x.py"],
    ["../../../../x.py", "/home/a", "/x.py"],
  ])("from %s in %s to %s", (argument, directory, path) => {
    expect(resolveArgument(argument, directory)).toBe(path);
  });

  it.each([
    ["x.py", null],
    ["a/../x.py", "/home/a"],
    ["/home/../x.py", "/"],
    ["..", "/home"],
    [".", "/home"],
    ["/", "/home"],
    ["/dev/fd/3", "/"],
    ["/dev/stdin", "/"],
    ["/proc/self/fd/3", "/"],
    ["fd/3", "/proc/self"],
  ])("nowhere for certain from %s in %s", (argument, directory) => {
    expect(resolveArgument(argument, directory)).toBeNull();
  });
});
