// Profiles against a scripted helper: which is active and why, chosen by hand and by the network, defined, changed and removed, and their rules.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { App, patience } from "./app.ts";
import { aRule } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { aProfile } from "./scenario-profiles.ts";
import { violations } from "./violations.ts";

let helper: ScenarioHelper;
let app: App;
const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
const button = (name: string | RegExp) => app.main.getByRole("button", { name, exact: true });
const row = (name: string) => app.main.locator(`[data-profile="${name}"]`);
const dialog = () => app.main.getByRole("dialog");
/** And leaves the field: what it suggests hides everything else for as long as it is open. */
const write = async (field: string, words: string): Promise<void> => {
  const box = dialog().getByRole("combobox", { name: field });
  await box.fill(words);
  await box.blur();
};
const view = (name: string) => app.main.getByRole("tab", { name }).click();

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
  await view("Profiles");
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

test("without any, the view says what a profile is", async () => {
  await app.main.getByText("No profiles yet").waitFor();
  await app.main.getByText(/set of rules that count together/).waitFor();
  expect(await violations(app.main)).toEqual([]);
});

test("one is defined by keyboard; its form says when it is active, and what cannot be stays in it", async () => {
  helper.profiles.networks = { ssids: ["Seagull"], gateways: [{ address: "192.0.2.1", mac: null }], vpn: false };
  await button("Add profile").focus();
  await app.main.keyboard.press("Enter");
  await dialog().getByText("Active only when you choose it.").waitFor();
  await button("Save profile").click();
  await dialog().getByText("A name of 1 to 64 letters").waitFor();
  await dialog().getByRole("textbox", { name: "Name" }).fill("Home");
  await write("Wi-Fi network", "Seagull");
  await write("Router", "nonsense");
  const off = dialog().getByRole("radio", { name: "Off", exact: true });
  await waitFor(async () => {
    if (!(await off.isChecked())) await off.click({ force: true });
    expect(await off.isChecked()).toBe(true);
  });
  await dialog().getByText("Active on the Wi-Fi “Seagull”, behind the router nonsense, while no VPN is on.").waitFor();
  await button("Save profile").click();
  await dialog().getByText("That is neither an address nor a hardware address").waitFor();
  expect(await violations(app.main)).toEqual([]);
  await write("Router", "192.0.2.1");
  await button("Save profile").click();
  await dialog().waitFor({ state: "detached" });
  expect(helper.asked("profiles.define").at(-1)).toEqual({
    name: "Home",
    ssid: "Seagull",
    gateway: "192.0.2.1",
    vpn: false,
  });
  await row("Home")
    .getByText("Active on the Wi-Fi “Seagull”, behind the router 192.0.2.1, while no VPN is on")
    .waitFor();
});

test("the active one is told, and where this computer is; the network chooses, or the person", async () => {
  helper.setStatus({ profile: "Home", automatic: true });
  await app.main.getByText("Active now: Home").waitFor();
  await app.main.getByText("Connected to Wi-Fi “Seagull”.").waitFor();
  await app.main.getByText("Router 192.0.2.1", { exact: true }).waitFor();
  await row("Home").getByText("Active", { exact: true }).waitFor();
  expect(await button("Use: Home").count()).toBe(0);
  await button("Use: No profile").click();
  await app.main.getByText("No profile is active").waitFor();
  await app.main.getByText("Chosen by you.").waitFor();
  await button("Use: Home").click();
  await app.main.getByText("Active now: Home").waitFor();
  const auto = app.main.getByRole("switch", { name: "Let the network choose" });
  expect(await auto.isChecked()).toBe(false);
  await auto.focus();
  await app.main.keyboard.press("Space");
  await app.main.getByText("whose network this computer is in becomes the active one").waitFor();
  await app.main.keyboard.press("Space");
  await waitFor(() =>
    expect(helper.asked("profile.set")).toEqual([
      { name: null },
      { name: "Home" },
      { automatic: true },
      { name: "Home" },
    ]),
  );
});

test("is changed but for its name, by which rules go", async () => {
  await button("Change: Home").click();
  await dialog().getByText("Change profile “Home”").waitFor();
  expect(await dialog().getByRole("textbox", { name: "Name" }).count()).toBe(0);
  await write("Router", "");
  await app.main.keyboard.press("Tab");
  await button("Save profile").click();
  await dialog().waitFor({ state: "detached" });
  await row("Home").getByText("Active on the Wi-Fi “Seagull”, while no VPN is on").waitFor();
});

test("rules are counted, and one press leads to them and back", async () => {
  helper.put("rules", aRule("r1", { profile: "Home" }), aRule("r2", { profile: "Home" }), aRule("r3"));
  await row("Home").getByRole("button", { name: "2 rules of Home" }).click();
  const ids = () =>
    app.main.locator(".row[data-id]").evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.id).sort());
  await waitFor(async () => expect(await ids()).toEqual(["r1", "r2"]));
  await app.main.getByRole("tab", { name: "Profiles" }).click();
  await row("Home").waitFor();
});

test("is removed after a question that says what becomes of its rules; they are still seen, and it can be defined again", async () => {
  await button("Remove: Home").click();
  const question = app.main.getByRole("alertdialog");
  await question.getByText("Its 2 rules stay in the list and do not count").waitFor();
  await app.main.keyboard.press("Escape");
  expect(helper.asked("profiles.remove")).toEqual([]);
  await button("Remove: Home").click();
  await question.getByRole("button", { name: "Remove profile" }).click();
  await row("Home").getByText("Removed").waitFor();
  expect(helper.asked("profiles.remove")).toEqual([{ name: "Home" }]);
  await button("Define again: Home").click();
  await button("Save profile").click();
  await row("Home").getByText("Active only when you choose it").waitFor();
});

test("where NetworkManager does not run, nothing offers to choose by the network", async () => {
  helper.profiles.networks = null;
  helper.profiles.known = [...helper.profiles.known, aProfile("Work")];
  await app.main.getByText("NetworkManager does not run here").waitFor();
  await row("Work").waitFor();
  expect(await app.main.getByRole("switch", { name: "Let the network choose" }).count()).toBe(0);
});

test("what the helper refuses is said", async () => {
  helper.refuseWith = "unknown_profile";
  await button("Use: Work").click();
  await app.main.getByText("There is no such profile any more.").waitFor();
  helper.refuseWith = null;
});

test.each(["light", "dark"] as const)("axe finds nothing serious, %s", async (colorScheme) => {
  await app.main.emulateMedia({ colorScheme });
  expect(await violations(app.main)).toEqual([]);
  expect(app.complaints).toEqual([]);
});
