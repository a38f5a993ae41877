// The .deb that `npm run package` makes, on a machine with a real systemd: installed, upgraded with rules kept and enforcement never down,
// killed, removed and purged.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { FuseState, FuseV1Options, getCurrentFuseWire } from "@electron/fuses";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { completions } from "../../build/package/completions.ts";
import { manPages } from "../../build/package/man.ts";
import { documents, home, systemFiles } from "../../build/package/tree.ts";
import type { Prompt, Rule } from "../../contract/words.ts";
import { caller, client, far, GuardedMachine, greeter } from "./guarded.ts";
import {
  attempt as attemptAt,
  cgroupsLeft,
  insidePath,
  makeNext,
  makePackages,
  meanwhile,
  next,
  out,
  packagePath,
  removePackages,
  runGuarded,
  wrongs,
} from "./installed.ts";
import { checkout } from "./machine.ts";

vi.setConfig({ testTimeout: 240_000 });

let machine: GuardedMachine;
/** The package of the next version. */
let following: string;
beforeAll(async () => {
  await makePackages(["deb"]);
  following = makeNext("deb");
  machine = await GuardedMachine.start();
  // By whose own group nobody may be taken for the window.
  await machine.root(["useradd", "--create-home", "--uid", "1002", "picket"]);
}, 900_000);
afterAll(async () => {
  await machine?.stop();
  removePackages();
});

/** The machine has no screen, so what only the window needs is not installed. */
async function install(path = insidePath("deb")): Promise<string> {
  return await machine.root(["sh", "-c", `dpkg --force-depends -i ${path} 2>&1`]);
}

const property = async (name: string): Promise<string> =>
  (await machine.root(["systemctl", "show", "--value", "--property", name, "picket-helper"])).trim();
const attempt = (program?: string) => attemptAt(machine, program);
const picket = (...words: string[]) => machine.machine.run(["picket", ...words], { timeout: 60_000 });

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
  expect(await wrongs(machine)).toEqual([]);
  expect(await attempt()).toBe("welcome");
  // What was seen is written down every second.
  await machine.until("a proposal", async () =>
    (await picket("learn", "review", "--json")).stdout.includes(caller) ? true : undefined,
  );
});

test("its window's group is nobody's, also where a person is called like Picket", async () => {
  const [group, person] = await Promise.all([
    machine.root(["stat", "--format=%G %g", "/usr/lib/picket/launcher"]),
    machine.root(["id", "--group", "picket"]),
  ]);
  expect(group).toMatch(/^_picket [1-9]\d{0,2}\n$/);
  expect(group.split(" ")[1]).not.toBe(person);
});

test("doctor sees that the window's group has become somebody's, and that it is the window's alone again", async () => {
  const restart = ["systemctl", "restart", "picket-helper"];
  await machine.root(["usermod", "--append", "--groups", "_picket", "alice"]);
  await machine.root(restart);
  expect(await wrongs(machine)).toEqual(["limits: windowGroup"]);
  const mode = ["setpriv", "--reuid=alice", "--regid=_picket", "--clear-groups", "picket", "mode", "allow"];
  expect(await machine.machine.run(mode)).toMatchObject({ code: 1, stderr: expect.stringContaining("may not") });
  await machine.root(["gpasswd", "--delete", "alice", "_picket"]);
  await machine.root(restart);
  expect(await wrongs(machine)).toEqual([]);
});

test("the installed window runs as nothing but the window: what Electron can be talked into is switched off in the file", async () => {
  const wire = await getCurrentFuseWire(join(out, "tree/usr/lib/picket/window/picket-window"));
  for (const [fuse, state] of [
    [FuseV1Options.RunAsNode, FuseState.DISABLE],
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable, FuseState.DISABLE],
    [FuseV1Options.EnableNodeCliInspectArguments, FuseState.DISABLE],
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation, FuseState.ENABLE],
    [FuseV1Options.OnlyLoadAppFromAsar, FuseState.ENABLE],
  ] as const)
    expect(wire[fuse], FuseV1Options[fuse]).toBe(state);
});

test("every file that the system looks for is in it, root's, and nobody else's to write", () => {
  const words = ["--contents", packagePath("deb")];
  const listed = execFileSync("dpkg-deb", words, { encoding: "utf8", maxBuffer: 1 << 26, env: { TZ: "UTC" } });
  // "-rw-r--r-- root/root  1234 2026-11-27 09:30 ./usr/…"; a link's target follows its path.
  const entries = listed.split("\n").flatMap((line) => /^(\S+) (\S+) .*? \.\/(.*)$/.exec(line)?.slice(1, 4) ?? []);
  const paths = new Map<string, { mode: string; owner: string }>();
  for (let at = 0; at < entries.length; at += 3) {
    const [mode = "", owner = "", path = ""] = entries.slice(at, at + 3);
    paths.set(path, { mode, owner });
  }
  for (const path of [
    ...Object.values(systemFiles),
    ...Object.values(documents),
    ...Object.keys(manPages(0)),
    ...Object.keys(completions()),
    ...["launcher", "node", "dist/bpf/picket.bpf.o", "window/picket-window"].map((name) => `${home}/${name}`),
    "usr/bin/picket",
    "usr/bin/picket-window -> ../lib/picket/launcher",
  ])
    expect([...paths.keys()], path).toContain(path);
  const odd = [...paths].filter(([, { mode, owner }]) => owner !== "root/root" || !/^(l|.....-..-.)/.test(mode));
  expect(odd).toEqual([]);
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

/**
 * A version with another ABI hears of what waits by its next retransmission, 31 or 63 s after it began; and a slow machine takes as long for
 * some commands.
 */
const patient = client.replace(", 30)", ", 120)");
/** Where nothing is decided: a second address of the far side's. */
const undecided = { address: "192.0.2.3", client: patient.replace(far.address, "192.0.2.3") };

test("a rule holds while the service is stopped, killed, upgraded and started: nothing blocked arrives, nothing asked passes", async () => {
  await machine.root(["ip", "-netns", "far", "addr", "add", `${undecided.address}/24`, "dev", "far0"]);
  const greets = ["python3", "-c", greeter.replace(far.address, undecided.address)];
  await machine.service("undecided", ["nsenter", "--net=/run/netns/far", ...greets], "up");
  await picket("mode", "ask");
  const rule = ["--app", caller, "--action", "block", "--address", far.address];
  expect(await picket("rules", "add", ...rule)).toMatchObject({ code: 0 });
  const before = machine.arrivals();
  const steps = {
    stopped: async () => {
      await machine.root(["systemctl", "stop", "picket-helper"]);
      await machine.root(["systemctl", "start", "picket-helper"]);
    },
    killed: async () => {
      const pid = await property("MainPID");
      await machine.root(["kill", "-KILL", pid]);
      await machine.until("the helper that follows", async () => {
        const now = await property("MainPID");
        return now !== pid && (await property("ActiveState")) === "active" ? now : undefined;
      });
    },
    upgraded: () => install(following),
  };
  for (const [step, work] of Object.entries(steps)) {
    // One that began before the step, and those that begin within it.
    const asked = [attempt(undecided.client)];
    await held();
    const seen = await meanwhile(machine, async () => {
      const working = work();
      asked.push(attempt(undecided.client));
      await working;
    });
    console.log(`${step}: ${seen.length} blocked attempts`);
    // One of the three at least began in its midst.
    expect(seen.length, step).toBeGreaterThan(3);
    expect(new Set(seen), step).toEqual(new Set(["111"])); // ECONNREFUSED, each time
    expect(machine.arrivals(), step).toBe(before);
    // The question outlived the step; or nobody answered for half a minute.
    let outcomes: string[] | undefined;
    void Promise.all(asked).then((all) => {
      outcomes = all;
    });
    await machine.until("their ends", async () => {
      const waiting = JSON.parse((await picket("prompts", "--json")).stdout) as Prompt[];
      for (const { id } of waiting.filter(({ state }) => state === "held")) await picket("answer", id, "block");
      return outcomes;
    });
    expect(outcomes, step).toEqual(["111", "111"]);
    expect(machine.printed("undecided"), step).not.toContain("arrived");
  }
  expect(JSON.parse((await picket("rules", "--json")).stdout)).toContainEqual(
    expect.objectContaining({ action: "block", app: caller }),
  );
  expect(await property("ActiveState")).toBe("active");
  // It was another version's programs that followed.
  expect((await picket("--version")).stdout).toBe(`picket ${next.version}\n`);
  expect(await machine.root(["ls", "/sys/fs/bpf/picket"])).toMatch(next.pins);
  // It was the decision that was missing.
  const allow = ["--app", caller, "--action", "allow", "--address", undecided.address];
  expect(await picket("rules", "add", ...allow)).toMatchObject({ code: 0 });
  expect(await attempt(undecided.client)).toBe("welcome");
  await picket("rules", "undo");
});

const asAlice = (words: string[], env: Record<string, string> = {}) =>
  machine.machine.run(words, { user: "alice", env, timeout: 90_000 });
const answers = (id: string) => asAlice(["picket", "answer", id, "allow"]);

/** Something of alice's that waits for an answer, and the question's id. */
async function question(): Promise<{ attempt: Promise<string>; id: string }> {
  const waiting = attempt(patient);
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
  const answering = 'picket answer "$(cat "$HOME/id")" allow';
  await windowDoes(answering);
  const home = "/var/lib/picket-window/1000";
  const first = await question();
  // The window itself past its launcher, and a copy of it: both know the question and ask for the right thing.
  await machine.root(["sh", "-c", 'echo "$0" >/home/alice/id', first.id]);
  await asAlice(["cp", "/usr/lib/picket/window/picket-window", "/home/alice/copy"]);
  for (const path of ["/usr/lib/picket/window/picket-window", "/home/alice/copy"]) {
    expect((await asAlice([path])).stderr, path).toContain("may not do that");
    expect((await held()).id).toBe(first.id);
  }
  await windowDoes(`env >"$HOME/env"; id -g >"$HOME/group"; echo "$@" >"$HOME/words"; ${answering}; sleep 5`);
  await machine.root(["sh", "-c", `install -d -o alice -g _picket -m 770 ${home} && echo ${first.id} >${home}/id`]);
  const window = asAlice(["/usr/bin/picket-window", "--renderer-cmd-prefix=/bin/evil", "--background"], {
    LD_PRELOAD: "/home/alice/evil.so",
    NODE_OPTIONS: "--require=/home/alice/evil.js",
    GTK_MODULES: "evil",
    DBUS_SESSION_BUS_ADDRESS: "unixexec:path=/home/alice/evil",
    XDG_RUNTIME_DIR: ";unixexec:path=/home/alice/evil",
    LANG: "C.UTF-8",
  });
  expect(await first.attempt).toBe("welcome");
  const environment = await machine.root(["cat", `${home}/env`]);
  for (const name of ["LD_PRELOAD", "NODE_OPTIONS", "GTK_MODULES", "evil"]) expect(environment).not.toContain(name);
  for (const own of ["DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/1000/bus", "XDG_RUNTIME_DIR=/run/user/1000"])
    expect(environment.split("\n")).toContain(own);
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

/** Everything of the helper's in the kernel, by its descriptors and its pins: "prog 17", "map 4", "link 9". */
async function inKernel(): Promise<string[]> {
  const open = `sed -n -E 's/^(prog|map|link)_id:\\s*/\\1 /p' /proc/${await property("MainPID")}/fdinfo/*`;
  const found = (await machine.root(["sh", "-c", open])).split("\n").filter(Boolean);
  for (const kind of ["prog", "map", "link"])
    for (const { id, pinned = [] } of await kernelHas(kind))
      if (pinned.some((path) => path.startsWith("/sys/fs/bpf/picket/"))) found.push(`${kind} ${id}`);
  return [...new Set(found)].sort();
}
const kernelHas = async (kind: string) =>
  JSON.parse(await machine.root(["bpftool", "--json", "--bpffs", kind, "show"])) as { id: number; pinned?: string[] }[];

test("a removal leaves no program, map, link, pin or cgroup; another installation finds the rules again, a purge leaves nothing at all", async () => {
  const rules = async () =>
    (JSON.parse((await picket("rules", "--json")).stdout) as Rule[]).map(({ id, app, action }) => ({
      id,
      app,
      action,
    }));
  await picket("rules", "add", "--app", "/usr/bin/wget", "--action", "block", "--address", "192.0.2.9");
  const [ruled, loaded] = [await rules(), await inKernel()];
  expect(ruled.length).toBeGreaterThan(0);
  const guarded = await runGuarded(machine);
  expect(await machine.cgroupOf(guarded.pid)).toMatch(/^\/picket\.slice\/picket-run-/);
  for (const kind of ["prog", "map", "link"]) expect(loaded.join(), kind).toContain(kind);
  await machine.root(["dpkg", "--remove", "picket"]);
  expect(await attempt()).toBe("welcome");
  expect(await machine.exists("/sys/fs/bpf/picket")).toBe(false);
  expect(await cgroupsLeft(machine)).toBe("");
  // What ran in the guard lives on, free.
  expect(await machine.cgroupOf(guarded.pid)).not.toContain("picket");
  await guarded.go();
  expect(await guarded.outcome).toMatchObject({ code: 0, stdout: "welcome\n" });
  // The kernel lets go of them a moment later.
  await machine.until("the end of all of it", async () => {
    const there = await Promise.all(
      ["prog", "map", "link"].map(async (kind) => (await kernelHas(kind)).map(({ id }) => `${kind} ${id}`)),
    );
    return there.flat().some((each) => loaded.includes(each)) ? undefined : true;
  });
  expect(await machine.exists("/var/lib/picket/picket.sqlite")).toBe(true);

  await install();
  expect(await property("ActiveState")).toBe("active");
  expect(await property("UnitFileState")).toBe("enabled");
  expect(await rules()).toEqual(ruled);

  await machine.root(["dpkg", "--purge", "picket"]);
  expect(await attempt()).toBe("welcome");
  for (const left of [
    "var/lib/picket",
    "var/lib/picket-window",
    "usr/lib/picket",
    "etc/picket",
    "run/picket",
    "sys/fs/bpf/picket",
  ])
    expect(await machine.exists(`/${left}`), left).toBe(false);
  expect(await machine.machine.run(["getent", "group", "_picket"])).toMatchObject({ code: 2 });
});

test("a group of that name that is somebody's is not taken: the installation says so and stops", async () => {
  const setUp = () => machine.machine.run(["sh", `${checkout}/build/package/files/set-up`]);
  await machine.root(["groupadd", "--gid", "1500", "_picket"]);
  expect(await setUp()).toMatchObject({ code: 1, stderr: expect.stringContaining("_picket") });
  await machine.root(["groupmod", "--gid", "950", "_picket"]);
  await machine.root(["usermod", "--append", "--groups", "_picket", "picket"]);
  expect(await setUp()).toMatchObject({ code: 1, stderr: expect.stringContaining("_picket") });
  await machine.root(["gpasswd", "--delete", "picket", "_picket"]);
  await machine.root(["usermod", "--gid", "_picket", "picket"]);
  expect(await setUp()).toMatchObject({ code: 1, stderr: expect.stringContaining("_picket") });
});
