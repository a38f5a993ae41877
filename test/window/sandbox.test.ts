// Root's Chromium has no sandbox, so the sandbox itself is tried as an ordinary user: the kernel is asked what confines the pages.
import { existsSync, readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { App } from "./app.ts";
import { OtherUser } from "./other-user.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

/** Debian's `nobody`. */
const uid = 65534;

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test("as an ordinary user both pages run confined by the kernel, and a question still gets its answer", async () => {
  const nobody = new OtherUser(uid, uid, true);
  ends.push(() => nobody.end());
  const helper = await ScenarioHelper.start();
  ends.push(() => helper.end());
  helper.openToOthers();
  const app = await App.start(helper.socketPath, [], nobody.run, nobody.window);
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
