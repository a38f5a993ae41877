// What cgroup paths and file paths say about an app, and what nobody may make them say.
import { describe, expect, it } from "vitest";
import { packagedFile, type Scope, scopeOf } from "../../../helper/identity/scope.ts";

const uuid = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
const alice = "/user.slice/user-1000.slice/user@1000.service";
type Row = [cgroup: string, kind: Scope["kind"], id: string, unit: string];

describe("what root's own systemd runs", () => {
  const rows: Row[] = [
    ["/system.slice/ssh.service", "unit", "ssh.service", "ssh.service"],
    ["/system.slice/system-getty.slice/getty@tty1.service", "unit", "getty@tty1.service", "getty@tty1.service"],
    ["/system.slice/docker.service/deep/er", "unit", "docker.service", "docker.service"],
    ["/system.slice/_cpu.service", "unit", "cpu.service", "cpu.service"],
    ["/system.slice/dbus.socket", "unit", "dbus.socket", "dbus.socket"],
    ["/system.slice/run-user-1000.mount", "unit", "run-user-1000.mount", "run-user-1000.mount"],
    ["/system.slice/srv-a\\x2db.mount", "unit", "srv-a-b.mount", "srv-a\\x2db.mount"],
    ["/machine.slice/libpod-1234.scope/container", "scope", "libpod-1234.scope", "libpod-1234.scope"],
    ["/system.slice/snap.lxd.daemon.service", "snap", "lxd", "snap.lxd.daemon.service"],
    [
      "/system.slice/snap.test-snapd-svc_two.a-b.service",
      "snap",
      "test-snapd-svc_two",
      "snap.test-snapd-svc_two.a-b.service",
    ],
    // A delegated service may make any folder below itself: it stays that service.
    ["/system.slice/evil.service/ssh.service", "unit", "evil.service", "evil.service"],
    ["/system.slice/evil.service/user.slice/user@1000.service/x.scope", "unit", "evil.service", "evil.service"],
    ["/system.slice/user@1000.service/x.scope", "unit", "user@1000.service", "user@1000.service"],
    ["/user.slice/user-1000.slice/user@1001.service/x.scope", "unit", "user@1001.service", "user@1001.service"],
    ["/system.slice/run-u7.scope", "scope", "run-u7.scope", "run-u7.scope"],
  ];
  it.each(rows)("%s", (cgroup, kind, id, unit) => {
    expect(scopeOf(cgroup)).toEqual({ kind, id, unit, byRoot: true });
  });
});

describe("what a user's processes choose themselves is never by root", () => {
  const rows: Row[] = [
    ["app.slice/app-flatpak-org.mozilla.firefox-4711.scope", "flatpak", "org.mozilla.firefox", ""],
    ["app.slice/app-flatpak-org.example.A\\x2db-4711.scope", "flatpak", "org.example.A-b", ""],
    ["app.slice/app-flatpak-org.example.A-b-4711.scope", "flatpak", "org.example.A-b", ""],
    [`snap.firefox.firefox-${uuid}.scope`, "snap", "firefox", ""],
    [`app.slice/snap.firefox.firefox.${uuid}.scope`, "snap", "firefox", ""],
    [`app.slice/snap.firefox.hook.configure-${uuid}.scope`, "snap", "firefox", ""],
    ["app.slice/app-gnome-org.gnome.Terminal-5150.scope", "scope", "org.gnome.Terminal", ""],
    ["app.slice/app-gnome-firefox\\x2desr-5150.scope", "scope", "firefox-esr", ""],
    ["app.slice/app-org.kde.konsole-5150.scope", "scope", "org.kde.konsole", ""],
    ["app.slice/app-KDE-org.kde.dolphin@00ff.service", "scope", "org.kde.dolphin", ""],
    ["app.slice/app-nextcloud@autostart.service", "scope", "nextcloud", ""],
    ["app.slice/app-gnome.slice/app-gnome-x-1.scope/tab(1)", "scope", "x", ""],
    ["session.slice/pipewire.service", "unit", "pipewire.service", ""],
    ["app.slice/app-x.scope", "scope", "app-x.scope", ""],
    ["app.slice/app-.scope", "scope", "app-.scope", ""],
    ["app.slice/app-flatpak-x.scope", "scope", "flatpak", ""],
    ["app.slice/snap.scope", "scope", "snap.scope", ""],
    ["app.slice/snap..x.scope", "scope", "snap..x.scope", ""],
    ["app.slice/snap.UPPER.x.scope", "scope", "snap.UPPER.x.scope", ""],
    // In a manager's tree of one's own, one may call anything anything.
    ["system.slice/ssh.service", "unit", "ssh.service", ""],
    ["user.slice/user-0.slice/user@0.service/ssh.service", "unit", "user@0.service", ""],
  ];
  it.each(rows)("%s", (below, kind, id) => {
    const found = scopeOf(`${alice}/${below}`);
    expect(found).toMatchObject({ kind, id, byRoot: false });
    expect(below).toContain(found?.unit);
  });
});

it.each([
  "/",
  "",
  "/user.slice",
  "/user.slice/user-1000.slice/session-3.scope",
  "/user.slice/user-1000.slice/session-c2.scope/app-flatpak-org.mozilla.firefox-1.scope",
  "/init.scope",
  alice,
  `${alice}/init.scope`,
  `${alice}/app.slice`,
  `${alice}/app.slice/Firefox`,
  `${alice}/app.slice/fire fox.scope`,
  `${alice}/app.slice/\u202e.scope`,
  "/picket-0badcafe/run-1",
  "/picket_0badcafe.slice/picket_0badcafe-run-17.scope",
  "/user.slice/picket_0badcafe-run-17-released-1.scope",
  "/system.slice/a.timer",
  `/system.slice/${"a".repeat(300)}.service`,
])("no app is told by %j", (cgroup) => {
  expect(scopeOf(cgroup)).toBeNull();
});

describe("a package's file", () => {
  const commit = "0123456789abcdef".repeat(4);
  it.each([
    [
      `/var/lib/flatpak/app/org.mozilla.firefox/x86_64/stable/${commit}/files/lib/firefox/firefox`,
      "flatpak",
      "org.mozilla.firefox",
      "/var/lib/flatpak/app/org.mozilla.firefox/x86_64/stable/active/files/lib/firefox/firefox",
    ],
    ["/snap/firefox/4711/usr/lib/firefox/firefox", "snap", "firefox", "/snap/firefox/current/usr/lib/firefox/firefox"],
    ["/snap/mine/x1/bin/a", "snap", "mine", "/snap/mine/current/bin/a"],
    ["/var/lib/snapd/snap/hello/29/bin/hello", "snap", "hello", "/var/lib/snapd/snap/hello/current/bin/hello"],
  ])("%s keeps its name over updates", (path, kind, id, lasting) => {
    expect(packagedFile(path)).toEqual({ kind, id, path: lasting });
    expect(packagedFile(lasting)).toEqual({ kind, id, path: lasting });
  });

  it.each([
    "/usr/bin/firefox",
    `/home/alice/.local/share/flatpak/app/a.b.C/x86_64/stable/${commit}/files/x`,
    `/var/lib/flatpak/runtime/a.b.C/x86_64/stable/${commit}/files/bin/bash`,
    `/var/lib/flatpak/app/a.b.C/x86_64/stable/${commit}/export/x`,
    "/snap/bin/firefox",
    "/snap/core22/1234/usr/bin/python3.10",
    "/snap/snapd/1234/usr/lib/snapd/snap-exec",
    "/snap/../firefox/1/",
    "/home/snap/firefox/1/x",
    "/snap/firefox/1",
  ])("%s is none that root keeps under a lasting name", (path) => {
    expect(packagedFile(path)).toBeNull();
  });
});
