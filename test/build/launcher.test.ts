// The installed window's launcher: what it hands on of the caller's words, environment and descriptors, and which screen, where logind knows of
// one.
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../build/paths.ts";
import { Desktop } from "../window/desktop-bus.ts";

/** Debian's `nobody`: a bus lets in only whom the system knows. */
const person = 65534;
const group = 64322;
const folder = mkdtempSync(join(tmpdir(), "picket-launcher-"));
const [launcher, homes, runtimes] = ["launcher", "homes", "run"].map((each) => join(folder, each)) as [
  string,
  string,
  string,
];
const runtime = join(runtimes, String(person));

beforeAll(() => {
  chmodSync(folder, 0o755);
  const window = join(folder, "window");
  writeFileSync(window, '#!/bin/sh\necho "$*"; id -g; echo $(ls /proc/$$/fd); env\n', { mode: 0o755 });
  for (const each of [homes, runtimes]) mkdirSync(each);
  chownSync(homes, 0, group);
  chmodSync(homes, 0o770);
  const places = [`-DWINDOW="${window}"`, `-DHOMES="${homes}"`, `-DRUNTIMES="${runtimes}"`];
  const source = join(root, "build/package/launcher.c");
  const { status, stderr } = spawnSync("clang", ["-Wall", "-Werror", ...places, "-o", launcher, source]);
  expect(status, String(stderr)).toBe(0);
  chownSync(launcher, 0, group);
  chmodSync(launcher, 0o2755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Start {
  words?: string[];
  env?: Record<string, string>;
}

/** Starts it as a person for whom logind says this (null: there is no logind), with what they would slip in. Returns what the window got. */
async function start(session: string | null, { words = [], env = {} }: Start = {}) {
  const files = session === null ? "" : 'mkdir users sessions; echo DISPLAY=c1 >users/$1; echo "$2" >sessions/c1;';
  const logind = `mkdir -p /run/systemd; mount -t tmpfs none /run/systemd; cd /run/systemd; ${files} cd /`;
  // The limit is lowered once there is one above it.
  const descriptor = "ulimit -n 4096; exec 2000</dev/null; ulimit -n 256";
  const line = `${logind}; ${descriptor}; as="--reuid=$1 --regid=$1"; shift 2; exec setpriv $as --clear-groups -- "$0" "$@"`;
  const all = {
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
    ...env,
  };
  const run = ["--mount", "bash", "-ec", line, launcher, String(person), session ?? "", ...words];
  const { stdout } = await promisify(execFile)("unshare", run, { env: all });
  const [said = "", gid, descriptors = "", ...variables] = stdout.trimEnd().split("\n");
  const environment = new Map(variables.map((each) => each.split(/=(.*)/s) as [string, string]));
  return { said, gid, descriptors: descriptors.split(" "), environment };
}

test("gives the group, passes its own words only, and nothing that names code", async () => {
  const words = ["--renderer-cmd-prefix=/bin/evil", "--background", "--background"];
  const { said, gid, environment } = await start(null, { words });
  expect(gid).toBe(String(group));
  expect(said).toBe("--background");
  expect(environment.get("HOME")).toBe(join(homes, String(person)));
  for (const name of ["GTK_MODULES", "GTK_PATH", "GIO_EXTRA_MODULES", "NODE_OPTIONS", "ELECTRON_RUN_AS_NODE"])
    expect(environment.has(name), name).toBe(false);
  expect(environment.get("XDG_DATA_HOME")).toBeUndefined();
});

test("where nobody knows of a session with a screen, the screen is the caller's word", async () => {
  for (const session of [null, "TYPE=tty", "TYPE=x11"])
    expect((await start(session)).environment.get("DISPLAY"), String(session)).toBe(":99");
});

test("in an X11 session the screen is that session's, not a server of the caller's own", async () => {
  const { said, environment } = await start("TYPE=x11\nDISPLAY=:0");
  expect(environment.get("DISPLAY")).toBe(":0");
  expect(environment.has("WAYLAND_DISPLAY")).toBe(false);
  expect(environment.get("XAUTHORITY")).toBe("/home/a/key");
  expect(said).toBe("");
});

test("in a Wayland session the window is no X11 client", async () => {
  const words = ["--background", "--ozone-platform=x11"];
  const { said, environment } = await start("TYPE=wayland", { words });
  expect(said).toBe("--background --ozone-platform=wayland");
  expect(environment.get("WAYLAND_DISPLAY")).toBe("wayland-0");
  for (const name of ["DISPLAY", "XAUTHORITY"]) expect(environment.has(name), name).toBe(false);
});

test("the session's bus and folder are sockets of the session's: nothing the caller names instead is run or asked for them", async () => {
  const evil = "unixexec:path=/home/a/evil";
  for (const address of [evil, `unix:path=/a;${evil}`, "autolaunch:", "tcp:host=a,port=1", "UNIX:path=/a", ""]) {
    const buses = { DBUS_SESSION_BUS_ADDRESS: address, DBUS_SYSTEM_BUS_ADDRESS: evil, DBUS_STARTER_ADDRESS: evil };
    const { environment } = await start(null, {
      env: { ...buses, AT_SPI_BUS_ADDRESS: evil, XDG_RUNTIME_DIR: `;${evil}` },
    });
    expect(environment.get("DBUS_SESSION_BUS_ADDRESS"), address).toBe(`unix:path=${runtime}/bus`);
    for (const name of ["DBUS_SYSTEM_BUS_ADDRESS", "DBUS_STARTER_ADDRESS", "XDG_RUNTIME_DIR"])
      expect(environment.has(name), name).toBe(false);
    expect([...environment.values()].join("\n")).not.toContain("evil");
  }
  const unnamed = await start(null);
  expect(unnamed.environment.get("DBUS_SESSION_BUS_ADDRESS")).toBe(`unix:path=${runtime}/bus`);
  const older = "unix:abstract=/tmp/dbus-1,guid=0;unix:path=/tmp/dbus-1";
  const named = await start(null, { env: { DBUS_SESSION_BUS_ADDRESS: older } });
  expect(named.environment.get("DBUS_SESSION_BUS_ADDRESS")).toBe(older);
});

test("the session's folder is named where it is the person's own", async () => {
  mkdirSync(runtime);
  const others = await start(null, { env: { XDG_RUNTIME_DIR: runtime } });
  expect(others.environment.has("XDG_RUNTIME_DIR")).toBe(false);
  chownSync(runtime, person, person);
  const own = await start(null, { env: { XDG_RUNTIME_DIR: "/home/a" } });
  expect(own.environment.get("XDG_RUNTIME_DIR")).toBe(runtime);
});

test("where the accessibility bus is is asked once, here, and an answer that has a program run is none", async () => {
  const ask = async (address: string | null) => {
    const desktop = await Desktop.start();
    try {
      desktop.openToOthers();
      if (address !== null) await desktop.accessibility(address);
      const { environment } = await start(null, { env: { DBUS_SESSION_BUS_ADDRESS: desktop.address } });
      return environment.get("AT_SPI_BUS_ADDRESS");
    } finally {
      await desktop.stop();
    }
  };
  expect(await ask("unix:path=/run/a11y,guid=0")).toBe("unix:path=/run/a11y,guid=0");
  for (const answer of ["unixexec:path=/home/a/evil", "unix:path=/a;unixexec:path=/home/a/evil", "", null])
    expect(await ask(answer), String(answer)).toBe("unix:path=/dev/null");
});

test("a language is a word and no path into somebody's catalogues, a time zone none to somebody's file", async () => {
  const languages = ["LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_TIME"];
  const all = (value: string) => Object.fromEntries(languages.map((name) => [name, value]));
  for (const value of ["de_DE.UTF-8", "sr_RS.UTF-8@latin", "de:en_GB:en", "C"]) {
    const { environment } = await start(null, { env: { ...all(value), TZ: "Europe/Berlin" } });
    for (const name of languages) expect(environment.get(name), name).toBe(value);
    expect(environment.get("TZ")).toBe("Europe/Berlin");
  }
  for (const value of ["../../../home/a", "de:/home/a", "de%n"]) {
    const { environment } = await start(null, { env: { ...all(value), XDG_CURRENT_DESKTOP: value } });
    for (const name of [...languages, "XDG_CURRENT_DESKTOP"]) expect(environment.has(name), name).toBe(false);
  }
  for (const TZ of ["/home/a/zone", ":/home/a/zone", "../../../home/a/zone", "Europe/../../../../home/a"])
    expect((await start(null, { env: { TZ } })).environment.has("TZ"), TZ).toBe(false);
});

test("no descriptor of the caller's reaches the window, whatever its number", async () => {
  const { descriptors } = await start(null);
  expect(descriptors).toContain("2");
  expect(descriptors).not.toContain("2000");
});
