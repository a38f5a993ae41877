// What stays of the numbers that an earlier helper gave executables: real files, a real database, and the kernel's map as it was left.
import {
  copyFileSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { App } from "../../../contract/words.ts";
import { Apps } from "../../../helper/identity/apps.ts";
import { contentOf } from "../../../helper/identity/content.ts";
import { Contents } from "../../../helper/identity/contents.ts";
import { Kept } from "../../../helper/identity/kept.ts";
import { disguise, type ExeKey, layouts } from "../../../helper/kernel/layout.ts";
import type { BpfMap } from "../../../helper/kernel/libbpf.ts";
import { ContentRows } from "../../../helper/store/contents.ts";
import { openStore } from "../../../helper/store/database.ts";
import { AppNumbers } from "../../../helper/store/numbers.ts";
import { temporaryStore } from "../store/temporary.ts";

const { open } = temporaryStore();
let folder: string;
let store: ReturnType<typeof open>;
/** The kernel's map: hex keys. */
let left: Map<string, number>;
/** Apps that some rule allows something. */
let allowed: Set<string>;
/** How often sockets were told to look their numbers up again. */
let taken: number;
const notices = { takeBackNumbers: () => void taken++ };

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-kept-")));
  store = open();
  left = new Map();
  allowed = new Set();
  taken = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The kernel's key of the file that is there now. */
function keyOf(path: string, part: Partial<ExeKey> = {}): ExeKey {
  const { ino, dev, ctimeNs } = statSync(path, { bigint: true });
  const [major, minor] = [Number((dev >> 8n) & 0xfffn), Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n))];
  return {
    inode: ino,
    ctime_seconds: ctimeNs / 1_000_000_000n,
    ctime_nanoseconds: Number(ctimeNs % 1_000_000_000n),
    device: major * 0x100000 + minor,
    generation: 7,
    disguised: disguise.none,
    ...part,
  };
}

const contents = () =>
  new Contents({ rows: new ContentRows(store), hasAllowRule: (app) => allowed.has(app), digest: async () => null });

/** A program that an earlier helper has met at its place: the database knows its file, the kernel its number. */
async function met(name: string, part: Partial<ExeKey> = {}): Promise<{ path: string; exe: ExeKey; number: number }> {
  const path = join(folder, name);
  copyFileSync("/usr/bin/true", path);
  const exe = keyOf(path, part);
  const content = contentOf(
    [{ device: BigInt(exe.device), inode: exe.inode, changed: statSync(path, { bigint: true }).ctimeNs }],
    true,
  );
  const app = { name, path, verified: false, icon: null, via: null, content };
  await contents().meet({ app, file: path, files: [], byRoot: false, owner: async () => null });
  const number = new AppNumbers(store).of(path);
  left.set(layouts.exe_key.write(exe).toString("hex"), number);
  return { path, exe, number };
}

/** The kernel's map. */
const map = {
  keys: () => [...left.keys()].map((key) => Buffer.from(key, "hex")),
  get: (key: Buffer, into: Buffer) => {
    const number = left.get(key.toString("hex"));
    if (number !== undefined) into.writeUInt32LE(number);
    return number !== undefined;
  },
  delete: (key: Buffer) => void left.delete(key.toString("hex")),
} as unknown as BpfMap;

/** A helper that starts now. `atOnce`: what is left before it looked at any file; `names`: the apps it knows when it has. */
async function start(own = contents(), during: (kept: Kept) => void = () => {}) {
  const known = new Map<string, App>();
  const looks: Promise<unknown>[] = [];
  const apps = new Apps([]);
  const recognise = (exe: ExeKey, path: string) => {
    const look = apps.recognise(exe, path);
    looks.push(look);
    return look;
  };
  const kept = new Kept(
    { apps: { recognise }, numbers: new AppNumbers(store), contents: own, maps: { apps: map }, notices },
    known,
  );
  const atOnce = [...left.values()];
  during(kept);
  for (let turns = 0; turns < 10; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(looks);
  }
  return { atOnce, names: [...known.values()].map(({ path }) => path) };
}

it("stays where the file is the one that this database knows by that number", async () => {
  const { path, number } = await met("same");
  const { names } = await start();
  expect([names, [...left.values()]]).toEqual([[path], [number]]);
});

it.for<[string, (path: string) => void]>([
  ["was written to", (path) => writeFileSync(path, "#", { flag: "a" })],
  [
    "was written to and dated back",
    (path) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(path, "#", { flag: "r+" });
      utimesSync(path, atime, mtime);
    },
  ],
  [
    "is another, put there as an update does it",
    (path) => {
      copyFileSync("/usr/bin/false", `${path}.new`);
      renameSync(`${path}.new`, path);
    },
  ],
  [
    "is another, maybe with the same inode number",
    (path) => {
      rmSync(path);
      copyFileSync("/usr/bin/false", path);
    },
  ],
  ["is gone", (path) => rmSync(path)],
])("goes where the file %s", async ([, change]) => {
  const { path } = await met("other");
  change(path);
  const { names } = await start();
  expect([names, left.size]).toEqual([[], 0]);
});

it("goes where only the folder was renamed: the app of that path is elsewhere", async () => {
  await met("moved");
  renameSync(folder, `${folder}-away`);
  try {
    await start();
    expect(left.size).toBe(0);
  } finally {
    renameSync(`${folder}-away`, folder);
  }
});

it("goes at once, before any rule is in force, where this database has the number for another app, or for none", async () => {
  const { number } = await met("mine");
  const [[key = ""] = []] = [...left];
  for (const programs of [1, 0]) {
    store = openStore(join(folder, `${programs}.sqlite`));
    if (programs > 0) expect(new AppNumbers(store).of("/usr/bin/evil")).toBe(number);
    left = new Map([[key, number]]);
    const { atOnce } = await start();
    store.close();
    expect(atOnce).toEqual([]);
  }
});

it("goes at once where an older copy of this database gave the number to somebody else later", async () => {
  const { exe, number, path } = await met("theirs");
  // That copy has met the file too, by another number.
  store.prepare("UPDATE apps SET path = '/usr/bin/evil' WHERE id = ?").run(number);
  store.prepare("INSERT INTO apps (path) VALUES (?)").run(path);
  left = new Map([[layouts.exe_key.write(exe).toString("hex"), number]]);
  expect((await start()).atOnce).toEqual([]);
});

it("goes at once, from sockets as well, where its rules are for another content", async () => {
  const { path } = await met("changed");
  allowed.add(path);
  contents().follow(1);
  expect([(await start()).atOnce.length, taken]).toEqual([1, 0]);
  // Another content becomes the one that is allowed, while this one is remembered as seen.
  const rows = new ContentRows(store);
  const [row] = rows.all();
  if (row === undefined) throw new Error("nothing was met");
  rows.replace(path, [
    { ...row, known: null },
    { ...row, content: "1:1:1", sha256: "another", known: 1 },
  ]);
  expect([(await start()).atOnce, taken]).toEqual([[], 1]);
});

it("goes at once where the program is an interpreter by now, or the kernel's key is none of an app", async () => {
  await met("python3.99");
  await met("hidden", { disguised: disguise.other });
  expect((await start()).atOnce).toEqual([]);
});

it("goes when what its rules are for becomes another content before anybody has looked at it", async () => {
  const { path, number } = await met("reviewed");
  const own = contents();
  const { atOnce, names } = await start(own, (kept) => {
    own.isChanged = () => true;
    kept.review(new Set(["/usr/bin/another"]));
    expect([...left.values()]).toEqual([number]);
    kept.review(new Set([path]));
    expect(left.size).toBe(0);
  });
  expect([atOnce, names]).toEqual([[number], []]);
});
