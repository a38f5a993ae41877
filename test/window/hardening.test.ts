// The walls around the pages, tried for real: each test does from inside a page what a taken-over page would try.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bridge } from "../../contract/bridge.ts";
import { App } from "./app.ts";
import { anEndpoint, aPrompt, aRule, curl } from "./scenario.ts";
import { ScenarioHelper } from "./scenario-helper.ts";

let helper: ScenarioHelper;
let app: App;

beforeAll(async () => {
  helper = await ScenarioHelper.start();
  helper.put("rules", aRule("r1"));
  app = await App.start(helper.socketPath);
  await app.main.locator("[data-health=up]").waitFor();
});
afterAll(async () => {
  await app?.end();
  await helper?.end();
});

describe("a page", () => {
  test("is sandboxed, isolated and without Node, in both windows", async () => {
    const preferences = await app.electron.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map((window) => {
        const contents = window.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> };
        const { sandbox, contextIsolation, nodeIntegration, webviewTag, webSecurity } =
          contents.getLastWebPreferences();
        return { sandbox, contextIsolation, nodeIntegration, webviewTag, webSecurity };
      }),
    );
    const wanted = {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      webSecurity: true,
    };
    expect(preferences).toEqual([wanted, wanted]);
    for (const page of [app.main, app.prompt]) {
      const globals = await page.evaluate(() => {
        const names = ["require", "process", "module", "Buffer", "electron", "ipcRenderer", "__dirname"];
        return names.filter((name) => name in window);
      });
      expect(globals).toEqual([]);
      expect(await page.evaluate(() => Object.keys(window.picket).sort())).toEqual([
        "call",
        "follow",
        "listFile",
        "saveHistory",
        "shell",
      ]);
    }
  });

  test("comes from our own scheme with a policy that names no other source", async () => {
    expect(app.main.url()).toBe("picket://app/window.html");
    const policy = await app.main.evaluate(async () => {
      const events: string[] = [];
      document.addEventListener("securitypolicyviolation", (event) => events.push(event.originalPolicy));
      const image = new Image();
      image.src = "https://192.0.2.1/x.png";
      await new Promise((resolve) => image.addEventListener("error", resolve));
      return events[0] ?? "";
    });
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
  });

  test("can run no script or eval of its own, fetch nothing and frame nothing", async () => {
    const tried = await app.main.evaluate(async () => {
      const attempt = (act: () => unknown) =>
        Promise.resolve()
          .then(act)
          .then(
            () => "done",
            () => "refused",
          );
      const inline = await attempt(() => {
        const script = document.createElement("script");
        script.textContent = "window.taken = true";
        document.body.append(script);
        if (!("taken" in window)) throw new Error("not run");
      });
      const html = await attempt(() => {
        document.createElement("div").innerHTML = "<b>x</b>";
      });
      const fetched = await attempt(() => fetch("https://192.0.2.1/"));
      const file = await attempt(() => fetch("file:///etc/passwd"));
      const own = await attempt(() => fetch("picket://app/window.html"));
      return { inline, html, fetched, file, own };
    });
    expect(tried).toEqual({ inline: "refused", html: "refused", fetched: "refused", file: "refused", own: "refused" });
  });

  test("cannot leave, open a window or get a permission", async () => {
    const { opened, permission } = await app.main.evaluate(async () => {
      const opened = window.open("https://192.0.2.1/") === null ? "refused" : "opened";
      location.href = "https://192.0.2.1/";
      const permission = await Notification.requestPermission();
      return { opened, permission };
    });
    expect({ opened, permission }).toEqual({ opened: "refused", permission: "denied" });
    expect(app.main.url()).toBe("picket://app/window.html");
    expect(app.electron.windows()).toHaveLength(2);
  });

  test("gets nothing from the scheme but our own files", async () => {
    const statuses = await app.electron.evaluate(async ({ net }) => {
      const paths = [
        "app/window.html",
        "app/%2e%2e%2fmain.cjs",
        "app/..%2fmain.cjs",
        "app/none.js",
        "other/window.html",
      ];
      return Promise.all(
        paths.map(async (path) =>
          net.fetch(`picket://${path}`).then(
            (reply) => reply.status,
            () => 0,
          ),
        ),
      );
    });
    expect(statuses[0]).toBe(200);
    for (const status of statuses.slice(1)) expect(status).not.toBe(200);
  });
});

describe("the bridge", () => {
  const call = (method: string, params: unknown) =>
    app.main.evaluate(
      ([name, given]) =>
        (window.picket as Bridge).call(name as "rules.enable", given as { ids: string[]; enabled: boolean }),
      [method, params] as const,
    );

  test("relays only the window's methods, with parameters that fit, and keeps error codes", async () => {
    helper.called.length = 0;
    expect(await call("helper.stop", {})).toMatchObject({ ok: false, code: "bad_message" });
    expect(await call("rules.apply", {})).toMatchObject({ ok: false, code: "bad_message" });
    expect(await call("blocklists.begin", { name: "x" })).toMatchObject({ ok: false, code: "bad_message" });
    expect(await call("rules.enable", { ids: ["r1"], enabled: "yes" })).toMatchObject({
      ok: false,
      code: "bad_params",
    });
    expect(await call("rules.enable", { ids: ["r1"], enabled: true, more: 1 })).toMatchObject({
      ok: false,
      code: "bad_params",
    });
    expect(helper.called).toEqual([]);
    expect(await call("rules.enable", { ids: ["none"], enabled: true })).toMatchObject({
      ok: false,
      code: "unknown_rule",
    });
    expect(await call("rules.enable", { ids: ["r1"], enabled: false })).toMatchObject({ ok: true });
    expect(helper.called).toHaveLength(2);
  });

  test("does not listen to a window that is not ours", async () => {
    helper.put("prompts", aPrompt("p1", curl, anEndpoint("192.0.2.7")));
    await app.liveCard("p1");
    helper.called.length = 0;
    const outcome = await app.electron.evaluate(async ({ BrowserWindow, app: electron }) => {
      const stranger = new BrowserWindow({
        show: false,
        webPreferences: { sandbox: true, preload: `${electron.getAppPath()}/preload.cjs` },
      });
      await stranger.loadURL("picket://app/window.html");
      const reply: unknown = await stranger.webContents.executeJavaScript(
        'window.picket.call("prompts.answer", { id: "p1", action: "allow" })',
      );
      stranger.destroy();
      return reply;
    });
    expect(outcome).toMatchObject({ ok: false, code: "not_permitted" });
    expect(helper.called).toEqual([]);
  });

  test("lets only the prompt's page move or close the prompt window", async () => {
    expect(await app.promptIsVisible()).toBe(true);
    await app.main.evaluate(() => window.picket.shell({ do: "close-prompt" }));
    await app.main.evaluate(() => window.picket.shell({ do: "fit-prompt", visible: false, height: 0, takenUp: 0 }));
    expect(await app.promptIsVisible()).toBe(true);
  });

  test("brings a page that crashed back, with its question", async () => {
    const window = await app.electron.browserWindow(app.prompt);
    const reloaded = app.prompt.waitForEvent("load");
    await window.evaluate((prompt) => prompt.webContents.reload());
    await reloaded;
    await app.liveCard("p1");
  });
});

test("the pages ran without breaking their own policy", async () => {
  const quiet = await App.start(helper.socketPath);
  try {
    await quiet.liveCard("p1");
    await quiet.main.getByRole("tab", { name: "Rules" }).click();
    await quiet.main
      .locator('[data-id="r1"]')
      .getByRole("button", { name: /^Change the rule/ })
      .click();
    await quiet.main.getByRole("dialog").waitFor();
    expect(quiet.complaints).toEqual([]);
  } finally {
    await quiet.end();
  }
});
