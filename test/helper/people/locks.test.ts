// The admin's lock: what the file says counts at once, and a file that somebody else could have written locks everything.
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type MethodName, methods, type ParsedParams } from "../../../contract/methods.ts";
import { AdminLock, checkLock, parseLocks } from "../../../helper/people/locks.ts";

let folder: string;
let file: string;
beforeEach(() => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  folder = mkdtempSync(join(tmpdir(), "picket-lock-"));
  chmodSync(folder, 0o755);
  file = join(folder, "locked");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});
const all = ["rules", "answers", "mode", "profiles", "blocklists", "history"];

describe("the lock", () => {
  it("is what the file says at this moment, and nothing without one", () => {
    const lock = new AdminLock(file);
    expect(lock.read()).toEqual({ locked: [], problem: null });
    writeFileSync(file, "# for the lab\nmode rules # both\n\nhistory\n");
    expect(lock.read()).toEqual({ locked: ["rules", "mode", "history"], problem: null });
    writeFileSync(file, "mode\n");
    expect(lock.read().locked).toEqual(["mode"]);
    rmSync(file);
    expect(lock.read().locked).toEqual([]);
  });

  it("is everything where a word is strange", () => {
    expect(parseLocks("rulez")).toEqual({ locked: all, problem: expect.stringContaining("rulez") });
  });

  it.each([
    ["another user's file", () => chownSync(file, 1000, 0)],
    ["a file that others may write", () => chmodSync(file, 0o666)],
    ["a folder that others may write", () => chmodSync(folder, 0o777)],
    [
      "such a folder that its file was taken out of",
      () => {
        chmodSync(folder, 0o777);
        rmSync(file);
      },
    ],
    [
      "a link",
      () => {
        rmSync(file);
        symlinkSync("/dev/null", file);
      },
    ],
  ])("is everything in %s", (_, spoil) => {
    writeFileSync(file, "");
    chmodSync(file, 0o644);
    spoil();
    expect(new AdminLock(file).read()).toEqual({ locked: all, problem: expect.stringMatching(/everything is locked/) });
  });

  it("is everything in a FIFO, whose writer nobody waits for", () => {
    execFileSync("mkfifo", ["-m", "644", file]);
    const module = JSON.stringify(join(import.meta.dirname, "../../../helper/people/locks.ts"));
    const read = `import { AdminLock } from ${module}; console.log(new AdminLock(${JSON.stringify(file)}).read().locked.join());`;
    const words = ["--input-type=module", "-e", read];
    const said = execFileSync(process.execPath, words, {
      ...{ encoding: "utf8", timeout: 30_000, stdio: ["ignore", "pipe", "ignore"] },
    } as const);
    expect(said.trim()).toBe(all.join());
  });

  it("stops everybody but root, and leaves answers for now", () => {
    writeFileSync(file, "rules answers mode");
    const lock = new AdminLock(file);
    const rule = {} as never;
    expect(() => checkLock(lock, 1000, "rules.add", rule)).toThrow(/locked/);
    expect(() => checkLock(lock, 1000, "mode.set", { mode: "block", confirmWithin: null })).toThrow(/locked/);
    expect(() => checkLock(lock, 0, "rules.add", rule)).not.toThrow();
    const answer = { id: "1", action: "allow", scope: "endpoint" } as const;
    expect(() => checkLock(lock, 1000, "prompts.answer", { ...answer, lifetime: "forever" })).toThrow(/locked/);
    for (const lifetime of ["once", "quit"] as const)
      expect(() => checkLock(lock, 1000, "prompts.answer", { ...answer, lifetime })).not.toThrow();
    expect(() => checkLock(lock, 1000, "history.delete", {})).not.toThrow();
    expect(() => checkLock(lock, 1000, "rules.list", {})).not.toThrow();
  });

  const table: Record<string, MethodName[]> = {
    rules: ["rules.add", "rules.remove", "rules.enable", "rules.apply", "rules.undo", "rules.except", "learn.accept"],
    answers: ["prompts.answer"],
    mode: ["mode.set", "pause", "lockdown"],
    profiles: ["profile.set", "profiles.define", "profiles.remove"],
    blocklists: (["add", "begin", "append", "commit", "remove", "enable", "refresh"] as const).map(
      (name): MethodName => `blocklists.${name}`,
    ),
    history: ["history.configure", "history.setPrivate", "history.delete"],
  };
  const everywhere: MethodName[] = ["backup.restore", "backup.undo"];
  /** Methods that are refused while `word` alone is locked. */
  const refused = (word: string, params: object) => {
    writeFileSync(file, word);
    const lock = new AdminLock(file);
    return (Object.keys(methods) as MethodName[]).filter((method) => {
      try {
        checkLock(lock, 1000, method, params as ParsedParams<MethodName>);
        return false;
      } catch (error) {
        expect(error).toMatchObject({ code: "locked" });
        return true;
      }
    });
  };

  it.each(all)("of %s stops what changes that, and nothing else", (word) => {
    const backups = word === "answers" ? [] : everywhere;
    const params = { lifetime: "forever", dryRun: false };
    expect(refused(word, params).sort()).toEqual([...(table[word] ?? []), ...backups].sort());
  });

  it("lets everybody look at what a file or a backup would do", () => {
    expect(refused("rules", { dryRun: true })).not.toContain("rules.apply");
    expect(refused("rules mode history", { dryRun: true })).not.toContain("backup.restore");
  });
});
