// At level "protected" a window that is not the installed one lets nothing more through, says so, and says what to do. The same window,
// started as the package's launcher starts it, may. The real helper decides; no polkit runs here, so nobody consents.
import { chmodSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "../window/app.ts";
import { OtherUser } from "../window/other-user.ts";
import { TestHelper } from "./helper-process.ts";

vi.setConfig({ testTimeout: 120_000 });
const alice = 1000;
/** The window's group in this test: operator's, which nobody here has. */
const windowGroup = 37;

const helper = new TestHelper();
let app: App | undefined;
let other: OtherUser | undefined;

beforeAll(async () => {
  const level = ["--window-group", "operator", "--owner", `${alice}`];
  await helper.start("helper/main.ts", level);
  chmodSync(helper.directory, 0o755);
});
afterEach(async () => {
  await app?.end();
  other?.end();
});
afterAll(() => helper.stop());

const standing = async () => (await helper.client()).call("status", {});
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });

/** Alice's window, in that group, with the panel open in which the mode is chosen. */
async function panelOf(group: number) {
  other = new OtherUser(alice, group, false);
  app = await App.start(helper.socket, undefined, other.run, other.window);
  await app.main.locator("[data-health=up]").waitFor();
  await app.main.locator(".standing-button").click();
  const panel = app.main.getByRole("dialog");
  const choose = (name: RegExp) => panel.getByRole("option", { name }).click();
  return { panel, choose };
}

describe("a window that is not the installed one", () => {
  test("may block more; what would let more through is refused, in plain words with a way out, and changes nothing", async () => {
    const { panel, choose } = await panelOf(alice);
    expect(await standing()).toMatchObject({ level: "protected", mode: "ask" });
    await choose(/^Let through/);
    const refusal = panel.getByRole("alert");
    await refusal
      .getByText(/That needs the consent of an administrator, and there was none\. Nothing was changed\./)
      .waitFor();
    await refusal.getByText(/open Picket from your applications menu/).waitFor();
    expect((await standing()).mode).toBe("ask");
    expect(await panel.getByRole("option", { name: /^Ask me/ }).getAttribute("aria-selected")).toBe("true");
    await choose(/^Block/);
    await waitFor(async () => expect((await standing()).mode).toBe("block"));
    await refusal.waitFor({ state: "detached" });
    await (await helper.client()).call("mode.set", { mode: "ask" });
  });
});

describe("the installed window", () => {
  test("lets more through without being asked for anything", async () => {
    const { panel, choose } = await panelOf(windowGroup);
    await choose(/^Let through/);
    await waitFor(async () => expect((await standing()).mode).toBe("allow"));
    expect(await panel.getByRole("alert").count()).toBe(0);
  });
});
