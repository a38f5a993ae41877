// When a program counts as changed: what it was met with, what rules there were, and what a person said.
import { describe, expect, it } from "vitest";
import type { App, Package } from "../../../contract/words.ts";
import { Contents, contentOf, isSameContent, type Sighting } from "../../../helper/identity/contents.ts";
import { ContentRows } from "../../../helper/store/contents.ts";
import { temporaryStore } from "../store/temporary.ts";

const { open } = temporaryStore();
const path = "/home/alice/tool";
const dpkg: Package = { manager: "dpkg", name: "tool", version: "1" };

interface Given {
  file?: string;
  key?: string;
  byRoot?: boolean;
  owner?: Package | null;
  steady?: boolean;
}

/** Files by inode, each with what is in it; null: unreadable. */
function start(store = open()) {
  const files = new Map<bigint, string | null>();
  const allowed = new Set<string>();
  let reads = 0;
  const make = () =>
    new Contents({
      rows: new ContentRows(store),
      hasAllowRule: (app) => allowed.has(app),
      digest: async ({ inode }) => {
        reads++;
        return files.get(inode) ?? null;
      },
    });
  let contents = make();
  /** Meets a process that runs the file with this inode, and says whether it counts as changed. */
  const meet = async (inode: bigint, given: Given = {}): Promise<{ app: App; changed: boolean }> => {
    const { file = path, key = path, byRoot = false, owner = null, steady = true } = given;
    const content = contentOf([{ device: 1n, inode, changed: 1n }], steady);
    const about = { name: key, path: key, verified: false, icon: null, via: null };
    const app = { ...about, content, ...(file !== key && { file }) };
    const readable = { ways: [], inode, changed: 1n, local: true };
    const sighting: Sighting = { app, file, files: [readable], byRoot, owner: async () => owner };
    await contents.meet(sighting);
    const changed = contents.isChanged(app);
    await new Promise((resolve) => setImmediate(resolve));
    return { app, changed };
  };
  return {
    files,
    meet,
    get contents() {
      return contents;
    },
    get reads() {
      return reads;
    },
    /** A rule allows the app something from now on, or no more. */
    allow: (app = path, is = true) => {
      if (is) allowed.add(app);
      else allowed.delete(app);
      return contents.follow(Date.now());
    },
    /** A helper that starts anew. */
    restart: () => {
      contents = make();
    },
  };
}

describe("an app without rules", () => {
  it("is never changed, whatever it runs", async () => {
    const { files, meet } = start();
    files.set(1n, "a").set(2n, "b");
    expect([(await meet(1n)).changed, (await meet(2n)).changed]).toEqual([false, false]);
  });

  it("of root's is not even read", async () => {
    const given = start();
    given.files.set(1n, "a");
    await given.meet(1n, { byRoot: true });
    expect(given.reads).toBe(0);
  });
});

describe("an app with a rule that allows", () => {
  it("is changed when its content is another, and not when only its file is", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a").set(2n, "a").set(3n, "b");
    await meet(1n);
    expect(allow()).toEqual([path]);
    expect([(await meet(1n)).changed, (await meet(2n)).changed, (await meet(3n)).changed]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("is not read again while its file is the same", async () => {
    const given = start();
    given.files.set(1n, "a").set(2n, "a");
    await given.meet(1n);
    given.allow();
    await given.meet(2n);
    const { reads } = given;
    for (const inode of [1n, 2n, 1n]) await given.meet(inode);
    given.restart();
    for (const inode of [1n, 2n]) expect((await given.meet(inode)).changed).toBe(false);
    expect(given.reads).toBe(reads);
  });

  it("is changed when nobody can read what it is", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a").set(2n, null);
    await meet(1n);
    allow();
    expect((await meet(2n)).changed).toBe(true);
  });

  it("is changed when nobody could read what it was", async () => {
    const { files, meet, allow } = start();
    files.set(1n, null).set(2n, "a");
    await meet(1n);
    allow();
    expect([(await meet(1n)).changed, (await meet(2n)).changed]).toEqual([false, true]);
  });

  it("takes what it is met with first, when the rule was there before", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a").set(2n, "b");
    allow();
    expect([(await meet(1n)).changed, (await meet(2n)).changed]).toEqual([false, true]);
  });

  it("goes by what was met last when the rule comes, not by what was met before", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a").set(2n, "b");
    await meet(1n);
    await meet(2n);
    allow();
    expect([(await meet(2n)).changed, (await meet(1n)).changed]).toEqual([false, true]);
  });

  it("knows what a person allowed, over a restart, and what it ran before as well", async () => {
    const given = start();
    given.files.set(1n, "a").set(2n, "b").set(3n, "c");
    await given.meet(1n);
    given.allow();
    const { app, changed } = await given.meet(2n);
    expect([changed, given.contents.changeOf(app)?.kind]).toEqual([true, "content"]);
    expect(given.contents.wasChanged(path)).toBe(true);
    given.contents.trust([app], Date.now());
    expect(given.contents.follow(Date.now())).toEqual([path]);
    given.restart();
    const changes = [];
    for (const inode of [1n, 2n, 3n]) changes.push((await given.meet(inode)).changed);
    expect(changes).toEqual([false, false, true]);
  });

  it("forgets what was known when its last rule goes", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a").set(2n, "b");
    await meet(1n);
    allow();
    allow(path, false);
    expect((await meet(2n)).changed).toBe(false);
    allow();
    expect([(await meet(2n)).changed, (await meet(1n)).changed]).toEqual([false, true]);
  });
});

describe("of root's", () => {
  it("a package answers for what is new", async () => {
    const given = start();
    given.allow();
    await given.meet(1n, { byRoot: true, owner: dpkg });
    expect((await given.meet(2n, { byRoot: true, owner: dpkg })).changed).toBe(false);
    expect(given.reads).toBe(0);
    // Nobody does any more.
    expect((await given.meet(3n, { byRoot: true })).changed).toBe(true);
  });

  it("a version at a new place is an update; other content at its place is none", async () => {
    const { files, meet, allow, contents } = start();
    const key = "/opt/app-*/app";
    files.set(1n, "a").set(2n, "b").set(3n, "c");
    allow(key);
    const at = (version: string) => ({ key, file: `/opt/app-${version}/app`, byRoot: true });
    await meet(1n, at("1"));
    expect((await meet(2n, at("2"))).changed).toBe(false);
    const { app, changed } = await meet(3n, at("2"));
    expect([changed, contents.changeOf(app)?.kind]).toEqual([true, "content"]);
  });
});

it("a user's version at a new place is told as one", async () => {
  const { files, meet, allow, contents } = start();
  const key = "/home/alice/app-*/app";
  files.set(1n, "a").set(2n, "b");
  allow(key);
  await meet(1n, { key, file: "/home/alice/app-1/app" });
  const { app, changed } = await meet(2n, { key, file: "/home/alice/app-2/app" });
  expect([changed, contents.changeOf(app)?.kind]).toEqual([true, "version"]);
});

describe("a file whose numbers may mean another one", () => {
  it("is read each time", async () => {
    const { files, meet, allow } = start();
    files.set(1n, "a");
    allow();
    expect((await meet(1n, { steady: false })).changed).toBe(false);
    expect((await meet(1n, { steady: false })).changed).toBe(false);
    files.set(1n, "b");
    expect((await meet(1n, { steady: false })).changed).toBe(true);
  });

  it("may be the same as another such, for an answer", () => {
    const [steady, other] = [1n, 2n].map((inode) => contentOf([{ device: 1n, inode, changed: 1n }], true));
    const [passing, passing2] = [1n, 2n].map((inode) => contentOf([{ device: 1n, inode, changed: 1n }], false));
    expect([isSameContent(steady, other), isSameContent(passing, passing2), isSameContent(steady, passing)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});
