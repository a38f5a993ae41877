// What the shell says and hears over D-Bus, on a bus of its own: notifications with actions, the portal's shortcut, the lock, Do Not Disturb.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemFiles } from "../../build/package/tree.ts";
import { Bus, busAddress, isSocket } from "../../main/window/desktop/bus.ts";
import { Notice } from "../../main/window/desktop/notice.ts";
import { bindShortcut } from "../../main/window/desktop/shortcut.ts";
import { wayOf } from "../../main/window/desktop/way.ts";
import { BusFacts } from "../../main/window/quiet/bus-facts.ts";
import { nothingSaid, quietReason } from "../../main/window/quiet/quiet.ts";
import { Desktop } from "./desktop-bus.ts";

let desktop: Desktop;
const open: { close(): void }[] = [];
beforeEach(async () => {
  desktop = await Desktop.start();
});
afterEach(async () => {
  for (const each of open.splice(0)) each.close();
  await desktop.stop();
});

async function connect(): Promise<Bus> {
  const bus = await Bus.open(desktop.address, () => {});
  if (bus === null) throw new Error("no bus");
  open.push(bus);
  return bus;
}

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const nothing = { show: () => {}, later: () => {}, unheard: () => {} };
const words = { title: "curl asks", body: "curl wants to reach <b>x</b>.", show: "Show the question", later: "Later" };

describe("a notification", () => {
  test("is one, however often it changes; its body is no markup; it goes when the question does", async () => {
    await desktop.showNotices();
    const notice = await Notice.on(await connect(), nothing);
    notice.show(words);
    notice.show(words);
    notice.show({ ...words, title: "Firefox asks" });
    await eventually(() => expect(desktop.notices[0]?.title).toBe("Firefox asks"));
    expect(desktop.notices).toHaveLength(1);
    expect(desktop.notices[0]).toMatchObject({ body: "curl wants to reach &lt;b&gt;x&lt;/b&gt;.", closed: false });
    // As the package installs them.
    const { icon, entry } = desktop.notices[0] ?? {};
    expect(Object.values(systemFiles)).toContain(`usr/share/applications/${entry}.desktop`);
    expect(Object.values(systemFiles)).toContain(`usr/share/icons/hicolor/scalable/apps/${icon}.svg`);
    notice.withdraw();
    await eventually(() => expect(desktop.notices[0]?.closed).toBe(true));
  });

  test("opens the card or puts it aside, and never answers", async () => {
    await desktop.showNotices();
    const did: string[] = [];
    const notice = await Notice.on(await connect(), {
      ...nothing,
      show: () => did.push("show"),
      later: () => did.push("later"),
    });
    notice.show(words);
    await eventually(() => expect(desktop.notices).toHaveLength(1));
    expect(desktop.notices[0]?.actions.filter((_, at) => at % 2 === 0)).toEqual(["default", "show", "later"]);
    desktop.press(99, "show");
    const presses = [
      () => desktop.press(1, "default"),
      () => desktop.press(2, "show"),
      () => desktop.press(3, "later"),
      () => desktop.close(4),
    ];
    for (const [index, press] of presses.entries()) {
      notice.show({ ...words, title: `${index}` });
      await eventually(() => expect(desktop.notices).toHaveLength(index + 1));
      press();
      await eventually(() => expect(did).toHaveLength(index + 1));
    }
    // Its end, by which each press is followed, puts nothing aside.
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(did).toEqual(["show", "show", "later", "later"]);
  });

  test("is pressed by nobody but who shows it", async () => {
    await desktop.showNotices();
    const did: string[] = [];
    const bus = await connect();
    const notice = await Notice.on(bus, { ...nothing, show: () => did.push("show"), later: () => did.push("later") });
    notice.show(words);
    await eventually(() => expect(desktop.notices).toHaveLength(1));
    const heard = vi.fn();
    await bus.listen("interface='org.freedesktop.Notifications'", heard);
    const [path, name] = ["/org/freedesktop/Notifications", "org.freedesktop.Notifications"];
    await desktop.forge(bus.uniqueName, "ActionInvoked", path, name, "us", [1, "show"]);
    await eventually(() => expect(heard).toHaveBeenCalledTimes(2));
    desktop.press(1, "later");
    await eventually(() => expect(did).toEqual(["later"]));
  });

  test("comes back when whoever shows notifications starts anew, and once", async () => {
    await desktop.showNotices();
    const notice = await Notice.on(await connect(), nothing);
    notice.show(words);
    await eventually(() => expect(desktop.notices).toHaveLength(1));
    desktop.stopNotices();
    await desktop.showNotices();
    await eventually(() => expect(desktop.notices).toHaveLength(2));
    expect(desktop.notices[1]).toMatchObject({ title: words.title, closed: false });
    notice.show({ ...words, title: "Firefox asks" });
    await eventually(() => expect(desktop.notices[1]?.title).toBe("Firefox asks"));
    expect(desktop.notices).toHaveLength(2);
    notice.withdraw();
    await eventually(() => expect(desktop.notices[1]?.closed).toBe(true));
    desktop.stopNotices();
    await desktop.showNotices();
    notice.show(words);
    await eventually(() => expect(desktop.notices).toHaveLength(3));
  });

  test("that nobody shows is said, so that the window comes up; who begins to show some later is found", async () => {
    let unheard = 0;
    const notice = await Notice.on(await connect(), { ...nothing, unheard: () => unheard++ });
    expect(notice.isThere).toBe(false);
    notice.show(words);
    await eventually(() => expect(unheard).toBe(1));
    notice.withdraw();
    await desktop.showNotices();
    await eventually(() => expect(notice.isThere).toBe(true));
    notice.show(words);
    await eventually(() => expect(desktop.notices).toHaveLength(1));
    desktop.stopNotices();
    await eventually(() => expect(unheard).toBe(2));
    expect(notice.isThere).toBe(false);
  });

  test("there is none where there is no bus", async () => {
    expect(await Bus.open("unix:path=/nonexistent", () => {})).toBeNull();
    expect(await Bus.open(undefined, () => {})).toBeNull();
  });
});

describe("the portal's shortcut", () => {
  const wish = { id: "show-question", description: "Show it", trigger: "CTRL+ALT+p" };

  test("is bound with our wish, and only its own presses count", async () => {
    const portal = await desktop.portal();
    let pressed = 0;
    const keys = await bindShortcut(await connect(), wish, () => pressed++);
    expect(keys).toBe("Ctrl+Alt+P");
    expect(portal.asked).toMatchObject([
      { id: "show-question", about: { description: "Show it", preferred_trigger: "CTRL+ALT+p" } },
    ]);
    portal.press("/org/freedesktop/portal/desktop/session/2");
    portal.press(undefined, "another");
    portal.press();
    await eventually(() => expect(pressed).toBe(1));
  });

  test("is pressed by nobody but the portal", async () => {
    const portal = await desktop.portal();
    let pressed = 0;
    const bus = await connect();
    await bindShortcut(bus, wish, () => pressed++);
    const heard = vi.fn();
    const [path, name] = ["/org/freedesktop/portal/desktop", "org.freedesktop.portal.GlobalShortcuts"];
    await bus.listen(`interface='${name}'`, heard);
    const body = [portal.asked[0]?.session, "show-question", 1n, []];
    await desktop.forge(bus.uniqueName, "Activated", path, name, "osta{sv}", body);
    await eventually(() => expect(heard).toHaveBeenCalledTimes(2));
    expect(pressed).toBe(0);
    portal.press();
    await eventually(() => expect(pressed).toBe(1));
  });

  test("there is none where the person declines or no portal is", async () => {
    await expect(bindShortcut(await connect(), wish, () => {})).rejects.toThrow();
    await desktop.portal(true);
    await expect(bindShortcut(await connect(), wish, () => {})).rejects.toThrow("declined");
  });
});

describe("being quiet", () => {
  const follow = () => {
    const told: unknown[] = [];
    open.push(new BusFacts("session", desktop.address, (facts) => told.push(facts)));
    return () => told.at(-1);
  };

  test.each(["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver"])("follows the lock of %s", async (name) => {
    const last = follow();
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: false }));
    const lock = await desktop.screenSaver(name);
    lock(true);
    await eventually(() => expect(last()).toEqual({ locked: true, doNotDisturb: false }));
    lock(false);
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: false }));
  });

  test("follows Do Not Disturb, and forgets it with the bus", async () => {
    const inhibited = { is: true };
    await desktop.showNotices(inhibited);
    const last = follow();
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: true }));
    inhibited.is = false;
    desktop.tellInhibited();
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: false }));
    inhibited.is = true;
    desktop.tellInhibited();
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: true }));
    await desktop.stop();
    await eventually(() => expect(last()).toEqual({ locked: false, doNotDisturb: false }));
    desktop = await Desktop.start();
  });

  test("has the reason that hides most", () => {
    expect(quietReason(nothingSaid)).toBeNull();
    expect(quietReason({ locked: false, fullscreen: true, doNotDisturb: true })).toBe("fullscreen");
    expect(quietReason({ locked: true, fullscreen: true, doNotDisturb: true })).toBe("locked");
    expect(quietReason({ ...nothingSaid, doNotDisturb: true })).toBe("doNotDisturb");
  });
});

test("where the session's bus is", () => {
  expect(busAddress("session", { DBUS_SESSION_BUS_ADDRESS: "unix:path=/a", XDG_RUNTIME_DIR: "/run/x" })).toBe(
    "unix:path=/a",
  );
  expect(busAddress("session", { XDG_RUNTIME_DIR: "/run/user/1000" })).toBe("unix:path=/run/user/1000/bus");
  expect(busAddress("session", {})).toBeUndefined();
});

test("a bus is a socket, and no address of one runs a program or asks another program where it is", async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-bus-"));
  const [program, sign] = [join(folder, "program"), join(folder, "sign")];
  writeFileSync(program, `#!/bin/sh\n>${sign}\n`, { mode: 0o755 });
  try {
    const runs = `unixexec:path=${program}`;
    for (const address of [
      busAddress("session", { DBUS_SESSION_BUS_ADDRESS: runs }),
      busAddress("session", { DBUS_SESSION_BUS_ADDRESS: `unix:;${runs}` }),
      busAddress("session", { XDG_RUNTIME_DIR: `;${runs},` }),
      busAddress("system", { DBUS_SYSTEM_BUS_ADDRESS: runs.toUpperCase().replace(/=.*/, `=${program}`) }),
    ]) {
      expect(await Bus.open(address, () => {})).toBeNull();
      expect(existsSync(sign), address).toBe(false);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  expect(isSocket("unix:path=/run/user/1000/bus,guid=0")).toBe(true);
  expect(isSocket("unix:abstract=/tmp/dbus-1;unix:path=/a")).toBe(true);
  for (const kind of ["tcp:host=a,port=1", "nonce-tcp:host=a", "autolaunch:", "launchd:env=A", "systemd:", "unix", ""])
    for (const address of [kind, `unix:path=/a;${kind}`]) expect(isSocket(address), address).toBe(false);
});

test("a window comes up by itself on X11, a notification on Wayland", () => {
  const wayland = { XDG_SESSION_TYPE: "wayland", WAYLAND_DISPLAY: "wayland-0" };
  expect(wayOf("wayland", "33.2.1", {})).toBe("announce");
  expect(wayOf("x11", "45.4.1", wayland)).toBe("raise");
  expect(wayOf("", "33.2.1", wayland)).toBe("raise");
  expect(wayOf("", "45.4.1", wayland)).toBe("announce");
  expect(wayOf("", "45.4.1", { XDG_SESSION_TYPE: "x11" })).toBe("raise");
});
