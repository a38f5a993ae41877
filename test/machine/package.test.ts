// The .deb that `npm run package` makes, on a machine with a real systemd: installed, upgraded with rules kept and enforcement never down,
// killed, removed and purged.
import { execFile } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Prompt } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine } from "./guarded.ts";
import { checkout, outsideCheckout } from "./machine.ts";

vi.setConfig({ testTimeout: 240_000 });

const out = join(outsideCheckout, "dist/package");
let machine: GuardedMachine;
beforeAll(async () => {
  const pack = [join(outsideCheckout, "build/package.ts"), "--yes"];
  await promisify(execFile)(process.execPath, pack, { maxBuffer: 1 << 24 });
  machine = await GuardedMachine.start();
}, 900_000);
afterAll(async () => {
  await machine?.stop();
  // Half a gigabyte that nobody needs any more.
  rmSync(out, { recursive: true, force: true });
});

/** The machine has no screen, so what only the window needs is not installed. */
async function install(): Promise<string> {
  const deb = readdirSync(out).find((name) => name.endsWith(".deb"));
  return await machine.root(["sh", "-c", `dpkg --force-depends -i ${checkout}/dist/package/${deb} 2>&1`]);
}

const property = async (name: string): Promise<string> =>
  (await machine.root(["systemctl", "show", "--value", "--property", name, "picket-helper"])).trim();
/** What the client says. Where systemd did not start it (it reads its units anew while a package is installed), it is started again. */
async function attempt(): Promise<string> {
  for (let tries = 3; ; tries--) {
    const { code, stdout, stderr } = await machine.machine.run([caller, "-c", client], {
      user: "alice",
      timeout: 90_000,
    });
    if (stdout !== "") return stdout.trim();
    const how = `ended with ${code}: ${stderr.trim()}`;
    if (code === 0 || tries === 0) return how;
    console.log(how);
  }
}
const picket = (...words: string[]) => machine.machine.run(["picket", ...words], { timeout: 60_000 });

/** Attempts until `work` is done, by three who each make one after another: what one takes is most of what a step of the work takes. */
async function meanwhile(work: () => Promise<unknown>): Promise<string[]> {
  const seen: string[] = [];
  let done = false;
  const trying = [0, 1, 2].map(async () => {
    while (!done) seen.push(await attempt());
  });
  try {
    await work();
  } finally {
    done = true;
    await Promise.all(trying);
  }
  return seen;
}

test("a new installation enforces at once, guards every session, and begins by learning", async () => {
  await install();
  expect(await property("ActiveState")).toBe("active");
  expect(await property("UnitFileState")).toBe("enabled");
  const { stdout } = await picket("status", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    mode: "learn",
    guarded: expect.arrayContaining(["user.slice"]),
    degraded: [],
  });
  expect(await attempt()).toBe("welcome");
  // What was seen is written down every second.
  await machine.until("a proposal", async () =>
    (await picket("learn", "review", "--json")).stdout.includes(caller) ? true : undefined,
  );
});

test("what it brings: its own Node, the command, its manual and the unit, all root's and nobody else's to write", async () => {
  expect((await picket("--version")).stdout).toMatch(/^picket \d/);
  const pid = await property("MainPID");
  expect((await machine.root(["readlink", `/proc/${pid}/exe`])).trim()).toBe("/usr/lib/picket/node");
  // The machine's own dpkg leaves manuals and documents out.
  const files = "$(dpkg -L picket | grep -v -e /share/doc -e /share/man)";
  const writable = `find ${files} -maxdepth 0 ! -type l \\( ! -user root -o -perm /022 \\) ! -perm -1000`;
  expect(await machine.root(["sh", "-c", writable])).toBe("");
  for (const path of ["share/bash-completion/completions/picket", "share/applications/org.picket.Picket.desktop"])
    expect(await machine.exists(`/usr/${path}`)).toBe(true);
});

test("a rule holds while the service is stopped, killed, upgraded and started: nothing blocked arrives, nothing asked passes", async () => {
  await picket("mode", "ask");
  const rule = ["--app", caller, "--action", "block", "--address", far.address];
  expect(await picket("rules", "add", ...rule)).toMatchObject({ code: 0 });
  const before = machine.arrivals();
  const seen = await meanwhile(async () => {
    await machine.root(["systemctl", "stop", "picket-helper"]);
    await machine.root(["systemctl", "start", "picket-helper"]);
    const pid = await property("MainPID");
    await machine.root(["kill", "-KILL", pid]);
    await machine.until("the helper that follows", async () => {
      const now = await property("MainPID");
      return now !== pid && (await property("ActiveState")) === "active" ? now : undefined;
    });
    await install();
  });
  expect(seen.length).toBeGreaterThan(3);
  expect(new Set(seen)).toEqual(new Set(["111"])); // ECONNREFUSED, each time
  expect(machine.arrivals()).toBe(before);
  expect(JSON.parse((await picket("rules", "--json")).stdout)).toContainEqual(
    expect.objectContaining({ action: "block", app: caller }),
  );
  expect(await property("ActiveState")).toBe("active");
});

const asAlice = (words: string[], env: Record<string, string> = {}) =>
  machine.machine.run(words, { user: "alice", env, timeout: 90_000 });
const answers = (id: string) => asAlice(["picket", "answer", id, "allow"]);

/** Something of alice's that waits for an answer, and the question's id. */
async function question(): Promise<{ attempt: Promise<string>; id: string }> {
  const waiting = attempt();
  return { attempt: waiting, id: (await held()).id };
}

const held = (): Promise<Prompt> =>
  machine.until("a question", async () => {
    const prompts = JSON.parse((await picket("prompts", "--json")).stdout) as Prompt[];
    return prompts.find(({ state }) => state === "held");
  });

/** Polkit's own rule of this machine: consent without a password, or none. */
const consent = (result: "YES" | "NO") =>
  machine.root([
    "sh",
    "-c",
    `printf '%s\n' "$0" >/etc/polkit-1/rules.d/10-test.rules && (systemctl restart polkit || true)`,
    `polkit.addRule(function (action) { if (action.id == "org.picket.widen") return polkit.Result.${result}; });`,
  ]);

/** What the launcher starts in the window's place: the real window needs a screen and its libraries. */
const windowDoes = (script: string) =>
  machine.root(["sh", "-c", `printf '#!/bin/sh\n%s\n' "$0" >/usr/lib/picket/window/picket-window`, script]);

test("protected: any program of the person may block, none may allow; without consent nothing is widened", async () => {
  await picket("rules", "undo");
  expect(JSON.parse((await picket("status", "--json")).stdout)).toMatchObject({ level: "protected" });
  await consent("NO");
  const first = await question();
  expect(await answers(first.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("may not do that") });
  for (const words of [
    "rules add --app any --action allow",
    "mode allow",
    "pause 10m",
    "rules undo",
    "profile none",
    "learn review --accept all",
  ])
    expect(await asAlice(["picket", ...words.split(" ")]), words).toMatchObject({ code: 1 });
  expect(JSON.parse((await picket("status", "--json")).stdout)).toMatchObject({ mode: "ask" });
  expect(await asAlice(["picket", "answer", first.id, "block"])).toMatchObject({ code: 0 });
  expect(await first.attempt).toBe("111");
});

test("protected: with polkit's consent a program may allow, but not what the asked-about app starts", async () => {
  await consent("YES");
  const first = await question();
  expect(await answers(first.id)).toMatchObject({ code: 0 });
  expect(await first.attempt).toBe("welcome");

  const itself = `import json, socket, subprocess, threading, time
def picket(*words):
    return subprocess.run(["picket", *words], capture_output=True, text=True)
def answer():
    while True:
        held = [each["id"] for each in json.loads(picket("prompts", "--json").stdout) if each["state"] == "held"]
        if held: break
        time.sleep(0.2)
    print(picket("answer", held[0], "allow").stderr, flush=True)
    picket("answer", held[0], "block")
threading.Thread(target=answer).start()
${client}`;
  // Blocking is everybody's right: that ends it.
  const { stdout } = await asAlice([caller, "-c", itself]);
  expect(stdout).toContain("asked about may not answer");
  expect(stdout).toContain("111");
});

test("protected: the installed window may allow, by a group that only its launcher gives; a copy of it may not", async () => {
  await consent("NO");
  await windowDoes(
    'env >"$HOME/env"; id -g >"$HOME/group"; echo "$@" >"$HOME/words"; picket answer "$(cat "$HOME/id")" allow; sleep 5',
  );
  const home = "/var/lib/picket-window/1000";
  const first = await question();
  expect(await asAlice(["/usr/lib/picket/window/picket-window"])).toMatchObject({ stderr: expect.stringMatching(/./) });
  await machine.root(["sh", "-c", `install -d -o alice -g picket -m 770 ${home} && echo ${first.id} >${home}/id`]);
  const window = asAlice(["/usr/bin/picket-window", "--renderer-cmd-prefix=/bin/evil", "--background"], {
    LD_PRELOAD: "/home/alice/evil.so",
    NODE_OPTIONS: "--require=/home/alice/evil.js",
    GTK_MODULES: "evil",
    LANG: "C.UTF-8",
  });
  expect(await first.attempt).toBe("welcome");
  const environment = (await machine.root(["cat", `${home}/env`])).split("\n").map((line) => line.split("=")[0]);
  for (const name of ["LD_PRELOAD", "NODE_OPTIONS", "GTK_MODULES"]) expect(environment).not.toContain(name);
  expect(await machine.root(["cat", `${home}/words`])).toBe("--background\n");
  // The person's other programs reach neither its memory nor its home.
  const pid = (await machine.root(["pgrep", "-f", "^/bin/sh /usr/lib/picket/window/picket-window"])).trim();
  expect((await asAlice(["cat", `/proc/${pid}/environ`])).stderr).toContain("Permission denied");
  expect((await asAlice(["ls", home])).stderr).toContain("Permission denied");
  await window;
});

test("protected: an answer counts once and for its own question; another user gets none, and sees nothing of it", async () => {
  await consent("YES");
  await machine.root(["useradd", "--create-home", "--uid", "1001", "bob"]);
  const asBob = (...words: string[]) =>
    machine.machine.run(["setpriv", "--reuid=bob", "--regid=bob", "--clear-groups", "picket", ...words]);
  const first = await question();
  expect(await asBob("answer", first.id, "allow")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no such"),
  });
  expect(await asBob("answer", first.id, "block")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no such"),
  });
  for (const words of ["prompts", "flows", "answers"] as const) {
    const { stdout } = await asBob(words, "--json");
    if (stdout !== "") expect(JSON.parse(stdout), words).toEqual([]);
  }
  expect(await asBob("mode", "block")).toMatchObject({ code: 1 });
  expect(await answers(first.id)).toMatchObject({ code: 0 });
  expect(await first.attempt).toBe("welcome");
  const second = await question();
  expect(second.id).not.toBe(first.id);
  // The old answer once more: it opens nothing.
  expect(await answers(first.id)).toMatchObject({ code: 1, stderr: expect.stringContaining("answered meanwhile") });
  expect((await held()).id).toBe(second.id);
  expect(await asAlice(["picket", "answer", second.id, "block"])).toMatchObject({ code: 0 });
  expect(await second.attempt).toBe("111");
});

test("a removal leaves no program, pin or cgroup, and the rules until the purge", async () => {
  await machine.root(["dpkg", "--remove", "picket"]);
  expect(await attempt()).toBe("welcome");
  expect(await machine.exists("/sys/fs/bpf/picket")).toBe(false);
  expect(await machine.exists("/sys/fs/cgroup/picket.slice")).toBe(false);
  const attached = JSON.parse(await machine.root(["bpftool", "-j", "cgroup", "tree", "/sys/fs/cgroup"]));
  expect(JSON.stringify(attached)).not.toContain("on_egress");
  expect(await machine.exists("/var/lib/picket/picket.sqlite")).toBe(true);
  await machine.root(["dpkg", "--purge", "picket"]);
  expect(await machine.exists("/var/lib/picket")).toBe(false);
  expect(await machine.exists("/usr/lib/picket")).toBe(false);
});
