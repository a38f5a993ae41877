// The real desktop: the .deb with everything it depends on, a login, the installed window on a screen, answers by its keys, a log-out, another
// boot. Alone: PICKET_TESTS=all node build/run-vitest.ts test/machine/desktop.slow
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Prompt, Rule } from "../../contract/words.ts";
import { caller, GuardedMachine } from "./guarded.ts";
import { insidePath, makePackages, removePackages, serveAtBoot, write } from "./installed.ts";
import { cache } from "./machine.ts";

vi.setConfig({ testTimeout: 600_000 });

let machine: GuardedMachine;
let disk: string;
beforeAll(async () => {
  await makePackages(["deb"]);
  disk = mkdtempSync(join(cache, "disk-"));
  machine = await GuardedMachine.start({ kind: "desktop", disk });
  await machine.root(["useradd", "--create-home", "--uid", "1001", "--shell", "/bin/bash", "bob"]);
  await serveAtBoot(machine);
}, 1_500_000);
afterAll(async () => {
  await machine?.stop();
  rmSync(disk, { recursive: true, force: true });
  removePackages();
});

const screen = { DISPLAY: ":7" };
const picket = async <T>(...words: string[]): Promise<T> =>
  JSON.parse(await machine.root(["picket", ...words, "--json"])) as T;
const as = (user: "alice" | "root", words: string[], env = {}) =>
  machine.machine.run(words, { user, env, timeout: 240_000 });
const fetching = (program: "curl" | "wget") =>
  as(
    "alice",
    program === "curl" ? ["curl", "-sS", "http://192.0.2.2/"] : ["wget", "-q", "-O-", "-t1", "http://192.0.2.2/"],
  );
const rulesOf = async (app: string) => (await picket<Rule[]>("rules")).filter((rule) => rule.app?.includes(app));

/** What the login manager of a desktop does: a session of alice's, through PAM, with her window manager and what starts by itself. */
async function logIn(): Promise<void> {
  // Of the X server's own, so that nothing of the guard's is in its way.
  await machine.root(["systemd-run", "--quiet", "--unit=x", "Xvfb", ":7", "-ac", "-screen", "0", "1280x800x24"]);
  const start = `openbox & exec $(sed -n 's/^Exec=//p' /etc/xdg/autostart/org.picket.Picket.desktop)`;
  const environment = ["DISPLAY=:7", "XDG_SESSION_TYPE=x11", "LANG=C.UTF-8"].map((each) => `--setenv=${each}`);
  const pam = ["--property=PAMName=login", "--property=User=alice", ...environment];
  await machine.root(["systemd-run", "--quiet", "--unit=session", ...pam, "sh", "-c", start]);
}

/** Asks for the card by its shortcut and answers with a key, until there is a rule: keys are dead at first, and the machine may be busy. */
async function answerWith(key: string, app: string): Promise<Rule> {
  return await machine.until(`an answer about ${app}`, async () => {
    await as("root", ["xdotool", "key", "ctrl+alt+p"], screen);
    await sleep(1_500);
    await as("root", ["xdotool", "key", key], screen);
    await sleep(500);
    return (await rulesOf(app))[0];
  });
}

const held = (app: string) =>
  machine.until(`a question about ${app}`, async () =>
    (await picket<Prompt[]>("prompts")).find((each) => each.state === "held" && JSON.stringify(each).includes(app)),
  );

test("dpkg finds everything the package depends on, and the login starts the window", async () => {
  await machine.root(["dpkg", "-i", insidePath("deb")]);
  await machine.root(["picket", "mode", "ask"]);
  expect(await picket("status")).toMatchObject({ mode: "ask", level: "protected", degraded: [] });
  await logIn();
  const pid = await machine.until("the window", async () => {
    const found = await machine.machine.run(["pgrep", "-o", "-f", "^/usr/lib/picket/window/picket-window"]);
    return found.stdout.trim() || undefined;
  });
  // In the login's own session, in the group that only the launcher gives.
  expect(await machine.cgroupOf(Number(pid))).toMatch(/^\/user\.slice\/user-1000\.slice\/session-[^/]+\.scope$/);
  const group = (await machine.root(["getent", "group", "_picket"])).split(":")[2];
  expect(await machine.root(["stat", "--format=%g", `/proc/${pid}`])).toBe(`${group}\n`);
});

test("curl waits for the card, and its Allow in the installed window makes the rule", async () => {
  const waiting = fetching("curl");
  await held("curl");
  expect(await answerWith("alt+a", "curl")).toMatchObject({ action: "allow" });
  expect(await waiting).toMatchObject({ code: 0, stdout: "welcome\n" });
  expect(await fetching("curl")).toMatchObject({ code: 0, stdout: "welcome\n" });
});

test("Chromium waits as well, and Block refuses it", async () => {
  const quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"];
  const words = ["chromium", "--headless", ...quiet, "--timeout=120000", "--dump-dom", "http://192.0.2.2/"];
  const waiting = as("alice", words);
  await held("chromium");
  expect(await answerWith("alt+b", "chromium")).toMatchObject({ action: "block" });
  expect((await waiting).stdout).not.toContain("welcome");
});

test("the installed window opens no debugger and is no Node, whatever it is started with", async () => {
  // Looked for while it runs: ports that it opens, and what a Node would say.
  const watched = `timeout 20 "$@" >/tmp/said 2>/dev/null & for i in $(seq 15); do sleep 1; ss -Hltn "sport >= :9229 and sport <= :9231"; done
wait; grep -x 42 /tmp/said`;
  const words = ["--inspect=9230", "-p", "6*7"];
  const own = { ...screen, ELECTRON_RUN_AS_NODE: "1", NODE_OPTIONS: "--inspect=9231" };
  // By its launcher, which passes on none of these words, and past it: there Chromium's own port is its user's to open, of a window that has
  // not the group.
  for (const [program, ...said] of [
    ["picket-window", ...words, "--remote-debugging-port=9229", "--remote-debugging-pipe"],
    ["/usr/lib/picket/window/picket-window", ...words],
  ] as const)
    expect((await as("alice", ["sh", "-c", watched, "sh", program, ...said], own)).stdout, program).toBe("");
  const started = await machine.root(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'"]);
  expect(started.split("\n")).not.toContain("--inspect=9230");
});

test("another user of the computer sees and answers nothing of hers", async () => {
  const bob = (...words: string[]) => machine.machine.run(["runuser", "-u", "bob", "--", "picket", ...words]);
  const waiting = as("alice", ["wget", "-q", "-O-", "-t1", "http://192.0.2.2/"]);
  const { id } = await held("wget");
  expect((await rulesOf("curl")).length).toBeGreaterThan(0);
  for (const what of ["prompts", "flows"]) {
    const seen = await bob(what, "--json");
    expect({ ...seen, stdout: JSON.parse(seen.stdout) }, what).toMatchObject({ code: 0, stdout: [] });
  }
  expect((await bob("rules", "--json")).stdout).not.toMatch(/curl|chromium/);
  for (const action of ["allow", "block"])
    expect(await bob("answer", id, action)).toMatchObject({ code: 1, stderr: expect.stringContaining("no such") });
  expect(await bob("mode", "allow")).toMatchObject({ code: 1 });
  expect((await held("wget")).id).toBe(id);
  await machine.root(["picket", "answer", id, "block"]);
  expect((await waiting).stdout).toBe("");
});

test("after a log-out and another boot the first packets of the first login meet the rules", async () => {
  const rule = ["--app", "/usr/bin/wget", "--action", "block", "--address", "192.0.2.2"];
  await machine.root(["picket", "rules", "add", ...rule]);
  const login = (name: string, command: string) =>
    write(
      machine,
      `/etc/systemd/system/${name}.service`,
      `[Unit]
After=systemd-user-sessions.service web.service
[Service]
PAMName=login
User=alice
StandardOutput=append:/run/${name}.log
ExecStart=sh -c "${command}; echo ended $$?"
[Install]
WantedBy=multi-user.target
`,
    );
  await login("login-allowed", "curl -sS http://192.0.2.2/");
  await login("login-blocked", "wget -q -O- -t1 http://192.0.2.2/");
  // A program that nobody was asked about.
  const ask = "import urllib.request as u; print(u.urlopen('http://192.0.2.2/').read())";
  await login("login-unknown", `${caller} -c \\"${ask}\\"`);
  await machine.root(["systemctl", "enable", "--quiet", "login-allowed", "login-blocked", "login-unknown"]);
  // And what starts with alice's user manager, before anybody logs in.
  const early = "[Service]\nExecStart=wget -q -O- -t1 http://192.0.2.2/\n[Install]\nWantedBy=default.target\n";
  await write(machine, "/etc/systemd/user/early.service", early);
  await machine.root(["systemctl", "--global", "enable", "--quiet", "early.service"]);

  await machine.root(["systemctl", "stop", "session", "x"]);
  await machine.machine.shutDown();
  await machine.stop();
  machine = await GuardedMachine.start({ kind: "desktop", disk, far: false });

  const printed = (name: string) => machine.printed(name);
  await machine.until("the allowed one", async () => printed("login-allowed").includes("ended") || undefined);
  expect(printed("login-allowed")).toBe("welcome\nended 0\n");
  await machine.until("the blocked one", async () => printed("login-blocked").includes("ended") || undefined);
  expect(printed("login-blocked")).toBe("ended 4\n"); // wget: network failure
  await held("caller");
  expect(printed("login-unknown")).toBe("");
  // Nothing else has arrived: not before the helper was ready either.
  expect(printed("web")).toBe("arrived curl\n");
  const since = async (unit: string, property: string) =>
    Number(await machine.root(["systemctl", "show", "--value", "--property", property, unit]));
  const ready = await since("picket-helper", "ActiveEnterTimestampMonotonic");
  for (const unit of ["systemd-user-sessions", "user@1000", "login-allowed"])
    expect(await since(unit, "InactiveExitTimestampMonotonic"), unit).toBeGreaterThan(ready);
});
