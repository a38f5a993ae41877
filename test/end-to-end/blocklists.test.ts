// Blocklists as a person has them: the real command line, a real helper, its real fetcher and a real web server on loopback.
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appendBytes, type Blocklist } from "../../contract/blocklists.ts";
import { cgroupOf, cgroupRoot, processesIn } from "../../helper/guard/cgroups.ts";
import { HelperClient } from "../../main/client/client.ts";
import { page, startWeb, type Web } from "../helper/blocklists/web.ts";
import { picket, start, TestHelper, until } from "./helper-process.ts";

const helper = new TestHelper();
let web: Web;
const folder = join(helper.directory, "lists");

beforeAll(async () => {
  web = await startWeb();
  mkdirSync(folder);
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  await web.stop();
});

afterEach(async () => {
  const client = await helper.client();
  for (const { name } of await lists()) await client.call("blocklists.remove", { name });
});

const run = (...words: string[]) => start(picket, ["blocklists", ...words], { PICKET_SOCKET: helper.socket });

async function lists(): Promise<Blocklist[]> {
  return (await helper.client()).call("blocklists.list", {});
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

const texts = () => readdirSync(join(helper.state, "blocklists"));

describe("picket blocklists", () => {
  it("lets somebody past them to what they have, and to nothing else", async () => {
    await run("add", file("bad.txt", "||bad.example^\n198.51.100.0/24\n"));
    const client = await helper.client();
    const explain = async (where: { host?: string; address?: string }, app = "/usr/bin/curl") =>
      (await client.call("explain", { app, port: 443, ...where })).layer;
    expect(await explain({ host: "a.bad.example" })).toBe("blocklist");
    expect((await run("except", "A.bad.example.", "--app", "/usr/bin/curl")).stdout).toMatch(
      /^added rule \d+: allow a\.bad\.example for \/usr\/bin\/curl in spite of blocklists\n$/,
    );
    expect(await explain({ host: "a.bad.example" })).toBe("rule");
    expect(await explain({ host: "b.bad.example" })).toBe("blocklist");
    expect(await explain({ host: "a.bad.example" }, "/usr/bin/wget")).toBe("blocklist");
    expect((await run("except", "198.51.100.7")).code).toBe(0);
    expect(await explain({ address: "198.51.100.7" }, "/usr/bin/wget")).toBe("rule");
    expect(await explain({ address: "198.51.100.8" }, "/usr/bin/wget")).toBe("blocklist");
    expect((await run("except")).stdout).toMatch(/a\.bad\.example +\/usr\/bin\/curl\n.*198\.51\.100\.7 +every app/);
    expect(await run("except", "good.example")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/No blocklist has/),
    });
    expect((await run("except", "a.bad.example", "--remove")).code).toBe(0);
    expect(await explain({ host: "a.bad.example" })).toBe("blocklist");
    expect(await run("except", "a.bad.example", "--remove")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no exception/),
    });
    expect((await run("except", "198.51.100.7", "--remove")).code).toBe(0);
  });

  it("lets past them by whatever way a place and an app are written, and takes that back by any other", async () => {
    await run("add", file("bad.txt", "||bücher.example^\n2001:db8:7::/48\n"));
    const app = realpathSync("/usr/bin/env");
    expect((await run("except", "Bücher.example.", "--app", "env")).stdout).toContain(
      `allow xn--bcher-kva.example for ${app} in spite`,
    );
    expect((await run("except", "BÜCHER.example", "--app", "env", "--remove")).code).toBe(0);
    expect((await run("except", "2001:DB8:7:0:0::1")).stdout).toContain("allow 2001:db8:7::1 for every app");
    expect((await run("except", "2001:db8:7::0:1", "--remove")).code).toBe(0);
    for (const [place, complaint] of [
      ["2001:db8:7::/48", /single ADDRESS/],
      ["fe80::1%eth0", /neither an address/],
      ["*.bücher.example", /no host name/],
    ] as const)
      expect((await run("except", place)).stderr).toMatch(complaint);
  });

  it("say nothing of a name by an address that it may not have", async () => {
    // What is reserved is in lists of addresses that nobody can have.
    await run("add", file("bogons.txt", "192.0.2.0/24\n198.51.100.0/24\n203.0.113.0/24\n240.0.0.0/4\n"));
    const client = await helper.client();
    const explain = async (where: { host?: string; address?: string }) =>
      (await client.call("explain", { app: "/usr/bin/curl", port: 443, ...where })).layer;
    expect(await explain({ address: "192.0.2.1" })).toBe("blocklist");
    expect(await explain({ host: "fine.example" })).toBe("mode");
  });

  it("takes a file, says what it did not take, and has it after a restart", async () => {
    const path = file("my ads.txt", "0.0.0.0 a.example.org\nexample.net\n198.51.100.0/24\n||x.example^$image\nco.uk\n");
    const added = await run("add", path);
    expect(added).toMatchObject({ code: 0, stderr: "" });
    expect(added.stdout).toBe(
      "added my ads: my ads has 1 host, 1 domain, 1 address; skipped: 1 not carried over, 1 public suffix\n",
    );
    await helper.signal("SIGKILL");
    await helper.start();
    expect(await lists()).toMatchObject([
      { name: "my ads", hosts: 1, domains: 1, addresses: 1, busy: null, enabled: true },
    ]);
    expect((await run("disable", "my ads")).stdout).toMatch(/^disabled my ads/);
    expect((await run()).stdout).toMatch(/^my ads {2}no +1 +1 +1 +2 +0 +\d{4}-/m);
    expect((await run("enable", "my ads")).code).toBe(0);
    expect((await run("remove", "my ads")).stdout).toBe("removed my ads\n");
    expect(await lists()).toEqual([]);
    expect(texts()).toEqual([]);
  });

  it("takes a file of many pieces whole", async () => {
    const names = Array.from({ length: 50_000 }, (_, at) => `n${at}.tracker.example`);
    const text = names.join("\n");
    expect(text.length).toBeGreaterThan(10 * appendBytes);
    const added = await run("add", file("many", text), "--json");
    expect(JSON.parse(added.stdout)).toMatchObject([{ name: "many", domains: 50_000, skipped: [] }]);
  });

  it("fetches a URL, and again when asked to", async () => {
    web.pages.set("/list", page("example.org\nexample.net\n", '"1"'));
    expect(await run("add", `${web.url}/list`, "--name", "web")).toMatchObject({ code: 0, stderr: "" });
    web.pages.set("/list", page("example.org\nexample.net\nexample.com\n", '"2"'));
    expect((await run("refresh")).code).toBe(0);
    expect(web.asked.at(-1)?.headers["if-none-match"]).toBe('"1"');
    expect(await lists()).toMatchObject([{ name: "web", domains: 3, url: `${web.url}/list`, error: null }]);
    expect(existsSync(join(cgroupRoot(), cgroupOf(helper.pid), `${helper.instance}-fetch`))).toBe(false);
  });

  it("keeps a list that its server shrank, until the person agrees", async () => {
    web.pages.set("/list", page("a.example\nb.example\nc.example\n", '"1"'));
    await run("add", `${web.url}/list`, "--name", "web");
    web.pages.set("/list", page("a.example\n", '"2"'));
    const refused = await run("refresh", "web");
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/more than half.*refresh --accept-shrunk "web"/);
    expect(await lists()).toMatchObject([{ domains: 3, error: { code: "blocklist_shrunk" }, aside: { entries: 1 } }]);
    expect((await run("refresh", "--accept-shrunk", "web")).code).toBe(0);
    expect(await lists()).toMatchObject([{ domains: 1, error: null, aside: null }]);
  });

  it("says why there is nothing, and leaves nothing of a file that is no list", async () => {
    const page = await run("add", file("page", "<html>\n<p>sign in</p>\n"));
    expect(page).toMatchObject({ code: 1, stdout: "" });
    expect(page.stderr).toMatch(/page: That is no blocklist/);
    const nowhere = await run("add", "http://127.0.0.1:1/list", "--name", "nowhere");
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toMatch(/nowhere: The blocklist could not be fetched.*ECONNREFUSED/);
    expect(await lists()).toMatchObject([{ name: "nowhere", updated: null, error: { code: "fetch_failed" } }]);
  });

  it.each([
    [["add"], /FILE or a URL/],
    [["add", "/nonexistent/list"], /ENOENT/],
    [["add", "/tmp"], /folder/],
    [["add", "https://user:secret@example.org/list"], /no address of a list/],
    [["add", "/etc/hosts", "--name", "../x"], /letters, digits/],
    [["refresh", "--accept-shrunk"], /NAME/],
    [["remove"], /NAME/],
    [["purge"], /add or remove/],
  ])("refuses the words %j", async (words, complaint) => {
    const { code, stderr } = await run(...words);
    expect(code).toBe(2);
    expect(stderr).toMatch(complaint);
  });

  it("names errors by their codes", async () => {
    await run("add", file("one", "one.example\n"));
    for (const [words, message] of [
      [["add", join(folder, "one")], /already/],
      [["remove", "other"], /no such blocklist/],
      [["refresh", "one"], /no URL/],
      [["refresh", "other", join(folder, "one")], /no such blocklist/],
      [["refresh", "--accept-shrunk", "one"], /waits to be accepted/],
    ] as const) {
      const { code, stderr } = await run(...words);
      expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    }
    expect((await run("refresh", "one", file("two", "two.example\n"))).code).toBe(0);
    expect((await run("hits", "one")).stdout).toBe("no hits\n");
    expect(JSON.parse((await run("--json")).stdout)).toMatchObject([{ name: "one", domains: 1, url: null }]);
  });
});

describe("a list on its way over the socket", () => {
  it("belongs to its connection, one at a time, and goes with it", async () => {
    const client = await HelperClient.connect(helper.socket, "test");
    const other = await HelperClient.connect(helper.socket, "test");
    const code = (code: string) => expect.objectContaining({ code });
    const { upload } = await client.call("blocklists.begin", { name: "half" });
    const data = Buffer.from("half.example\n").toString("base64");
    expect(await client.call("blocklists.append", { upload, data })).toEqual({ bytes: 13 });
    await expect(other.call("blocklists.append", { upload, data })).rejects.toEqual(code("unknown_upload"));
    await expect(other.call("blocklists.commit", { upload })).rejects.toEqual(code("unknown_upload"));
    await expect(client.call("blocklists.begin", { name: "more" })).rejects.toEqual(code("too_many_uploads"));
    await expect(client.call("blocklists.append", { upload, data: "?" })).rejects.toEqual(code("bad_params"));
    expect(texts()).toHaveLength(1);
    client.close();
    await until("the end of what was handed over", () => texts().length === 0);
    other.close();
    expect(await lists()).toEqual([]);
  });

  it("is watched like everything else", async () => {
    const watcher = await HelperClient.connect(helper.socket, "test");
    const seen: string[] = [];
    await watcher.watch(["blocklists"], (_topic, { full, changed, removed }) => {
      if (full) seen.push("all");
      for (const { name, busy } of changed) seen.push(`${name} ${busy}`);
      for (const id of removed) seen.push(`-${id}`);
    });
    await run("add", file("seen", "seen.example\n"));
    await until("the list", () => seen.includes("seen null"));
    await run("remove", "seen");
    await until("its end", () => seen.at(-1)?.startsWith("-"));
    expect(seen[0]).toBe("all");
    watcher.close();
  });
});

it("a helper that is killed in the midst of fetching takes its fetcher with it, and cleans up", async () => {
  web.pages.set("/slow", (_, answer) => {
    answer.writeHead(200).write("slow.example\n");
  });
  const client = await HelperClient.connect(helper.socket, "test");
  await client.call("blocklists.add", { name: "slow", url: `${web.url}/slow` });
  const cgroup = join(cgroupRoot(), cgroupOf(helper.pid), `${helper.instance}-fetch`);
  await until("the fetcher to be at it", () => web.asked.some(({ url }) => url === "/slow"));
  client.close();
  await helper.signal("SIGKILL");
  await until("the fetcher's end", () => processesIn(cgroup).length === 0);
  await helper.start();
  await until("the rest of it to be gone", () => !texts().some((name) => name.endsWith(".part")));
  expect(existsSync(cgroup)).toBe(false);
  rmSync(folder, { recursive: true });
});
