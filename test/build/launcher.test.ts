// The installed window's launcher: what it hands on of the caller's words and environment, and which screen, where logind knows of one.
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../build/paths.ts";

const person = 64321;
const group = 64322;
const folder = mkdtempSync(join(tmpdir(), "picket-launcher-"));
const launcher = join(folder, "launcher");

beforeAll(() => {
  chmodSync(folder, 0o755);
  const [window, homes] = [join(folder, "window"), join(folder, "homes")];
  writeFileSync(window, '#!/bin/sh\necho "$*"; id -g; env\n', { mode: 0o755 });
  mkdirSync(homes);
  chownSync(homes, 0, group);
  chmodSync(homes, 0o770);
  const places = [`-DWINDOW="${window}"`, `-DHOMES="${homes}"`];
  const source = join(root, "build/package/launcher.c");
  const { status, stderr } = spawnSync("clang", ["-Wall", "-Werror", ...places, "-o", launcher, source]);
  expect(status, String(stderr)).toBe(0);
  chownSync(launcher, 0, group);
  chmodSync(launcher, 0o2755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts it as a person for whom logind says this (null: there is no logind), with what they would slip in. Returns what the window got. */
function start(session: string | null, words: string[] = []) {
  const files = session === null ? "" : 'mkdir users sessions; echo DISPLAY=c1 >users/$1; echo "$2" >sessions/c1;';
  const logind = `mkdir -p /run/systemd; mount -t tmpfs none /run/systemd; cd /run/systemd; ${files} cd /`;
  const line = `${logind}; as="--reuid=$1 --regid=$1"; shift 2; exec setpriv $as --clear-groups -- "$0" "$@"`;
  const env = {
    ...{ PATH: process.env.PATH, DISPLAY: ":99", XAUTHORITY: "/home/a/key", WAYLAND_DISPLAY: "wayland-0" },
    ...{
      XDG_SESSION_TYPE: "x11",
      LD_PRELOAD: "",
      GTK_MODULES: "evil",
      GTK_PATH: "/home/a",
      GIO_EXTRA_MODULES: "/home/a",
    },
    ...{
      NODE_OPTIONS: "--require=/home/a/evil.js",
      ELECTRON_RUN_AS_NODE: "1",
      HOME: "/home/a",
      XDG_DATA_HOME: "/home/a",
    },
  };
  const run = ["--mount", "sh", "-ec", line, launcher, String(person), session ?? "", ...words];
  const { status, stdout, stderr } = spawnSync("unshare", run, { env, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  const [said = "", gid, ...variables] = stdout.trimEnd().split("\n");
  const environment = new Map(variables.map((each) => each.split(/=(.*)/s) as [string, string]));
  return { said, gid, environment };
}

test("gives the group, passes its own words only, and nothing that names code", () => {
  const { said, gid, environment } = start(null, ["--renderer-cmd-prefix=/bin/evil", "--background", "--background"]);
  expect(gid).toBe(String(group));
  expect(said).toBe("--background");
  expect(environment.get("HOME")).toBe(join(folder, `homes/${person}`));
  for (const name of ["GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES", "NODE_OPTIONS", "ELECTRON_RUN_AS_NODE"])
    expect(environment.has(name), name).toBe(false);
  expect(environment.get("XDG_DATA_HOME")).toBeUndefined();
});

test("where nobody knows of a session with a screen, the screen is the caller's word", () => {
  for (const session of [null, "TYPE=tty", "TYPE=x11"])
    expect(start(session).environment.get("DISPLAY"), String(session)).toBe(":99");
});

test("in an X11 session the screen is that session's, not a server of the caller's own", () => {
  const { said, environment } = start("TYPE=x11\nDISPLAY=:0");
  expect(environment.get("DISPLAY")).toBe(":0");
  expect(environment.has("WAYLAND_DISPLAY")).toBe(false);
  expect(environment.get("XAUTHORITY")).toBe("/home/a/key");
  expect(said).toBe("");
});

test("in a Wayland session the window is no X11 client", () => {
  const { said, environment } = start("TYPE=wayland", ["--background", "--ozone-platform=x11"]);
  expect(said).toBe("--background --ozone-platform=wayland");
  expect(environment.get("WAYLAND_DISPLAY")).toBe("wayland-0");
  for (const name of ["DISPLAY", "XAUTHORITY"]) expect(environment.has(name), name).toBe(false);
});
