// What is told of who asks: its ancestors, its user, when it was met, what it did today; and how questions were answered.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { lineageOf, userName } from "../../../helper/identity/lineage.ts";
import { Answered } from "../../../helper/prompts/answered.ts";
import { countDay } from "../../../helper/prompts/details.ts";
import { migrate, openStore, readMigrations } from "../../../helper/store/database.ts";
import { AppNumbers } from "../../../helper/store/numbers.ts";
import { aFlow, anEndpoint, aPrompt, curl, firefox } from "../../window/scenario.ts";

describe("the processes behind a question", () => {
  test("are the asker, its parent, and so on", async () => {
    const shell = spawn("/bin/sh", ["-c", "sleep 60 & echo $!; wait"], { stdio: ["ignore", "pipe", "ignore"] });
    const [said] = (await once(shell.stdout, "data")) as [Buffer];
    const sleep = Number(said.toString());
    try {
      await expect.poll(() => lineageOf(sleep)[0]?.path).toBe(realpathSync("/bin/sleep"));
      expect(lineageOf(sleep).slice(0, 3)).toEqual([
        { pid: sleep, path: realpathSync("/bin/sleep") },
        { pid: shell.pid, path: realpathSync("/bin/sh") },
        { pid: process.pid, path: realpathSync("/proc/self/exe") },
      ]);
    } finally {
      process.kill(sleep);
      await once(shell, "exit");
    }
    expect(lineageOf(sleep)).toEqual([]);
  });

  test("belong to a user by name, where there is one", () => {
    const passwd = "root:x:0:0::/root:/bin/sh\nbroken\nempty:x::\nalice:x:1000:1000::/home/alice:/bin/sh\n";
    expect(userName(0, passwd)).toBe("root");
    expect(userName(1000, passwd)).toBe("alice");
    expect(userName(1001, passwd)).toBeNull();
    expect(userName(0)).toBe("root");
  });
});

describe("an app", () => {
  test("was met first when a process of it was, not when a rule named it", () => {
    const store = openStore(":memory:");
    const numbers = new AppNumbers(store);
    numbers.of("/usr/bin/curl");
    expect(numbers.firstMet("/usr/bin/curl")).toBeNull();
    numbers.meet("/usr/bin/curl", 5);
    numbers.meet("/usr/bin/curl", 9);
    numbers.meet("[curl]", 9);
    expect(new AppNumbers(store).firstMet("/usr/bin/curl")).toBe(5);
    expect(numbers.firstMet("[curl]")).toBeNull();
  });

  test("that was there before such things were kept was met nobody knows when", () => {
    const own = readMigrations(`${import.meta.dirname}/../../../helper/store/migrations`);
    const at = own.findIndex(({ sql }) => sql.includes("ADD COLUMN seen"));
    const store = new Database(":memory:");
    migrate(store, own.slice(0, at));
    store.exec("INSERT INTO apps (path) VALUES ('/usr/bin/curl')");
    migrate(store, own);
    const numbers = new AppNumbers(store);
    numbers.meet("/usr/bin/curl", 5);
    expect(numbers.firstMet("/usr/bin/curl")).toBeNull();
  });

  test("did today what it did since midnight here", () => {
    const now = new Date(2026, 10, 23, 0, 20);
    const at = (minutes: number): { time: string } => ({
      time: new Date(now.getTime() - minutes * 60_000).toISOString(),
    });
    const there = anEndpoint("192.0.2.1");
    const flows = [
      aFlow("1", curl, there, { ...at(1), bytesIn: 5, bytesOut: 2 }),
      aFlow("2", curl, there, { ...at(19), verdict: "block", bytesOut: 1 }),
      aFlow("3", curl, { ...anEndpoint("192.0.2.2"), host: "example.org" }, { ...at(2), verdict: "held" }),
      aFlow("4", curl, there, { ...at(21), bytesIn: 100 }),
      aFlow("5", firefox, there, { ...at(1), bytesIn: 100 }),
    ];
    expect(countDay(flows, curl.path, now)).toEqual({
      allowed: 1,
      blocked: 1,
      destinations: 2,
      bytesIn: 5,
      bytesOut: 3,
    });
  });
});

describe("the answers given", () => {
  const given = { action: "allow", scope: "any", lifetime: "forever" } as const;

  test("are told newest first, the last hundred; what was taken back says so", () => {
    const answered = new Answered();
    for (let at = 0; at < 120; at++) {
      answered.keep(aPrompt(`p${at}`, curl, anEndpoint("192.0.2.1")), { ...given, change: at }, at);
    }
    answered.undone(118);
    answered.undone(7);
    const list = answered.list();
    expect(list).toHaveLength(100);
    expect(list[0]).toMatchObject({ id: "p119", change: 119, undone: false, time: "1970-01-01T00:00:00.119Z" });
    expect(list[1]).toMatchObject({ id: "p118", change: null, undone: true });
    expect(list.filter(({ undone }) => undone)).toHaveLength(1);
  });

  test("of one person take the place of no other's", () => {
    const answered = new Answered();
    const answer = (id: string, person: number) => {
      const prompt = aPrompt(id, curl, anEndpoint("192.0.2.1"));
      answered.note([id, `${id} too`, `${id} as well`], "block, any, forever", person);
      answered.keep({ ...prompt, process: { ...prompt.process, person } }, { ...given, change: 1 }, 1);
    };
    answer("hers", 1000);
    for (let at = 0; at < 250; at++) answer(`his${at}`, 1001);
    expect(answered.list().map(({ id }) => id)).toContain("hers");
    expect(answered.list()).toHaveLength(101);
    expect([answered.how("hers"), answered.personOf("hers")]).toEqual(["block, any, forever", 1000]);
    expect([answered.how("his0"), answered.personOf("his0")]).toEqual([undefined, "unknown"]);
  });
});
