// Which app a process is: real processes, real files, and what the kernel would have reported of them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Apps, displayable, type ReportedProcess } from "../../../helper/identity/apps.ts";

const sleep = realpathSync("/usr/bin/sleep");
const children: ChildProcess[] = [];
let folder: string;
let copy: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "picket-apps-")));
  chmodSync(folder, 0o755);
  copy = join(folder, "copy");
  copyFileSync(sleep, copy);
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** Starts a program and waits until it runs as itself, not as a fork of ours. */
async function start(command: string, args: string[] = ["60"], becomes = command): Promise<number> {
  const child = spawn(command, args, { stdio: "ignore" });
  children.push(child);
  await once(child, "spawn");
  const pid = child.pid as number;
  await expect.poll(() => readlinkSync(`/proc/${pid}/exe`), { interval: 10, timeout: 10_000 }).toBe(becomes);
  return pid;
}

/** What the kernel programs report: the inode behind the process, its start in nanoseconds. */
function reported(pid: number, file: string, part: Partial<ReportedProcess> = {}): ReportedProcess {
  const { ino, dev, ctimeNs } = statSync(file, { bigint: true });
  // stat shows a device as glibc's makedev() packs it; the kernel shifts the major by 20 bits.
  const [major, minor] = [Number((dev >> 8n) & 0xfffn), Number((dev & 0xffn) | ((dev >> 12n) & 0xfff00n))];
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const ticks = BigInt(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? 0);
  return {
    exe: {
      inode: ino,
      ctime_seconds: ctimeNs / 1_000_000_000n,
      ctime_nanoseconds: Number(ctimeNs % 1_000_000_000n),
      device: major * 0x100000 + minor,
    },
    start: ticks * 10_000_000n + 1_234_567n,
    pid,
    command: Buffer.from("sleep\0\0\0\0\0\0\0\0\0\0\0"),
    ...part,
  };
}

function appsWith(...entries: [name: string, exec: string][]): Apps {
  entries.forEach(([name, exec], at) => {
    const text = `[Desktop Entry]\nType=Application\nName=${name}\nIcon=picture\nExec=${exec} %u\n`;
    writeFileSync(join(folder, `${at}.desktop`), text, { mode: 0o644 });
  });
  return new Apps([folder]);
}

describe("a process is", () => {
  it("the path of its binary, unverified, where others could have put it", async () => {
    const pid = await start(copy);
    expect(await appsWith().identify(reported(pid, copy))).toMatchObject({
      app: { name: copy, path: copy, verified: false, icon: null, via: null },
      certain: true,
      lasting: true,
    });
  });

  it("its file's name where root put it and no desktop entry names it", async () => {
    const pid = await start(sleep);
    expect(await appsWith().identify(reported(pid, sleep))).toMatchObject({
      app: { name: "sleep", path: sleep, verified: true, icon: null, via: null },
      certain: true,
      lasting: true,
    });
  });

  it("what a root-owned entry says of a root-owned binary, verified", async () => {
    const pid = await start(sleep);
    expect(await appsWith(["Sleep", sleep]).identify(reported(pid, sleep))).toMatchObject({
      app: { name: "Sleep", path: sleep, verified: true, icon: "picture", via: null },
      certain: true,
      lasting: true,
    });
  });

  it("not what an entry says of a binary that others can change", async () => {
    const pid = await start(copy);
    const apps = appsWith(["Sleep", copy]);
    const change = [
      () => chownSync(copy, 65534, 0),
      () => {
        chownSync(copy, 0, 0);
        chmodSync(copy, 0o775);
      },
    ];
    for (const make of change) {
      make();
      const { app, certain } = await apps.identify(reported(pid, copy));
      expect([app, certain]).toMatchObject([{ name: copy, path: copy, verified: false, icon: null, via: null }, true]);
    }
  });

  it("not the binary that it is a copy of", async () => {
    const pid = await start(copy);
    const { app } = await appsWith(["Sleep", sleep]).identify(reported(pid, copy));
    expect(app).toMatchObject({ name: copy, path: copy, verified: false, icon: null, via: null });
  });

  it("uncertain once its binary is deleted", async () => {
    const pid = await start(copy);
    const process = reported(pid, copy);
    unlinkSync(copy);
    // Unlinking changes the inode's ctime: what the kernel reports afterwards is the new one.
    const { ctimeNs } = statSync(`/proc/${pid}/exe`, { bigint: true });
    const after = {
      ...process.exe,
      ctime_seconds: ctimeNs / 1_000_000_000n,
      ctime_nanoseconds: Number(ctimeNs % 1_000_000_000n),
    };
    for (const exe of [process.exe, after]) {
      const { app, certain } = await appsWith(["Copy", copy]).identify({ ...process, exe });
      expect(certain).toBe(false);
      expect(app.verified).toBe(false);
      expect(app.path).not.toBe(copy);
    }
  });

  it("uncertain once its path leads to another file", async () => {
    const pid = await start(copy);
    const process = reported(pid, copy);
    unlinkSync(copy);
    copyFileSync(sleep, copy);
    const { app, certain } = await appsWith(["Copy", copy]).identify(process);
    expect([certain, app.verified]).toEqual([false, false]);
    expect(app.path).not.toBe(copy);
  });

  it("uncertain when it executed something else since the kernel looked", async () => {
    const pid = await start(sleep);
    const { app, certain } = await appsWith(["Sleep", sleep]).identify(reported(pid, "/usr/bin/env"));
    expect([certain, app.verified]).toEqual([false, false]);
    expect(app.path).not.toBe(sleep);
  });

  it("uncertain when only the device differs: a file system in user space can imitate inode and time", async () => {
    const pid = await start(sleep);
    const process = reported(pid, sleep);
    expect((await appsWith().identify(process)).certain).toBe(true);
    const exe = { ...process.exe, device: process.exe.device + 1 };
    expect((await appsWith().identify({ ...process, exe })).certain).toBe(false);
  });

  it("uncertain when the inode is the same but was changed since the kernel looked", async () => {
    const pid = await start(copy);
    const process = reported(pid, copy);
    chmodSync(copy, 0o700);
    expect((await appsWith().identify(process)).certain).toBe(false);
  });

  it("only its command's name when the pid means another process by now", async () => {
    const pid = await start(sleep);
    const right = reported(pid, sleep);
    for (const start of [right.start + 10_000_000n, right.start - 10_000_000n, 0n]) {
      const { app, certain } = await appsWith(["Sleep", sleep]).identify({ ...right, start });
      expect([app.name, app.path, certain]).toEqual(["[sleep]", "[unknown: sleep]", false]);
    }
  });

  it("only its command's name when it is gone, or was never in our PID namespace", async () => {
    const pid = await start(sleep);
    const process = reported(pid, sleep);
    const child = children.at(-1) as ChildProcess;
    child.kill("SIGKILL");
    await once(child, "exit");
    for (const gone of [process, { ...process, pid: 0 }, { ...process, pid: 4_194_304 }]) {
      const { app, certain } = await appsWith(["Sleep", sleep]).identify(gone);
      expect([app.path, app.verified, certain]).toEqual(["[unknown: sleep]", false, false]);
    }
  });

  it("not what its path says in a mount namespace of its own", async () => {
    // /usr/bin/sleep there is the copy: the link in /proc says /usr/bin/sleep, the file is another.
    const script = `mount --bind ${copy} ${sleep} && exec ${sleep} 60`;
    const pid = await start("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], sleep);
    expect(statSync(`/proc/${pid}/exe`).ino).toBe(statSync(copy).ino);
    const { app, certain } = await appsWith(["Sleep", sleep]).identify(reported(pid, copy));
    expect([certain, app.verified]).toEqual([false, false]);
    expect(app.path).not.toBe(sleep);
  });

  it("found although its name imitates the end of /proc/PID/stat's name", async () => {
    const strange = join(folder, ") R 1 2 3 4");
    copyFileSync(sleep, strange);
    const pid = await start(strange);
    expect(await appsWith().identify(reported(pid, strange))).toMatchObject({ app: { path: strange }, certain: true });
  });

  it("shown without the characters that could turn its path around", async () => {
    const hostile = join(folder, "a\u202egnp.exe\nb\u2066");
    copyFileSync(sleep, hostile);
    const pid = await start(hostile);
    const { app } = await appsWith().identify(reported(pid, hostile));
    expect(app.name).toBe(join(folder, "a\ufffdgnp.exe\ufffdb\ufffd"));
    const { app: gone } = await appsWith().identify(
      reported(pid, hostile, { start: 0n, command: Buffer.from("a\x1b[31mb\0c") }),
    );
    expect(gone.name).toBe("[a\ufffd[31mb]");
  });

  it("looked for in entries that are read again after a while only", async () => {
    const pid = await start(sleep);
    const apps = appsWith();
    expect((await apps.identify(reported(pid, sleep))).app.name).toBe("sleep");
    appsWith(["Sleep", sleep]);
    expect((await apps.identify(reported(pid, sleep))).app.name).toBe("sleep");
  });

  it("never a rejection, whatever the entries' folders hold", async () => {
    const pid = await start(sleep);
    const apps = new Apps(["/proc/self/mem", "/nonexistent", folder, "", "\0"]);
    await expect(apps.identify(reported(pid, sleep))).resolves.toMatchObject({ app: { path: sleep } });
  });
});

describe("displayable text", () => {
  const hostile: [string, string][] = [
    ["a line break", "\n"],
    ["a carriage return", "\r"],
    ["an escape", "\x1b"],
    ["a null", "\0"],
    ["a C1 control", "\x9b"],
    ["delete", "\x7f"],
    ["a right-to-left override", "\u202e"],
    ["a left-to-right embedding", "\u202a"],
    ["an isolate", "\u2066"],
    ["the end of an isolate", "\u2069"],
    ["a right-to-left mark", "\u200f"],
    ["an Arabic letter mark", "\u061c"],
    ["a zero-width space", "\u200b"],
    ["a zero-width joiner", "\u200d"],
    ["a soft hyphen", "\u00ad"],
    ["a byte order mark", "\ufeff"],
    ["a line separator", "\u2028"],
    ["a paragraph separator", "\u2029"],
    ["a tag", "\u{e0041}"],
  ];
  it.each(hostile)("shows that there is %s", (_, character) => {
    expect(displayable(`a${character}b${character}`)).toBe("a\ufffdb\ufffd");
  });

  it("keeps what people write", () => {
    for (const text of ["/usr/bin/curl", "Füße – “ok”", "日本語", "עברית", "العربية", "🦊", "a b"]) {
      expect(displayable(text)).toBe(text);
    }
  });
});
