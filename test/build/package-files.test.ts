// What the packages bring, in the eyes of the tools that other systems read it with.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { completions, wordsOf } from "../../build/package/completions.ts";
import { debianDepends, rpmRequires } from "../../build/package/depends.ts";
import { manPages } from "../../build/package/man.ts";
import { preinst } from "../../build/package/preinst.ts";
import { manifest } from "../../build/package/release.ts";
import { spec } from "../../build/package/rpm.ts";
import { documents } from "../../build/package/tree.ts";
import { openStore } from "../../helper/store/database.ts";
import { commands } from "../../main/cli/commands.ts";
import { type CommandWord, commandWords, UsageError, usage } from "../../main/cli/usage.ts";

const files = join(import.meta.dirname, "../../build/package/files");
const work = mkdtempSync(join(tmpdir(), "picket-package-"));
afterAll(() => rmSync(work, { recursive: true }));

/** As terminals of paper print it: a letter, back, the letter again. */
const bold = new RegExp(`.${"\b"}`, "g");

/** Exit code, and everything the tool said. */
function check(program: string, words: string[], input = ""): { code: number | null; said: string } {
  const { status, stdout, stderr, error } = spawnSync(program, words, { encoding: "utf8", input });
  if (error) throw error;
  return { code: status, said: `${stdout}${stderr}`.trim() };
}

test("AppStream takes the metadata, and it names this version", () => {
  const path = join(files, "org.picket.Picket.metainfo.xml");
  expect(check("appstreamcli", ["validate", "--no-net", path])).toMatchObject({ code: 0 });
  expect(readFileSync(path, "utf8")).toContain(`<release version="${manifest().version}"`);
});

test.for(["org.picket.Picket.desktop", "autostart.desktop"])("%s is a desktop entry without a remark", (name) => {
  const copy = join(work, name);
  writeFileSync(copy, readFileSync(join(files, name)));
  expect(check("desktop-file-validate", [copy])).toEqual({ code: 0, said: "" });
});

test.for(Object.entries(manPages(0)))("%s has no mistake, and what it needs to say first", ([path, page]) => {
  const text = gunzipSync(page).toString();
  expect(check("mandoc", ["-Tlint", "-W", "warning"], text)).toEqual({ code: 0, said: "" });
  const shown = check("mandoc", ["-Tascii", "-O", "width=80"], text).said.replace(bold, "");
  expect(shown).toContain("1970-01-01");
  // A person whose network is gone reads one screen.
  const screen = shown.split("\n").slice(0, 24).join("\n");
  if (path.endsWith("/picket.1.gz")) {
    expect(screen).toContain("sudo picket off");
    expect(screen).toContain("sudo systemctl enable --now picket-helper");
  }
});

test("documents that the installed texts name are in the package", () => {
  const settings = ["helper.conf", "journal.conf"];
  const texts: Record<string, string> = {
    help: usage(),
    ...Object.fromEntries(Object.entries(manPages(0)).map(([path, page]) => [path, gunzipSync(page).toString()])),
    ...Object.fromEntries(settings.map((name) => [name, readFileSync(join(files, name), "utf8")])),
  };
  const named = Object.values(texts).flatMap(
    (text) => text.replaceAll("\\", "").match(/usr\/share\/picket\/[\w.]+\w/g) ?? [],
  );
  expect([...new Set(named)].sort()).toEqual(Object.values(documents).sort());
  // A path of the sources leads nowhere.
  for (const [name, text] of Object.entries(texts)) expect(text, name).not.toMatch(/\bdocs\//);
  expect(texts["usr/share/man/man8/picket-helper.8.gz"]).toContain("/etc/picket/locked");
});

test.for(["preinst", "postinst", "prerm", "postrm", "set-up", "AppRun"])("%s is a shell script", (name) => {
  expect(check("sh", ["-n", join(files, name)])).toEqual({ code: 0, said: "" });
});

/** Runs it as root in a file system of its own where /etc is a copy, and what Picket installs lies in `work`. */
function alone(script: string, env: Record<string, string>): { code: number | null; said: string } {
  const moved = script.replaceAll(/\/(usr|var)\/lib\/picket|\/etc\/picket/g, (path) => `${work}/root${path}`);
  const place = `cp -a /etc "$0/etc-copy"; mount --bind "$0/etc-copy" /etc
    mkdir -p "$0/root/etc/picket" "$0/root/usr/lib/picket" "$0/root/var/lib/picket"; touch "$0/root/usr/lib/picket/launcher"`;
  const words = ["--mount", "sh", "-ec", `${place}\n${moved}`, work];
  const { status, stdout, stderr, error } = spawnSync("unshare", words, {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  return { code: status, said: `${stdout}${stderr}`.trim() };
}

test("whoever installs it is its owner, of whatever kind of people; a service, or nobody, is none", () => {
  const conf = join(work, "root/etc/picket/owner.conf");
  const setUp = readFileSync(join(files, "set-up"), "utf8");
  const owner = (uid: string) => {
    rmSync(conf, { force: true });
    rmSync(join(work, "etc-copy"), { recursive: true, force: true });
    expect(alone(setUp, { SUDO_UID: uid })).toEqual({ code: 0, said: "" });
    return existsSync(conf) ? readFileSync(conf, "utf8") : "";
  };
  // By a directory service, by systemd-homed, by login.defs.
  for (const uid of ["1234600001", "60001", "60513", "65536", "1000"]) expect(owner(uid)).toBe(`PICKET_OWNER=${uid}\n`);
  for (const uid of ["0", "999", "61184", "65534", "4294967295", "me"]) expect(owner(uid), uid).toBe(owner("0"));
});

test("an older version does not follow a newer one's database, nor is it kept from following its own", () => {
  const database = join(work, "root/var/lib/picket/picket.sqlite");
  mkdirSync(dirname(database), { recursive: true });
  const install = () => {
    rmSync(join(work, "etc-copy"), { recursive: true, force: true });
    return alone(preinst(), {});
  };
  expect(install()).toEqual({ code: 0, said: "" });
  writeFileSync(database, "");
  expect(install()).toEqual({ code: 0, said: "" });
  rmSync(database);
  const store = openStore(database);
  const version = store.pragma("user_version", { simple: true }) as number;
  store.pragma("wal_checkpoint(TRUNCATE)");
  expect(install()).toEqual({ code: 0, said: "" });
  for (const newer of [version + 1, 70_000]) {
    store.pragma(`user_version = ${newer}`);
    store.pragma("wal_checkpoint(TRUNCATE)");
    expect(install()).toEqual({ code: 1, said: expect.stringContaining(`(form ${newer})`) });
  }
  store.close();
});

test("an .rpm that is installed again says where the settings of before are; an upgrade does not", () => {
  const made = { name: "picket", version: "1", license: "GPL-3.0-or-later", summary: "a firewall", time: 0, env: {} };
  const post = /^%post\n[^\n]*set-up \|\| exit 1\n(.*?^fi\n)/ms.exec(spec("/a tree", made))?.[1] ?? "";
  mkdirSync(join(work, "root/etc/picket"), { recursive: true });
  const saved = join(work, "root/etc/picket/helper.conf.rpmsave");
  const install = (kind: 1 | 2) => {
    rmSync(join(work, "etc-copy"), { recursive: true, force: true });
    return alone(`set -- ${kind}\n${post}`, {});
  };
  expect(install(1)).toEqual({ code: 0, said: "" });
  writeFileSync(saved, "");
  expect(install(1)).toEqual({ code: 0, said: expect.stringContaining(`${saved} is what you had set before`) });
  expect(install(2)).toEqual({ code: 0, said: "" });
});

test("what the Node of the package loads is what the package depends on", () => {
  const node = join(import.meta.dirname, `../../node_modules/node-linux-${process.arch}/bin/node`);
  // "libstdc++.so.6 => /lib/…/libstdc++.so.6 (0x…)"; what has no file is the kernel's.
  const loaded = [...check("ldd", [node]).said.matchAll(/=> (\S+\/(\S+)) \(/g)].map(([, , name]) => name);
  expect(loaded.length).toBeGreaterThan(2);
  for (const name of loaded) {
    const owners = check("dpkg", ["-S", `*/${name}`]).said.match(/^[^:,\s]+(?=:)/gm) ?? [];
    expect(debianDepends(), name).toEqual(expect.arrayContaining([expect.stringMatching(oneOf(owners))]));
  }
});
const oneOf = (names: string[]) =>
  new RegExp(`^(${names.map((name) => name.replaceAll("+", "\\+")).join("|") || "nobody's"})$`);

test("who was removed leaves no entry that fails at every login", () => {
  const [, program] = /^TryExec=(.+)$/m.exec(readFileSync(join(files, "autostart.desktop"), "utf8")) ?? [];
  expect(program).toBe("/usr/lib/picket/launcher");
});

/** What a shell's own completion offers after these words; the last one is not finished. */
const offers: Record<string, (file: string, words: string[]) => string[]> = {
  bash: (file, words) => [
    `source ${file}; COMP_WORDS=(picket ${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own
    '_picket; printf "%s\\n" "${COMPREPLY[@]}"',
  ],
  // Without a terminal zsh completes nothing: what the function would add is printed instead.
  zsh: (file, words) => [
    `compadd() { shift; print -l -- $@; }; _files() { :; }; words=(picket ${words.map((word) => `'${word}'`).join(" ")})`,
    `CURRENT=${words.length + 1}; source ${file}`,
  ],
  fish: (file, words) => [`source ${file}; complete --do-complete="picket ${words.join(" ")}"`],
};

test.for(Object.entries(completions()))("%s offers commands, and what belongs to them", ([path, text]) => {
  const shell = path.split("/")[2]?.replace("-completion", "") ?? "";
  const file = join(work, path.replaceAll("/", "-"));
  writeFileSync(file, text);
  expect(check(shell, ["-n", file])).toEqual({ code: 0, said: "" });
  const after = (...words: string[]) =>
    check(shell, ["-c", offers[shell]?.(file, words).join("\n") ?? ""]).said.split("\n");
  expect(after("")).toEqual(expect.arrayContaining(["rules", "status", "doctor"]));
  expect(after("rules", "")).toEqual(expect.arrayContaining(["remove", "undo"]));
  expect(after("rules", "--")).toContain("--json");
  expect(after("rules", "--")).not.toContain("--app");
  expect(after("rules", "add", "--")).toContain("--app");
  expect(after("rules", "remove", "7", "--").join()).not.toMatch(/--app|--dry-run/);
  expect(after("backup", "--").join()).not.toContain("--csv");
  expect(after("pause", "")).toContain("off");
  expect(after("pause", "")).not.toContain("undo");
  expect(after("profile", "")).toEqual(expect.arrayContaining(["none", "auto", "define"]));
  expect(after("answer", "7", "")).toEqual(expect.arrayContaining(["allow", "block"]));
  expect(after("mode", "learn", "")).not.toContain("review");
});

test.for(
  commandWords.flatMap((command) =>
    Object.entries(wordsOf(command)).flatMap(([verb, words]) => {
      const options = words.filter((word) => word.startsWith("--"));
      return options.length > 0 ? [{ command, form: verb === "" ? [] : [verb], options }] : [];
    }),
  ),
)("$command $form takes what completion offers: $options", async ({ command, form, options }) => {
  // With one word that no command has, nothing is done: words are read before anything is.
  const given = options.map((option) => (takesValue(command, option) ? `${option}=7` : option));
  const run = await commands[command]();
  await expect(run([...form, ...given, "--no-such-option"])).rejects.toThrow(
    new UsageError("Unknown option '--no-such-option'"),
  );
});

const takesValue = (command: CommandWord, option: string) =>
  new RegExp(`${option} (?:[A-Z…]|\\w+\\|)`).test(usage(command));

test("rpm reads the spec, and both formats need the same libraries", () => {
  const path = join(work, "picket.spec");
  const made = {
    name: "picket",
    version: "1~dev",
    summary: "a firewall",
    license: "GPL-3.0-or-later",
    time: 0,
    env: {},
  };
  writeFileSync(path, spec("/a tree", made));
  expect(check("rpmspec", ["-q", "--qf", "%{NAME} %{VERSION} %{SUMMARY}", path])).toEqual({
    code: 0,
    said: "picket 1~dev A firewall",
  });
  const libraries = debianDepends().filter((name) => /^lib(?!c6)/.test(name));
  expect(rpmRequires().filter((name) => name.includes(".so"))).toHaveLength(libraries.length);
});
