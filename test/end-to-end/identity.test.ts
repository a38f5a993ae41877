// Who it was: real processes that are gone before anybody looks, scripts, and those that try to seem another.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { joinAppPath } from "../../contract/app-path.ts";
import type { Prompt } from "../../contract/words.ts";
import { compiled } from "../network/compiled.ts";
import { createNetwork, type Network } from "../network/network.ts";
import { guarded, type Ran, TestHelper, until } from "./helper-process.ts";

const clients = join(import.meta.dirname, "../network/clients");
const python = realpathSync("/usr/bin/python3");
const port = 80;

const helper = new TestHelper();
let folder: string;
let network: Network;
let brief: string;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-identity-")));
  chmodSync(folder, 0o755);
  brief = compiled("brief");
  network = await createNetwork();
  await helper.start();
});

afterAll(async () => {
  await helper.stop();
  network.destroy();
  rmSync(folder, { recursive: true, force: true });
});

/** A version manager's interpreters may come first in the tests' own path. */
const run = (...command: string[]): Promise<Ran> =>
  guarded(helper, network.near, ["env", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", ...command]);

/** The question about an address, held or not any more. */
function asked(address: string): Promise<Prompt> {
  return until(`a prompt about ${address}`, async () =>
    (await (await helper.client()).call("prompts.list", {})).find(({ endpoint }) => endpoint.address === address),
  );
}

/** A folder of its own with a copy of liar.py. */
function ownScript(name: string, firstLine = ""): string {
  const own = mkdtempSync(join(folder, "scripts-"));
  const path = join(own, name);
  copyFileSync(join(clients, "liar.py"), path);
  if (firstLine) writeFileSync(path, `${firstLine}\n${execFileSync("cat", [path], { encoding: "utf8" })}`);
  chmodSync(path, 0o755);
  return path;
}

const appOf = (script: string, executable = python): string => joinAppPath({ executable, script });

async function answer(id: string, action: "allow" | "block", lifetime: "once" | "forever"): Promise<void> {
  await (await helper.client()).call("prompts.answer", { id, action, lifetime, scope: "any" });
}

/** Starts the command, expects who asks, and blocks it. */
async function whoAsks(address: string, ...command: string[]): Promise<Prompt> {
  const running = run(...command);
  const prompt = await asked(address);
  await answer(prompt.id, "block", "once").catch(() => undefined);
  await running;
  return prompt;
}

describe("a program that is gone at once", () => {
  test.for(["plain", "thread"])("is named all the same (%s)", async (how) => {
    const address = network.address(4);
    const copy = join(mkdtempSync(join(folder, "own-")), how);
    copyFileSync(brief, copy);
    await run(copy, how, address, "7777");
    expect((await asked(address)).app).toMatchObject({ path: copy, verified: false });
  });

  test("is named by its file, not by the name it gives itself", async () => {
    const address = network.address(4);
    await run(brief, "plain", address, "7777", "firefox");
    const { app, process } = await asked(address);
    expect([app.path, process.command]).toEqual([brief, "firefox"]);
  });

  test("is named when many of them run at once", async () => {
    const address = network.address(4);
    const own = mkdtempSync(join(folder, "many-"));
    const names = Array.from({ length: 50 }, (_, i) => join(own, `p${i}`));
    for (const name of names) copyFileSync(brief, name);
    const each = names.map((name) => `${name} plain ${address} 7777 &`).join("\n");
    await run("sh", "-c", `${each}\nwait`);
    const prompts = await until("50 questions", async () => {
      const found = await (await helper.client()).call("prompts.list", {});
      const about = found.filter(({ endpoint }) => endpoint.address === address);
      return about.length === names.length && about;
    });
    expect(prompts.map(({ app }) => app.path).sort()).toEqual(names.sort());
  });
});

describe("a script", () => {
  test("that is allowed allows no other, and not its interpreter", async () => {
    const [mine, other] = [ownScript("sync.py"), ownScript("sync.py")];
    const [first, second, third] = [network.address(4), network.address(4), network.address(4)];
    const running = run("/usr/bin/python3", mine, "plain", first, `${port}`);
    const prompt = await asked(first);
    expect(prompt.app).toMatchObject({ path: appOf(mine), name: `${mine} (${python.split("/").at(-1)})` });
    await answer(prompt.id, "allow", "forever");
    expect(JSON.parse((await running).stdout)).toMatchObject({ ok: true });
    // The rule is for anywhere: the same script is not asked about again.
    expect(JSON.parse((await run("/usr/bin/python3", mine, "plain", second, `${port}`)).stdout).ok).toBe(true);
    for (const command of [[other], ["-u", other]]) {
      const { app } = await whoAsks(third, "/usr/bin/python3", ...command, "plain", third, `${port}`);
      expect(app.path).toBe(appOf(other));
    }
  });

  test.for<[string, (script: string) => [firstLine: string, command: string[]]]>([
    ["by its first line", (script) => ["#!/usr/bin/python3", [script]]],
    ["by env", (script) => ["#!/usr/bin/env python3", [script]]],
    ["by env -S", (script) => ["#!/usr/bin/env -S python3 -u", [script]]],
    [
      "through a chain",
      (script) => ["", ["sh", "-c", 'exec env A=b sh -c \'exec python3 "$0" "$@"\' "$0" "$@"', script]],
    ],
  ])("is known when it is started %s", async ([, how]) => {
    const address = network.address(4);
    const [line] = how("");
    const script = ownScript("run.py", line);
    const { app } = await whoAsks(address, ...how(script)[1], "plain", address, `${port}`);
    expect(app.path).toBe(appOf(script));
  });

  test("is known in a fork whose parent is gone", async () => {
    const address = network.address(4);
    const script = ownScript("fork.py");
    const { app } = await whoAsks(address, "/usr/bin/python3", script, "fork", address, `${port}`);
    expect(app.path).toBe(appOf(script));
  });

  test("is known by the folder it was started in, not the one it went to", async () => {
    const address = network.address(4);
    const [mine, other] = [ownScript("same.py"), ownScript("same.py")];
    const there = 'cd "$0" && exec /usr/bin/python3 same.py "$@"';
    const { app } = await whoAsks(
      address,
      ...["sh", "-c", there, join(mine, "..")],
      ...["folder", address, `${port}`, join(other, "..")],
    );
    expect(app.path).toBe(appOf(mine));
  });

  test("is not what it makes of its arguments", async () => {
    const address = network.address(4);
    const [good, evil] = [ownScript("good.py"), ownScript("evil.py")];
    const { app } = await whoAsks(address, "/usr/bin/python3", evil, "argv", address, `${port}`, good);
    expect(app.path).toBe(appOf(evil));
  });

  test.for<[string, (script: string) => string[], RegExp]>([
    [
      "code in its command",
      (script) => ["/usr/bin/python3", "-c", `exec(open('${script}').read())`],
      /code or options/,
    ],
    ["piped code", (script) => ["sh", "-c", `exec /usr/bin/python3 - "$@" < ${script}`, "sh"], /piped/],
    [
      "a module",
      (script) => ["sh", "-c", `cd ${join(script, "..")} && exec python3 -m run "$@"`, "sh"],
      /code or options/,
    ],
    [
      "an open file",
      (script) => ["sh", "-c", `exec /usr/bin/python3 /dev/fd/3 "$@" 3< ${script}`, "sh"],
      /cannot be found/,
    ],
  ])("is nobody's for certain when it is %s: answered once only", async ([, how, why]) => {
    const address = network.address(4);
    const script = ownScript("run.py");
    const running = run(...how(script), "plain", address, `${port}`);
    const { id, app } = await asked(address);
    expect(app.path).toMatch(why);
    expect(app.path).toMatch(/^\[.*\]$/);
    await expect(answer(id, "allow", "forever")).rejects.toMatchObject({ code: "app_unknown" });
    await answer(id, "block", "once");
    await running;
  });

  test("that was replaced since it began is nobody's", async () => {
    const address = network.address(4);
    const [good, evil] = [ownScript("good.py"), ownScript("evil.py")];
    const { app } = await whoAsks(address, "/usr/bin/python3", evil, "replaced", address, `${port}`, good);
    expect(app.path).toMatch(/^\[.*has changed\)\]$/);
  });

  test("is not what its path says in a mount namespace or a root of its own", async () => {
    const [good, evil] = [ownScript("good.py"), ownScript("evil.py")];
    const mounted = network.address(4);
    const bind = `mount --bind ${evil} ${good} && exec /usr/bin/python3 ${good} "$@"`;
    const inNamespace = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", bind, "sh"];
    expect((await whoAsks(mounted, ...inNamespace, "plain", mounted, `${port}`)).app.path).toMatch(/^\[/);
    // The whole of the system below another root, but for the script.
    const root = mkdtempSync(join(folder, "root-"));
    const chrooted = network.address(4);
    for (const name of ["usr", "lib", "lib64", "bin", "dev"]) mkdirSync(join(root, name), { recursive: true });
    mkdirSync(join(root, good, ".."), { recursive: true });
    copyFileSync(evil, join(root, good));
    const binds = ["usr", "lib", "lib64", "bin", "dev"].map((name) => `mount --bind /${name} ${root}/${name}`);
    const enter = `${binds.join(" && ")} && exec chroot ${root} /usr/bin/python3 ${good} "$@"`;
    const { app } = await whoAsks(
      chrooted,
      ...["unshare", "--mount", "sh", "-c", enter, "sh"],
      ...["plain", chrooted, `${port}`],
    );
    expect(app.path).toMatch(/^\[/);
  });
});

describe("who started it", () => {
  test("is told where it was another program, not where it was a person's shell", async () => {
    const [first, second] = [network.address(4), network.address(4)];
    const own = join(mkdtempSync(join(folder, "own-")), "own");
    copyFileSync(brief, own);
    const updater = join(mkdtempSync(join(folder, "via-")), "updater.sh");
    writeFileSync(updater, `env sh -c '"$0" plain "$@"; sleep 1' ${own} "$@"; true\n`);
    await run("/bin/sh", updater, first, "7777");
    const { app } = await asked(first);
    expect([app.path, app.via]).toEqual([own, appOf(updater, realpathSync("/bin/sh"))]);
    await run("sh", "-c", `${brief} plain "$@"; sleep 1`, "sh", second, "7777");
    expect((await asked(second)).app).toMatchObject({ path: brief, via: null });
  });

  test("is told of a program the kernel knows already, when it is asked about", async () => {
    const address = network.address(4);
    const updater = join(mkdtempSync(join(folder, "via-")), "updater.sh");
    writeFileSync(updater, 'curl -s -m 20 "$1"; true\n');
    const api = await helper.client();
    const rule = await api.call("rules.add", {
      app: realpathSync("/usr/bin/curl"),
      action: "allow",
      address,
      port: 80,
    });
    await run("curl", "-s", `http://${address}/`);
    const running = run("/bin/sh", updater, `http://${address}:443/`);
    const { id, app } = await asked(address);
    expect(app.via).toBe(appOf(updater, realpathSync("/bin/sh")));
    await answer(id, "block", "once");
    await running;
    await api.call("rules.remove", { ids: [rule.id] });
  });
});
