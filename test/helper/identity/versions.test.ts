// Which paths are versions of one app.
import { describe, expect, it } from "vitest";
import { versionPattern } from "../../../helper/identity/versions.ts";

describe("a path with a version", () => {
  it.each([
    ["/opt/app-1.2/bin/app", "/opt/app-*/bin/app", "/opt"],
    ["/opt/app-1.10.3-rc1/bin/app", "/opt/app-*/bin/app", "/opt"],
    ["/opt/app-v2/bin/app", "/opt/app-*/bin/app", "/opt"],
    ["/opt/go-1.22/bin/go", "/opt/go-*/bin/go", "/opt"],
    ["/usr/lib/firefox-128/firefox", "/usr/lib/firefox-*/firefox", "/usr/lib"],
    ["/usr/lib/firefox-128.5.0esr/firefox", "/usr/lib/firefox-*/firefox", "/usr/lib"],
    ["/usr/lib/llvm-14/bin/clang", "/usr/lib/llvm-*/bin/clang", "/usr/lib"],
    ["/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "/usr/lib/jvm/java-*-openjdk-amd64/bin/java", "/usr/lib/jvm"],
    ["/opt/jdk-17.0.2+8/bin/java", "/opt/jdk-*/bin/java", "/opt"],
    ["/opt/idea-IU-241.14494.240/bin/idea", "/opt/idea-IU-*/bin/idea", "/opt"],
    [
      "/home/a/.local/share/JetBrains/PyCharm/2024.1/bin/pycharm",
      "/home/a/.local/share/JetBrains/PyCharm/*/bin/pycharm",
      "/home/a/.local/share/JetBrains/PyCharm",
    ],
    [
      "/home/a/.nvm/versions/node/v20.11.0/bin/node",
      "/home/a/.nvm/versions/node/*/bin/node",
      "/home/a/.nvm/versions/node",
    ],
    ["/home/a/node-v20.11.0-linux-x64/bin/node", "/home/a/node-*-linux-x64/bin/node", "/home/a"],
    ["/opt/app-1.2/lib/tool-3.4/tool", "/opt/app-*/lib/tool-*/tool", "/opt"],
    ["/app-1.2/app", "/app-*/app", "/"],
  ])("%s is %s", (path, pattern, folder) => {
    expect(versionPattern(path)).toEqual({ pattern, folder, store: false });
  });

  const hash = "0c9d3w5p8b7y1xq2vfzj4nmr6lkha8sg";
  it.each([
    [`/nix/store/${hash}-firefox-128.0.3/bin/firefox`, "/nix/store/*-firefox-*/bin/firefox"],
    [`/nix/store/${hash}-firefox-128.0.3/lib/firefox-128.0.3/firefox`, "/nix/store/*-firefox-*/lib/firefox-*/firefox"],
    [`/nix/store/${hash}-hello/bin/hello`, "/nix/store/*-hello/bin/hello"],
    [`/nix/store/${hash}-python3-3.11.9/bin/python3.11`, "/nix/store/*-python3-*/bin/python3.11"],
    [`/gnu/store/${hash}-curl-8.5.0/bin/curl`, "/gnu/store/*-curl-*/bin/curl"],
  ])("%s, in a store, is %s", (path, pattern) => {
    expect(versionPattern(path)).toMatchObject({ pattern, store: true });
  });

  it.each([
    "/usr/bin/python3.11",
    "/usr/lib/x86_64-linux-gnu/libexec/x",
    "/usr/lib/i386-linux-gnu/x",
    "/usr/lib64/firefox/firefox",
    "/usr/lib/python3.11/x.py",
    "/srv/tenants/17/bin/app",
    "/run/user/1000/app",
    "/home/a/ch-0/app",
    "/home/a/example-1.com/app",
    "/home/a/Foo-1.2.AppImage",
    "/proc/app-1.2/x",
    "/usr/bin/curl",
  ])("%s has none", (path) => {
    expect(versionPattern(path)).toBeNull();
  });

  it("is the same for two versions, and another for another app, place or file", () => {
    const patternOf = (path: string) => versionPattern(path)?.pattern;
    expect(patternOf("/opt/app-1.2/bin/app")).toBe(patternOf("/opt/app-1.3/bin/app"));
    for (const other of ["/opt/apps-1.2/bin/app", "/srv/app-1.2/bin/app", "/opt/app-1.2/bin/other", "/opt/app-1.2/app"])
      expect(patternOf(other)).not.toBe(patternOf("/opt/app-1.2/bin/app"));
  });
});
