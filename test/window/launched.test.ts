// The real app behind its real launcher, as an ordinary user whose other program has started it: whose address of the session's bus has a program
// run, which would run in the window's group.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { root } from "../../build/paths.ts";
import { patience } from "./app.ts";
import { OtherUser } from "./other-user.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { openScreen } from "./screen.ts";

/** Debian's `nobody`. */
const uid = 65534;
const group = 64322;

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("a program that the session's bus address names is not run, and the window is there without a bus", async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-launched-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const nobody = new OtherUser(uid, uid, true);
  ends.push(() => nobody.end());
  const helper = await ScenarioHelper.start();
  ends.push(() => helper.end());
  helper.openToOthers();
  const screen = await openScreen();
  ends.push(() => screen.end());

  const place = (name: string): string => join(folder, name);
  const [launcher, window, homes, theirs] = [place("launcher"), place("window"), place("homes"), place("theirs")];
  // What the launcher keeps back the packaged window does not need either: the socket has its fixed place there.
  const start = `PICKET_SOCKET='${helper.socketPath}' exec '${nobody.electron}' '${nobody.window}'`;
  writeFileSync(window, `#!/bin/sh\n${start}\n`, { mode: 0o755 });
  chmodSync(folder, 0o755);
  for (const each of [homes, theirs]) mkdirSync(each);
  chownSync(homes, 0, group);
  chmodSync(homes, 0o770);
  chownSync(theirs, uid, uid);
  const source = join(root, "build/package/launcher.c");
  const words = [`-DWINDOW="${window}"`, `-DHOMES="${homes}"`, `-DRUNTIMES="${place("run")}"`, "-o", launcher, source];
  const made = spawnSync("clang", words, { encoding: "utf8" });
  expect(made.status, made.stderr).toBe(0);
  chownSync(launcher, 0, group);
  chmodSync(launcher, 0o2755);
  const [evil, sign] = [join(theirs, "evil"), join(theirs, "sign")];
  writeFileSync(evil, `#!/bin/sh\nid -g >>'${sign}'\n`, { mode: 0o755 });

  const as = ["--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups", "--pdeathsig", "TERM"];
  const runs = `unixexec:path=${evil}`;
  const env = { PATH: process.env.PATH, DISPLAY: screen.display, LANG: "C.UTF-8", DBUS_SESSION_BUS_ADDRESS: runs };
  const child = spawn("setpriv", [...as, launcher], { env, stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  ends.push(async () => {
    child.kill("SIGTERM");
    await gone;
  });
  // The app goes to its helper when it has looked for its buses.
  await expect.poll(() => helper.topics, { timeout: patience }).toContain("prompts");
  expect(readFileSync(`/proc/${child.pid}/status`, "utf8")).toMatch(new RegExp(`^Gid:(\\s+${group}){4}$`, "m"));
  expect(existsSync(sign)).toBe(false);
});
