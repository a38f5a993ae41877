// The control in the window's frame: how Picket stands, and one press from changing it. Against a scripted helper.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { seriousViolations } from "./axe.ts";
import { anEndpoint, aPrompt, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const control = () => app.main.locator(".standing-button");
const panel = () => app.main.getByRole("dialog", { name: "New connections" });

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterEach(async () => {
  await app.main.keyboard.press("Escape");
  await panel().waitFor({ state: "detached" });
  helper.refuseWith = null;
  helper.called.length = 0;
  helper.setStatus({ mode: "ask", override: null, profile: null, automatic: true, trial: null });
  await control().getByText("Asks first").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("the control", () => {
  test("changes the mode by keyboard, and nothing on the way through the list", async () => {
    await control().focus();
    await app.main.keyboard.press("Enter");
    await panel().waitFor();
    await panel()
      .getByRole("option", { name: /^Ask me/ })
      .focus();
    await app.main.keyboard.press("ArrowDown");
    await app.main.keyboard.press("ArrowDown");
    await app.main.keyboard.press("ArrowDown");
    expect(helper.asked("mode.set")).toEqual([]);
    await app.main.keyboard.press("Enter");
    await control().getByText("Blocks what is new").waitFor();
    expect(helper.asked("mode.set")).toEqual([{ mode: "block", confirmWithin: null }]);
    expect(
      await panel()
        .getByRole("option", { name: /^Block/ })
        .getAttribute("aria-selected"),
    ).toBe("true");
  });

  test("pauses for a while, says until when, and ends the pause from the header", async () => {
    await control().click();
    await panel().getByRole("button", { name: "10 minutes" }).click();
    await control()
      .getByText(/^Paused until (.+ )?\d\d:\d\d$/)
      .waitFor();
    expect(helper.asked("pause")).toEqual([{ for: "10m" }]);
    await app.main.keyboard.press("Escape");
    await panel().waitFor({ state: "detached" });
    await app.main.getByRole("button", { name: "End the pause" }).click();
    await control().getByText("Asks first").waitFor();
    expect(helper.asked("pause")).toEqual([{ for: "10m" }, { for: null }]);
  });

  test("locks everything down and says that this comes before a pause", async () => {
    await control().click();
    await panel().locator(".panel-switch").click();
    await control().getByText("Lockdown").waitFor();
    await panel().getByText("Lockdown comes first").waitFor();
    await app.main.getByRole("status").getByText("Nothing gets through").waitFor();
    expect(helper.asked("lockdown")).toEqual([{ on: true }]);
  });

  test("chooses a profile where there are any", async () => {
    await control().click();
    expect(await panel().getByText("Active profile", { exact: true }).count()).toBe(0);
    await app.main.keyboard.press("Escape");
    helper.profiles.known = [aProfile("Home"), aProfile("automatic")];
    await control().click();
    await panel()
      .getByRole("button", { name: /Active profile/ })
      .click();
    await app.main.getByRole("option", { name: "automatic" }).click();
    await app.main.locator(".header-profile", { hasText: "Profile automatic" }).waitFor();
    expect(helper.asked("profile.set")).toEqual([{ name: "automatic" }]);
    helper.profiles.known = [];
  });

  test("locks down at once while another change waits for a password", async () => {
    helper.withheld = "mode.set";
    await control().click();
    await panel()
      .getByRole("option", { name: /^Let through/ })
      .click();
    // The same again is nothing new.
    await panel()
      .getByRole("option", { name: /^Let through/ })
      .click();
    await panel().locator(".panel-switch").click();
    await control().getByText("Lockdown").waitFor();
    expect(helper.asked("lockdown")).toEqual([{ on: true }]);
    expect(helper.asked("mode.set")).toEqual([]);
    helper.consent();
    await waitFor(() => expect(helper.asked("mode.set").length).toBe(1));
    await panel()
      .getByRole("option", { name: /^Let through/, selected: true })
      .waitFor();
  });

  test("says when the helper refuses, and changes nothing", async () => {
    helper.refuseWith = "not_permitted";
    await control().click();
    await panel()
      .getByRole("option", { name: /^Let through/ })
      .click();
    await panel()
      .getByText(/That needs the consent of an administrator/)
      .waitFor();
    await control().getByText("Asks first").waitFor();
  });

  test("cannot be used while the helper is away", async () => {
    await control().click();
    await helper.vanish();
    await waitFor(async () =>
      expect(
        await panel()
          .getByRole("option", { name: /^Block/ })
          .getAttribute("aria-disabled"),
      ).toBe("true"),
    );
    expect(await panel().getByRole("button", { name: "1 hour" }).isDisabled()).toBe(true);
    await helper.appear();
    await app.main.locator("[data-health=up]").waitFor();
  });

  test.each(["light", "dark"] as const)("axe finds nothing serious in it, %s", async (colorScheme) => {
    await app.main.emulateMedia({ colorScheme });
    await control().click();
    await panel().waitFor();
    expect(await seriousViolations(app.main)).toEqual([]);
  });
});

describe("the header", () => {
  test("counts what waits, and leads to it", async () => {
    helper.put("prompts", aPrompt("h1", curl, anEndpoint("192.0.2.7")));
    await app.liveCard("h1");
    await app.prompt.keyboard.press("Escape");
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
    await app.main.getByRole("button", { name: "1 waiting: show what waits" }).click();
    await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
    helper.drop("prompts", "h1");
    await app.main.locator(".held-count").waitFor({ state: "detached" });
  });

  test("says what a limit means before how the helper puts it", async () => {
    helper.setStatus({ degraded: [{ code: "guardFailed", message: "Could not be guarded: user.slice." }] });
    await app.main.getByText("Some programs are not guarded.").waitFor();
    await app.main.getByText("Could not be guarded: user.slice.").waitFor();
    helper.setStatus({ degraded: [] });
    await app.main.locator("[data-health=up]").waitFor();
  });

  test("keeps a change on trial when asked to", async () => {
    helper.setStatus({ trial: { what: "The mode is block.", ends: new Date(Date.now() + 60_000).toISOString() } });
    await app.main.getByRole("button", { name: "Keep it" }).click();
    await app.main.getByText("The mode is block.").waitFor({ state: "detached" });
    expect(helper.asked("confirm")).toEqual([{}]);
  });
});
