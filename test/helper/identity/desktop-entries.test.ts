// Names and icons: only from root-owned entries, only for root-owned binaries.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  execProgram,
  isRootsOwn,
  parseDesktopEntry,
  readDesktopEntries,
} from "../../../helper/identity/desktop-entries.ts";

const firefox = `[Desktop Entry]
Version=1.0
Name=Firefox
Name[de]=Feuerfuchs
Type=Application
Exec=/usr/lib/firefox/firefox %u
Icon=firefox

[Desktop Action new-window]
Name=New Window
Exec=/usr/lib/firefox/other
`;

describe("a desktop entry", () => {
  it("is its main group, untranslated", () => {
    expect(parseDesktopEntry(firefox)).toEqual({
      name: "Firefox",
      icon: "firefox",
      exec: "/usr/lib/firefox/firefox %u",
    });
  });

  it("may have spaces around its signs and Windows line ends", () => {
    expect(parseDesktopEntry("[Desktop Entry]\r\nType = Application\r\nName =  A b \r\nExec=a\r\n")).toEqual({
      name: "A b",
      icon: null,
      exec: "a",
    });
  });

  it.each([
    ["is empty", ""],
    ["is a link", "[Desktop Entry]\nType=Link\nName=A\nExec=a"],
    ["is hidden", `${firefox.split("\n\n")[0]}\nHidden=true`],
    ["has no name", "[Desktop Entry]\nType=Application\nExec=a"],
    ["has an empty name", "[Desktop Entry]\nType=Application\nName=\nExec=a"],
    ["has no program", "[Desktop Entry]\nType=Application\nName=A"],
    ["has keys before any group", "Type=Application\nName=A\nExec=a"],
    ["has its keys in another group", "[Desktop Action x]\nType=Application\nName=A\nExec=a"],
    ["is a comment", "[Desktop Entry]\n#Type=Application\n#Name=A\n#Exec=a"],
    ["is binary", "\0\x7fELF\0\0[Desktop"],
  ])("is none that %s", (_, text) => {
    expect(parseDesktopEntry(text)).toBeNull();
  });

  it("counts a key once: the first", () => {
    const twice = "[Desktop Entry]\nType=Application\nName=A\nName=B\nExec=a\n[Other]\nName=C\n[Desktop Entry]\nName=D";
    expect(parseDesktopEntry(twice)?.name).toBe("A");
  });
});

describe("the program of an Exec line", () => {
  it.each([
    ["firefox", "firefox"],
    ["/usr/bin/firefox %u", "/usr/bin/firefox"],
    ["firefox --new-window --class=x %F", "firefox"],
    ['"/opt/My App/app" %U', "/opt/My App/app"],
    ['"firefox"', "firefox"],
    ["env firefox", "firefox"],
    ["env GDK_BACKEND=x11 MOZ_X=1 firefox %u", "firefox"],
    ["/usr/bin/env A=b /opt/x", "/opt/x"],
    ["  firefox  ", "firefox"],
    ["", null],
    ["   ", null],
    ["env", null],
    ["env A=b", null],
  ])("%j is %j", (exec, program) => {
    expect(execProgram(exec)).toBe(program);
  });

  // Else every script of Python's would be "Foo", and every Flatpak "Bar".
  it.each([
    "python3 /usr/share/foo/foo.py",
    "python3 -m foo",
    "sh -c 'exec foo'",
    "/usr/bin/java -jar /usr/share/foo.jar",
    "flatpak run --branch=stable org.bar.Bar %u",
    "xterm -e htop",
    "env A=b perl foo.pl",
  ])("does not name the app of %j", (exec) => {
    expect(execProgram(exec)).toBeNull();
  });
});

describe("entries in folders", () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  const program = (name: string) => {
    writeFileSync(path(name), "");
    return path(name);
  };
  const entry = (file: string, name: string, exec: string) => {
    mkdirSync(join(path(file), ".."), { recursive: true });
    writeFileSync(path(file), `[Desktop Entry]\nType=Application\nName=${name}\nIcon=i\nExec=${exec}\n`, {
      mode: 0o644,
    });
    return path(file);
  };
  const names = (...folders: string[]) =>
    Object.fromEntries([...readDesktopEntries(folders.map(path))].map(([at, { name }]) => [at, name]));

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-entries-")));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are known by the real path of their program", () => {
    const real = program("real");
    symlinkSync(real, path("link"));
    entry("a/x.desktop", "X", path("link"));
    expect([...readDesktopEntries([path("a")])]).toEqual([[real, { name: "X", icon: "i" }]]);
  });

  it("are looked up in the system's search path", () => {
    entry("a/x.desktop", "Sleep", "sleep %u");
    expect(names("a")).toEqual({ [realpathSync("/usr/bin/sleep")]: "Sleep" });
  });

  it("count once: the first folder wins, then the first file name", () => {
    const p = program("p");
    entry("a/z.desktop", "first folder, later name", p);
    entry("a/b.desktop", "first", p);
    entry("b/a.desktop", "second folder", p);
    expect(names("missing", "a", "b")).toEqual({ [p]: "first" });
  });

  it("count only when root alone can write them", () => {
    const files = ["foreign", "group", "world"].map((name) => entry(`a/${name}.desktop`, name, program(name)));
    chownSync(files[0]!, 65534, 0);
    chmodSync(files[1]!, 0o664);
    chmodSync(files[2]!, 0o646);
    const kept = program("kept");
    entry("a/kept.desktop", "kept", kept);
    expect(names("a")).toEqual({ [kept]: "kept" });
    expect(files.map(isRootsOwn)).toEqual([false, false, false]);
    expect(isRootsOwn(path("nothing"))).toBe(false);
  });

  it("are passed over when they lead nowhere, are too large, no file, or not called .desktop", () => {
    entry("a/nowhere.desktop", "nowhere", path("no such program"));
    entry("a/relative.desktop", "relative", "no-such-program-anywhere");
    entry("a/notes.txt", "notes", program("notes"));
    symlinkSync(path("gone"), path("a/dangling.desktop"));
    mkdirSync(path("a/folder.desktop"));
    const large = entry("a/large.desktop", "large", program("large"));
    writeFileSync(
      large,
      `[Desktop Entry]\nType=Application\nName=large\nExec=${path("large")}\n${"#".repeat(300_000)}`,
    );
    const kept = program("kept");
    entry("a/z.desktop", "kept", kept);
    expect(names("a")).toEqual({ [kept]: "kept" });
  });
});
