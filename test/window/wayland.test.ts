// As a client of a real Wayland compositor without a screen: no window comes up by itself. A notification says that there is a question, and
// opens the card; so does the portal's shortcut. What is being typed elsewhere stays where it is.
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { appId } from "../../main/window/app-id.ts";
import { App, patience } from "./app.ts";
import { Desktop } from "./desktop-bus.ts";
import { anEndpoint, aPrompt, curl, firefox } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";
import { Programs, sentence } from "./typed.ts";

const waitFor = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: patience, interval: 50 });
/** Sway refuses to be root. */
const nobody = 65534;
const folder = mkdtempSync(join(tmpdir(), "picket-wayland-"));
const typed = join(folder, "typed");
let programs: Programs;
let helper: ScenarioHelper;
let desktop: Desktop;
let portal: Awaited<ReturnType<Desktop["portal"]>>;
let app: App;
/** As a desktop says that it shows no notifications. */
const inhibited = { is: false };
const doNotDisturb = (is: boolean): void => {
  inhibited.is = is;
  desktop.tellInhibited();
};

type Node = { name: string; app_id: string; pid?: number; focused: boolean; nodes: Node[]; floating_nodes: Node[] };

async function windowNodes(): Promise<Node[]> {
  const visit = (node: Node): Node[] => [
    ...(node.pid ? [node] : []),
    ...[...node.nodes, ...node.floating_nodes].flatMap(visit),
  ];
  return visit(JSON.parse(await programs.ask("swaymsg", "-t", "get_tree")) as Node);
}

/** The names of all windows there are, the active one marked. */
async function windows(): Promise<string[]> {
  return (await windowNodes()).map(({ focused, name }) => `${focused ? "* " : ""}${name}`);
}

beforeAll(async () => {
  writeFileSync(join(folder, "config"), "default_border none\nfocus_follows_mouse no\n");
  chownSync(folder, nobody, nobody);
  programs = new Programs({
    XDG_RUNTIME_DIR: folder,
    HOME: folder,
    WAYLAND_DISPLAY: "wayland-1",
    WLR_BACKENDS: "headless",
    WLR_LIBINPUT_NO_DEVICES: "1",
    WLR_RENDERER: "pixman",
  });
  const as = ["--reuid", `${nobody}`, "--regid", `${nobody}`, "--clear-groups"];
  programs.start("setpriv", ...as, "sway", "-c", join(folder, "config"));
  programs.env.SWAYSOCK = await waitFor(() => {
    const name = readdirSync(folder).find((each) => each.startsWith("sway-ipc"));
    if (!name) throw new Error("sway is not there yet");
    return join(folder, name);
  });
  await waitFor(() => programs.ask("swaymsg", "-t", "get_version"));

  helper = await ScenarioHelper.start();
  desktop = await Desktop.start();
  await desktop.showNotices(inhibited);
  portal = await desktop.portal();
  app = await App.start(helper.socketPath, ["--no-sandbox", "--ozone-platform=wayland"], undefined, undefined, {
    env: {
      XDG_RUNTIME_DIR: folder,
      WAYLAND_DISPLAY: "wayland-1",
      XDG_SESSION_TYPE: "wayland",
      DBUS_SESSION_BUS_ADDRESS: desktop.address,
    },
  });
  await app.main.locator("[data-health=up]").waitFor();
  await waitFor(() => expect(portal.asked).toHaveLength(1));
  // It takes the focus as it comes, and not afterwards.
  await waitFor(async () => expect(await windows()).toContain("* Picket"));
  programs.start("foot", "--title", "Typing", "sh", "-c", `cat > ${typed}`);
  await waitFor(async () => expect(await windows()).toContain("* Typing"));
});
afterEach(async () => {
  helper.drop("prompts", "w1", "w2");
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  await waitFor(() => expect(desktop.notices.every(({ closed }) => closed)).toBe(true));
  await waitFor(async () => expect(await windows()).toContain("* Typing"));
});
afterAll(async () => {
  await app?.end();
  await programs?.end();
  await desktop?.stop();
  await helper?.end();
  rmSync(folder, { recursive: true, force: true });
});

const question = (id: string, who = curl) => aPrompt(id, who, { ...anEndpoint("192.0.2.7"), host: "www.example.org" });
const open = () => desktop.notices.filter(({ closed }) => !closed);

test("a question is one notification; the active window and the typed text stay as they are", async () => {
  const typing = programs.ask("wtype", "-s", "500", "-d", "25", sentence, "-s", "200", "-k", "Return", "-s", "200");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  helper.put("prompts", question("w1"), question("w2", firefox));
  await waitFor(() =>
    expect(open()).toMatchObject([
      { title: "curl asks", body: "curl wants to reach www.example.org. 1 more question waits." },
    ]),
  );
  expect(await windows()).toContain("* Typing");
  await typing;
  await waitFor(() => expect(readFileSync(typed, "utf8")).toBe(`${sentence}\n`));
  expect((await windows()).filter((name) => name.includes("Picket asks"))).toEqual([]);
  expect(await app.promptIsVisible()).toBe(false);
});

test("its action opens the card, which answers nothing by itself, and the notification goes", async () => {
  helper.put("prompts", question("w1"));
  await waitFor(() => expect(open()).toHaveLength(1));
  desktop.press(open()[0]?.id ?? 0, "show");
  await app.liveCard("w1");
  await waitFor(async () => expect((await windows()).join()).toContain("Picket asks"));
  // By this the desktop finds the entry of the app, and its icon.
  expect((await windowNodes()).find(({ name }) => name.includes("Picket asks"))?.app_id).toBe(appId);
  await waitFor(() => expect(open()).toEqual([]));
  expect(helper.asked("prompts.answer")).toEqual([]);
  await app.prompt.getByRole("button", { name: "Block" }).click();
  await waitFor(() => expect(helper.asked("prompts.answer")).toMatchObject([{ id: "w1", action: "block" }]));
  await app.prompt.keyboard.press("Escape");
});

test("so does the shortcut; later puts it aside", async () => {
  helper.put("prompts", question("w1"));
  await waitFor(() => expect(open()).toHaveLength(1));
  desktop.press(open()[0]?.id ?? 0, "later");
  await waitFor(() => expect(open()).toEqual([]));
  expect(await app.promptIsVisible()).toBe(false);
  portal.press();
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
  await app.liveCard("w1");
});

test("what the page said before it heard of the shortcut does not take back what was asked for", async () => {
  await app.prompt.evaluate(() => {
    const leave = window.picket.follow((update) => {
      if (update.kind !== "take-up") return;
      leave();
      void window.picket.shell({ do: "fit-prompt", visible: false, height: 0, takenUp: update.nth - 1 });
    });
  });
  helper.put("prompts", question("w1"));
  await waitFor(() => expect(open()).toHaveLength(1));
  portal.press();
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
  await app.liveCard("w1");
});

test("a question outlives whoever showed it; without one the window comes up by itself", async () => {
  helper.put("prompts", question("w1"));
  await waitFor(() => expect(open()).toHaveLength(1));
  desktop.stopNotices();
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(true));
  await app.liveCard("w1");
  await desktop.showNotices(inhibited);
  helper.drop("prompts", "w1");
  await waitFor(async () => expect(await app.promptIsVisible()).toBe(false));
  helper.put("prompts", question("w2", firefox));
  await waitFor(() => expect(open()).toMatchObject([{ title: "Firefox asks" }]));
  expect(await app.promptIsVisible()).toBe(false);
});

test("the next card in an open window is announced no more", async () => {
  helper.put("prompts", question("w1"), question("w2", firefox));
  await waitFor(() => expect(open()).toHaveLength(1));
  desktop.press(open()[0]?.id ?? 0, "show");
  await app.liveCard("w1");
  await waitFor(() => expect(open()).toEqual([]));
  const announced = desktop.notices.length;
  await app.prompt.getByRole("button", { name: "Block" }).click();
  await app.liveCard("w2");
  expect(desktop.notices).toHaveLength(announced);
});

test("while notifications are switched off there is none; the one that follows names no app and no host", async () => {
  helper.put("prompts", question("w1"));
  await waitFor(() => expect(open()).toHaveLength(1));
  doNotDisturb(true);
  await waitFor(() => expect(open()).toEqual([]));
  const before = desktop.notices.length;
  helper.put("prompts", { ...question("w2", firefox), opened: new Date().toISOString() });
  // The pages have it by then.
  await app.main.locator(".nav-count", { hasText: "2" }).waitFor();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(desktop.notices.slice(before)).toEqual([]);
  expect(await app.promptIsVisible()).toBe(false);
  doNotDisturb(false);
  await waitFor(() => expect(open()).toHaveLength(1));
  expect(desktop.notices.slice(before)).toMatchObject([
    { title: "Picket", body: "While you were not to be disturbed" },
  ]);
  expect(JSON.stringify(desktop.notices.slice(before))).not.toMatch(/example|192\.0\.2|curl|firefox/i);
});
