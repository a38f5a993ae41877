// Rules outlive updates: packages that are really upgraded, versions beside each other, AppImages under ever new mounts. And nobody else gets
// in by a rule's pattern.
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, TestHelper } from "./helper-process.ts";

const clients = join(import.meta.dirname, "../network/clients");
const port = 80;
/** Somebody who is not root; nobody's account. */
const user = 61_234;

const helper = new TestHelper();
const mine = `picket-test-${basename(helper.directory)
  .slice(-6)
  .toLowerCase()
  .replace(/[^a-z]/g, "x")}`;
const removals: (() => void)[] = [];
let folder: string;
let network: Network;
let first: string;
let second: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-versions-")));
  chmodSync(folder, 0o755);
  [first, second] = ["first", "second"].map((content) => compiled("knock.c", content, `-DCONTENT="${content}"`)) as [
    string,
    string,
  ];
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  for (const remove of removals.reverse()) remove();
  rmSync(folder, { recursive: true, force: true });
});

function compiled(source: string, name: string, ...options: string[]): string {
  const program = join(folder, name);
  execFileSync("clang-14", ["-O1", ...options, join(clients, source), "-o", program]);
  return program;
}

const run = (program: string, address: string, ...env: string[]): Promise<Ran> =>
  guarded(helper, network.near, ["env", ...env, program, address, `${port}`]);

/** What the command comes to; fails when somebody is asked first. */
async function unasked(address: string, program: string): Promise<number | null> {
  const running = run(program, address);
  const question = helper
    .prompt(address)
    .then(({ app, reason }) => Promise.reject(new Error(`${app.path}: ${reason}`)));
  question.catch(() => undefined);
  return (await Promise.race([running, question])).code;
}

async function answered(
  address: string,
  program: string,
  action: "allow" | "block",
  lifetime: "once" | "forever" = "forever",
  ...env: string[]
): Promise<Prompt> {
  const running = run(program, address, ...env);
  const prompt = await helper.prompt(address);
  await (await helper.client()).call("prompts.answer", { id: prompt.id, action, lifetime });
  expect((await running).code).toBe(action === "allow" ? 0 : 111);
  return prompt;
}

/** A program at a path; folders that were not there are removed in the end. `owner`: of the file and of all folders that are made. */
function put(path: string, content: string, owner = 0): string {
  const made: string[] = [];
  for (let at = dirname(path); !existsSync(at); at = dirname(at)) made.unshift(at);
  for (const each of made) {
    mkdirSync(each, { mode: 0o755 });
    chownSync(each, owner, 0);
  }
  const [outermost] = made;
  if (outermost) removals.push(() => rmSync(outermost, { recursive: true, force: true }));
  copyFileSync(content, `${path}.new`);
  chownSync(`${path}.new`, owner, 0);
  renameSync(`${path}.new`, path);
  return path;
}

/** Builds a package with one program and installs it. */
function install(version: string, content: string, path: string): void {
  const tree = mkdtempSync(join(folder, "deb-"));
  mkdirSync(join(tree, dirname(path)), { recursive: true, mode: 0o755 });
  execFileSync("chmod", ["-R", "0755", tree]);
  copyFileSync(content, join(tree, path));
  mkdirSync(join(tree, "DEBIAN"), { mode: 0o755 });
  const control = `Package: ${mine}\nVersion: ${version}\nArchitecture: all\nMaintainer: nobody\nDescription: a test's\n`;
  writeFileSync(join(tree, "DEBIAN/control"), control);
  execFileSync("dpkg-deb", ["--root-owner-group", "--build", tree, `${tree}.deb`], { stdio: "ignore" });
  dpkg("--install", `${tree}.deb`);
}

/** Others on the machine may install something at the moment. */
function dpkg(...args: string[]): void {
  execFileSync("sh", ["-c", 'for i in $(seq 60); do dpkg "$@" && exit 0; sleep 1; done; exit 1', "sh", ...args], {
    stdio: "ignore",
  });
}

test("a package's program is shown with it, and its upgrade is not asked about", async () => {
  const address = network.address(4);
  const path = `/usr/lib/${mine}/program`;
  removals.push(() => dpkg("--purge", mine));
  install("1.0-1", first, path);
  const { app } = await answered(address, path, "allow");
  expect(app).toMatchObject({ path, package: { manager: "dpkg", name: mine, version: "1.0-1" } });
  install("1.1-1", second, path);
  expect(await unasked(address, path)).toBe(0);
  // Its new version is known where somebody is asked.
  const other = network.address(4);
  expect((await answered(other, path, "block", "once")).app.package?.version).toBe("1.1-1");
  // Without the package nobody answers for what is there.
  dpkg("--purge", mine);
  put(path, first);
  writeFileSync(path, `${readFileSync(path, "latin1")}x`, "latin1");
  expect((await answered(address, path, "block", "once")).changed?.kind).toBe("content");
});

test("a new version that only root could have installed goes on silently; another content at its place is asked about", async () => {
  const address = network.address(4);
  const pathOf = (version: string) => `/opt/${mine}-${version}/bin/program`;
  const pattern = `/opt/${mine}-*/bin/program`;
  const { app } = await answered(address, put(pathOf("1.2"), first), "allow");
  expect(app).toMatchObject({ path: pattern, file: pathOf("1.2"), package: null });
  expect(await unasked(address, put(pathOf("1.3"), second))).toBe(0);
  expect(await unasked(address, pathOf("1.2"))).toBe(0);
  put(pathOf("1.3"), compiled("knock.c", "third", '-DCONTENT="third"'));
  expect((await answered(address, pathOf("1.3"), "block", "once")).changed?.kind).toBe("content");
});

test("a version that root has installed cannot be imitated where a user may write", async () => {
  const address = network.address(4);
  const pattern = `/opt/${mine}-*/own/program`;
  await answered(address, put(`/opt/${mine}-2.1/own/program`, first), "allow");
  const imitation = put(`/opt/${mine}-2.2/own/program`, first, user);
  const prompt = await answered(address, imitation, "block", "once");
  expect([prompt.app.path, prompt.changed ?? null]).toEqual([imitation, null]);
  expect(prompt.app.path).not.toBe(pattern);
});

test("a user's own new version is asked about as such, and once allowed goes by the old rule", async () => {
  const address = network.address(4);
  const home = `/home/${mine}`;
  const pathOf = (version: string) => `${home}/apps/${version}/bin/program`;
  const { app } = await answered(address, put(pathOf("2024.1"), first, user), "allow");
  expect(app).toMatchObject({ path: `${home}/apps/*/bin/program`, file: pathOf("2024.1") });
  // The same program in another folder is no other program.
  expect(await unasked(address, put(pathOf("2024.2"), first, user))).toBe(0);
  const prompt = await answered(address, put(pathOf("2024.3"), second, user), "allow");
  expect([prompt.app.path, prompt.changed?.kind]).toEqual([app.path, "version"]);
  expect(await unasked(address, pathOf("2024.3"))).toBe(0);
  const rules = await (await helper.client()).call("rules.list", {});
  expect(rules.filter((rule) => rule.app === app.path)).toHaveLength(1);
});

test("a rule for one version by hand is for all of them, and explain knows it", async () => {
  const address = network.address(4);
  const api = await helper.client();
  const path = put(`/opt/${mine}-3.1/bin/hand`, first);
  const rule = await api.call("rules.add", { app: path, action: "allow" });
  expect(rule.app).toBe(`/opt/${mine}-*/bin/hand`);
  const later = put(`/opt/${mine}-3.2/bin/hand`, second);
  expect(await api.call("explain", { app: later, address, port })).toMatchObject({ verdict: "allow", rule: rule.id });
  expect(await unasked(address, later)).toBe(0);
});

test("a store that anybody may fill: the rule goes by the name, and each content is asked about", async () => {
  const address = network.address(4);
  const hashes = ["0c9d3w5p8b7y1xq2vfzj4nmr6lkha8sg", "1c9d3w5p8b7y1xq2vfzj4nmr6lkha8sg"];
  const pathOf = (at: number, version: string) => `/nix/store/${hashes[at]}-${mine}-${version}/bin/program`;
  const { app } = await answered(address, put(pathOf(0, "1.0"), first), "allow");
  expect(app.path).toBe(`/nix/store/*-${mine}-*/bin/program`);
  const { changed } = await answered(address, put(pathOf(1, "1.1"), second), "allow");
  expect(changed?.kind).toBe("version");
  expect(await unasked(address, pathOf(1, "1.1"))).toBe(0);
  expect(await unasked(address, pathOf(0, "1.0"))).toBe(0);
});

test("a folder with a star in its name is not every version", async () => {
  const address = network.address(4);
  await answered(address, put(`/opt/${mine}-4.1/bin/star`, first), "allow");
  const prompt = await answered(address, put(`/opt/${mine}-*/bin/star`, second, user), "block", "once");
  expect(prompt.app.path).toMatch(/^\[.*\]$/);
});

/** As appimagetool does it: the runtime, and behind it the image. */
function image(path: string, content: string, runtime: string): string {
  const program = readFileSync(content);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(program.length));
  writeFileSync(`${path}.new`, Buffer.concat([readFileSync(runtime), program, size]), { mode: 0o755 });
  renameSync(`${path}.new`, path);
  return path;
}

test("an AppImage is its own file, wherever it is mounted, and asks again when that has changed", async () => {
  const address = network.address(4);
  const runtime = compiled("app-image.c", "runtime");
  const path = image(join(folder, "Foo.AppImage"), first, runtime);
  const { app } = await answered(address, path, "allow");
  expect(app).toMatchObject({ path, packaging: { kind: "appimage", id: "Foo.AppImage", proven: true } });
  expect(await unasked(address, path)).toBe(0);
  image(path, second, runtime);
  const again = await answered(address, path, "allow");
  expect([again.app.path, again.changed?.kind]).toEqual([path, "content"]);
  expect(await unasked(address, path)).toBe(0);
});

test("an AppImage is known where only its user may look into its mount", async () => {
  const address = network.address(4);
  const path = image(join(folder, "Private.AppImage"), first, compiled("app-image.c", "runtime"));
  const { app, process } = await answered(address, path, "block", "once", `IMAGE_USER=${user}`);
  expect([app.path, app.packaging?.kind, process.uid]).toEqual([path, "appimage", user]);
});

test("what runs out of another image than the AppImage's own is nobody's, whatever the environment says", async () => {
  const address = network.address(4);
  const runtime = compiled("app-image.c", "runtime");
  const good = image(join(folder, "Good.AppImage"), first, runtime);
  const evil = image(join(folder, "Evil.AppImage"), second, runtime);
  await answered(address, good, "allow");
  const { app } = await answered(address, good, "block", "once", `TARGET_APPIMAGE=${evil}`, `APPIMAGE=${good}`);
  expect(app.path).toMatch(/^\[.*\]$/);
});
