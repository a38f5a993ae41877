// A person's evening at a desktop with the .deb: a login, the installed window on a screen, answers by its keys, a log-out, another boot. The
// same in a container (desktop.slow.test.ts) and in a virtual machine (test/vm/desktop.slow.test.ts).
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Prompt, Rule } from "../../contract/words.ts";
import { caller } from "./guarded.ts";
import { insidePath, serveAtBoot, write } from "./installed.ts";
import type { Machine, Outcome } from "./machine.ts";

const screen = { DISPLAY: ":7" };

export class Desktop {
  private readonly machine: Machine;
  private readonly slowness: number;

  /** `slowness`: how many times slower than this computer the machine is. */
  constructor(machine: Machine, slowness = 1) {
    this.machine = machine;
    this.slowness = slowness;
  }

  async root(words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.as("root", words);
    if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  as(user: "alice" | "root", words: string[], env = {}): Promise<Outcome> {
    return this.machine.run(words, { user, env, timeout: 240_000 * this.slowness });
  }

  async picket<T>(...words: string[]): Promise<T> {
    return JSON.parse(await this.root(["picket", ...words, "--json"])) as T;
  }

  async printed(name: string): Promise<string> {
    return (await this.as("root", ["cat", `/run/${name}.log`])).stdout;
  }

  async until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    for (const end = performance.now() + 60_000 * this.slowness; ; ) {
      const start = performance.now();
      const found = await probe();
      if (found !== undefined) return found;
      const now = performance.now();
      if (now > end) throw new Error(`waited in vain for ${what}\n${await this.seen()}`);
      // To look is work as well, of which an emulated processor would do nothing else.
      await sleep(Math.min(Math.max(100, now - start), 10_000));
    }
  }

  /** What somebody who looks at the machine would look at. */
  private async seen(): Promise<string> {
    const looks = [
      "picket prompts; picket rules; journalctl --quiet --boot --no-pager --lines=30 --unit=picket-helper --unit=session",
      `xdotool getactivewindow getwindowname; xdotool search --onlyvisible --name . getwindowname %@`,
    ];
    const seen = looks.map((look) => this.as("root", ["sh", "-c", `exec 2>&1; ${look}`], screen));
    return (await Promise.all(seen)).map(({ stdout }) => stdout).join("");
  }

  /** A second person, a far side that is there at every boot, and a program that is an app by itself. */
  async prepare(): Promise<void> {
    await this.root(["useradd", "--create-home", "--uid", "1001", "--shell", "/bin/bash", "bob"]);
    await this.root(["sh", "-c", `cp "$(readlink -f /usr/bin/python3)" ${caller}`]);
    await serveAtBoot(this);
  }

  /** With all that it depends on. */
  async install(deb = insidePath("deb")): Promise<void> {
    await this.root(["dpkg", "-i", deb]);
    await this.root(["picket", "mode", "ask"]);
    expect(await this.picket("status")).toMatchObject({ mode: "ask", level: "protected", degraded: [] });
  }

  /** What the login manager of a desktop does: a session of alice's, through PAM, with her window manager and what starts by itself. */
  async logIn(): Promise<void> {
    // Of the X server's own, so that nothing of the guard's is in its way.
    await this.root(["systemd-run", "--quiet", "--unit=x", "Xvfb", ":7", "-ac", "-screen", "0", "1280x800x24"]);
    const start = `openbox & exec $(sed -n 's/^Exec=//p' /etc/xdg/autostart/org.picket.Picket.desktop)`;
    const environment = ["DISPLAY=:7", "XDG_SESSION_TYPE=x11", "LANG=C.UTF-8"].map((each) => `--setenv=${each}`);
    const pam = ["--property=PAMName=login", "--property=User=alice", ...environment];
    await this.root(["systemd-run", "--quiet", "--unit=session", ...pam, "sh", "-c", start]);
    const pid = await this.until("the window", async () => {
      const found = await this.as("root", ["pgrep", "-o", "-f", "^/usr/lib/picket/window/picket-window"]);
      return found.stdout.trim() || undefined;
    });
    // In the login's own session, in the group that only the launcher gives.
    const cgroup = await this.root(["sed", "-n", "s/^0:://p", `/proc/${pid}/cgroup`]);
    expect(cgroup).toMatch(/^\/user\.slice\/user-1000\.slice\/session-[^/]+\.scope\n$/);
    const group = (await this.root(["getent", "group", "_picket"])).split(":")[2];
    expect(await this.root(["stat", "--format=%g", `/proc/${pid}`])).toBe(`${group}\n`);
    // Where a window takes minutes to start, the helper would block what is asked before it is there.
    await this.until("the window at the helper", async () => {
      const connected = await this.root(["ss", "-Hx", "state", "established"]);
      return connected.includes("/run/picket/helper.sock") || undefined;
    });
  }

  async logOut(): Promise<void> {
    await this.root(["systemctl", "stop", "session", "x"]);
  }

  fetching(program: "curl" | "wget"): Promise<Outcome> {
    // The card may come later than curl would wait by itself.
    const words = { curl: ["curl", "-sS", "--connect-timeout", "3600"], wget: ["wget", "-q", "-O-", "-t1"] }[program];
    return this.as("alice", [...words, "http://192.0.2.2/"]);
  }

  async rulesOf(app: string): Promise<Rule[]> {
    return (await this.picket<Rule[]>("rules")).filter((rule) => rule.app?.includes(app));
  }

  held(app: string): Promise<Prompt> {
    return this.until(`a question about ${app}`, async () =>
      (await this.picket<Prompt[]>("prompts")).find(
        (each) => each.state === "held" && JSON.stringify(each).includes(app),
      ),
    );
  }

  /**
   * Asks for the card by its shortcut and answers with a key, until there is a rule: on a slow machine the card may take long to come, and its
   * keys are dead at first.
   */
  async answerWith(key: string, app: string): Promise<Rule> {
    return await this.until(`an answer about ${app}`, async () => {
      await this.as("root", ["xdotool", "key", "ctrl+alt+p"], screen);
      // Longer than keys are dead for.
      await sleep(1_500 * Math.ceil(this.slowness / 3));
      const inUse = await this.as("root", ["xdotool", "getactivewindow", "getwindowname"], screen);
      if (inUse.stdout !== "Picket asks\n") return undefined;
      await this.as("root", ["xdotool", "key", key], screen);
      await sleep(500 * Math.ceil(this.slowness / 3));
      return (await this.rulesOf(app))[0];
    });
  }

  async allowsCurl(): Promise<void> {
    const waiting = this.fetching("curl");
    await this.held("curl");
    expect(await this.answerWith("alt+a", "curl")).toMatchObject({ action: "allow" });
    expect(await waiting).toMatchObject({ code: 0, stdout: "welcome\n" });
    expect(await this.fetching("curl")).toMatchObject({ code: 0, stdout: "welcome\n" });
  }

  async blocksChromium(): Promise<void> {
    const quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync"];
    const patience = `--timeout=${120_000 * this.slowness}`;
    const waiting = this.as("alice", [
      ...["chromium", "--headless", ...quiet, patience],
      ...["--dump-dom", "http://192.0.2.2/"],
    ]);
    await this.held("chromium");
    expect(await this.answerWith("alt+b", "chromium")).toMatchObject({ action: "block" });
    expect((await waiting).stdout).not.toContain("welcome");
  }

  /** Her question about wget is in the air meanwhile. */
  async hidesAllFromBob(): Promise<void> {
    const bob = (...words: string[]) => this.as("root", ["runuser", "-u", "bob", "--", "picket", ...words]);
    const waiting = this.fetching("wget");
    const { id } = await this.held("wget");
    expect((await this.rulesOf("curl")).length).toBeGreaterThan(0);
    for (const what of ["prompts", "flows"]) {
      const seen = await bob(what, "--json");
      expect({ ...seen, stdout: JSON.parse(seen.stdout) }, what).toMatchObject({ code: 0, stdout: [] });
    }
    expect((await bob("rules", "--json")).stdout).not.toMatch(/curl|chromium/);
    for (const action of ["allow", "block"])
      expect(await bob("answer", id, action)).toMatchObject({ code: 1, stderr: expect.stringContaining("no such") });
    expect(await bob("mode", "allow")).toMatchObject({ code: 1 });
    expect((await this.held("wget")).id).toBe(id);
    await this.root(["picket", "answer", id, "block"]);
    expect((await waiting).stdout).toBe("");
  }

  /** What logs in at the next boot: what is allowed, what is blocked, and a program that nobody was asked about. */
  async prepareLogins(): Promise<void> {
    await this.root([
      ...["picket", "rules", "add", "--app", "/usr/bin/wget", "--action", "block"],
      ...["--address", "192.0.2.2"],
    ]);
    const unknown = "import urllib.request as u; print(u.urlopen('http://192.0.2.2/').read())";
    const logins = {
      "login-allowed": "curl -sS http://192.0.2.2/",
      "login-blocked": "wget -q -O- -t1 http://192.0.2.2/",
      "login-unknown": `${caller} -c \\"${unknown}\\"`,
    };
    for (const [name, command] of Object.entries(logins))
      await write(
        this,
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
    await this.root(["systemctl", "enable", "--quiet", ...Object.keys(logins)]);
    // And what starts with alice's user manager, before anybody logs in.
    const early = "[Service]\nExecStart=wget -q -O- -t1 http://192.0.2.2/\n[Install]\nWantedBy=default.target\n";
    await write(this, "/etc/systemd/user/early.service", early);
    await this.root(["systemctl", "--global", "enable", "--quiet", "early.service"]);
  }

  /** Those logins have met the rules, and the helper was ready before any of them. */
  async meetsRulesFromTheFirstPacket(): Promise<void> {
    await this.until(
      "the allowed one",
      async () => (await this.printed("login-allowed")).includes("ended") || undefined,
    );
    expect(await this.printed("login-allowed")).toBe("welcome\nended 0\n");
    await this.until(
      "the blocked one",
      async () => (await this.printed("login-blocked")).includes("ended") || undefined,
    );
    expect(await this.printed("login-blocked")).toBe("ended 4\n"); // wget: network failure
    await this.held("caller");
    expect(await this.printed("login-unknown")).toBe("");
    // Nothing else has arrived: not before the helper was ready either.
    expect(await this.printed("web")).toBe("arrived curl\n");
    const since = async (unit: string, property: string) =>
      Number(await this.root(["systemctl", "show", "--value", "--property", property, unit]));
    const ready = await since("picket-helper", "ActiveEnterTimestampMonotonic");
    for (const unit of ["systemd-user-sessions", "user@1000", "login-allowed"])
      expect(await since(unit, "InactiveExitTimestampMonotonic"), unit).toBeGreaterThan(ready);
  }
}
