// Root's Chromium has no sandbox, so the sandbox itself is tried as an ordinary user: the kernel is asked what confines the pages.
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { electronPath } from "../../build/electron.ts";
import { dist } from "../../build/paths.ts";
import { App } from "./app.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

/** Debian's `nobody`. */
const uid = 65534;
const become = ["setpriv", "--reuid", `${uid}`, "--regid", `${uid}`, "--clear-groups"];

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A clone below /root is closed to others; then a copy has to do. */
function whereOthersReach(folder: string, path: string): string {
  const [program = "", ...args] = [
    ...become,
    "test",
    "-r",
    join(path, "package.json"),
    "-o",
    "-x",
    join(path, "electron"),
  ];
  if (spawnSync(program, args).status === 0) return path;
  const copy = join(folder, path.split("/").at(-1) ?? "copy");
  cpSync(path, copy, { recursive: true });
  return copy;
}

test("as an ordinary user both pages run confined by the kernel, and a question still gets its answer", async () => {
  const folder = mkdtempSync(join(tmpdir(), "picket-nobody-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const helper = await ScenarioHelper.start();
  ends.push(() => helper.end());
  helper.openToOthers();
  const electron = join(whereOthersReach(folder, join(electronPath(), "..")), "electron");
  const window = whereOthersReach(folder, join(dist, "window"));
  const wrapper = join(folder, "electron-as-nobody");
  // Playwright, which runs as root, asks for no sandbox by itself.
  const withoutThat = 'for word; do shift; [ "$word" = --no-sandbox ] || set -- "$@" "$word"; done';
  const script = ["#!/bin/sh", withoutThat, `exec ${become.join(" ")} "${electron}" "$@"`];
  writeFileSync(wrapper, `${script.join("\n")}\n`, { mode: 0o755 });
  const app = await App.start(helper.socketPath, [], wrapper, window);
  ends.push(() => app.end());

  helper.put("prompts", aPrompt("p1", curl, anEndpoint("192.0.2.7")));
  await app.liveCard("p1");
  const pids = await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((each) => each.webContents.getOSProcessId()),
  );
  expect(pids.length).toBe(2);
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    expect(status).toMatch(/^Uid:\s+65534\s/m);
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
    // 2: a filter decides every system call.
    expect(status).toMatch(/^Seccomp:\s+2$/m);
    expect(existsSync(`/proc/${pid}/root/etc/passwd`)).toBe(false);
  }
  await app.prompt.getByRole("button", { name: "Allow" }).click();
  await expect.poll(() => helper.asked("prompts.answer").length, { timeout: 30_000 }).toBe(1);
});
