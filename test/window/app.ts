// The real Electron app, driven by playwright: starts it on a screen against a socket, finds its two pages, and ends it.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron, type ElectronApplication, type Page } from "playwright-core";
import { electronPath } from "../../build/electron.ts";
import { dist } from "../../build/paths.ts";
import { channels, type Update } from "../../contract/bridge.ts";
import type { PreferencesChange } from "../../contract/preferences.ts";
import { openScreen, type Screen } from "./screen.ts";

/** Generous: two slow cores may start three Electrons at once. */
export const patience = 60_000;

type Ask = (...words: unknown[]) => Promise<unknown>;

/** V8's inspector loses its answer to a collection of garbage in the midst of it: frequent where the young generation is small (thrift.ts). */
function keepAsking(of: object, names: readonly string[], each: (answer: unknown) => void = () => {}): void {
  const asks = of as Record<string, Ask>;
  for (const name of names) {
    const ask = asks[name]?.bind(of) as Ask;
    asks[name] = async (...words) => {
      for (let left = 5; ; left--) {
        try {
          const answer = await ask(...words);
          each(answer);
          return answer;
        } catch (error) {
          if (left === 0 || !String(error).includes("garbage collected")) throw error;
        }
      }
    };
  }
}

export class App {
  readonly electron: ElectronApplication;
  readonly main: Page;
  readonly prompt: Page;
  /** What the pages wrote to their consoles as warnings or errors, the policy's refusals among it. */
  readonly complaints: string[] = [];
  /** Its configuration lies below. */
  readonly home: string;
  private readonly screen: Screen;

  /**
   * `run`: the program in Electron's place, which must end up as it. As root Chromium runs without its sandbox. `desktop`: what the screen
   * has before the app is there, and what the app finds in its environment.
   */
  static async start(
    socketPath: string,
    words: string[] = ["--no-sandbox"],
    run = electronPath(),
    window = join(dist, "window"),
    desktop: {
      prepare?: (display: string) => Promise<void>;
      env?: Record<string, string>;
      /** What the person chose before; null: they never saw it. */
      preferences?: PreferencesChange | null;
    } = {},
  ): Promise<App> {
    const screen = await openScreen();
    await desktop.prepare?.(screen.display);
    const home = await mkdtemp(join(tmpdir(), "picket-window-"));
    // Whoever the app runs as must be able to write there.
    await chmod(home, 0o777);
    const { preferences = { introduced: true } } = desktop;
    if (preferences !== null) {
      await mkdir(join(home, "Picket"), { mode: 0o777 });
      await chmod(join(home, "Picket"), 0o777);
      await writeFile(join(home, "Picket/preferences.json"), JSON.stringify(preferences));
    }
    const env: Record<string, string> = {};
    for (const [name, value] of Object.entries(process.env)) {
      if (value !== undefined && !/^(ELECTRON_|NODE_|npm_|WAYLAND_|DBUS_)/.test(name)) env[name] = value;
    }
    // A home of its own: the single-instance lock lies there, and so does everything Chromium remembers.
    Object.assign(env, {
      DISPLAY: screen.display,
      HOME: home,
      XDG_CONFIG_HOME: home,
      PICKET_SOCKET: socketPath,
      LANG: "C.UTF-8",
      LANGUAGE: "en",
      ...desktop.env,
    });
    const electron = await _electron.launch({
      executablePath: run,
      args: [...words, window],
      env,
      timeout: patience,
    });
    keepAsking(electron, ["evaluate"]);
    keepAsking(electron, ["browserWindow"], (window) => keepAsking(window as object, ["evaluate"]));
    const find = async (name: string): Promise<Page> => {
      for (;;) {
        const page = electron.windows().find((window) => window.url().endsWith(name));
        if (page) return page;
        await electron.waitForEvent("window", { timeout: patience });
      }
    };
    const [main, prompt] = [await find("/window.html"), await find("/prompt.html")];
    return new App(electron, main, prompt, home, screen);
  }

  private constructor(electron: ElectronApplication, main: Page, prompt: Page, home: string, screen: Screen) {
    this.electron = electron;
    this.main = main;
    this.prompt = prompt;
    this.home = home;
    this.screen = screen;
    for (const page of [main, prompt]) {
      page.setDefaultTimeout(patience);
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
      });
      page.on("pageerror", (error) => this.complaints.push(String(error)));
    }
  }

  /** Whether the prompt window is on the screen, as the main process sees it. */
  async promptIsVisible(): Promise<boolean> {
    const window = await this.electron.browserWindow(this.prompt);
    return window.evaluate((browserWindow) => browserWindow.isVisible());
  }

  /** The card, once its dead time is over. */
  async liveCard(id: string): Promise<void> {
    await this.prompt.locator(`.card[data-id="${id}"][data-live="true"]`).waitFor();
  }

  /** Tells a page what the main process would. */
  async tell(update: Update, page = this.prompt): Promise<void> {
    const told = [channels.update, update, page.url()] as const;
    await this.electron.evaluate(({ webContents }, [channel, what, url]) => {
      for (const page of webContents.getAllWebContents()) if (page.getURL() === url) page.send(channel, what);
    }, told);
  }

  async end(): Promise<void> {
    const child = this.electron.process();
    const gone = child.exitCode !== null ? Promise.resolve() : new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const late = setTimeout(() => child.kill("SIGKILL"), 10_000);
    await gone;
    clearTimeout(late);
    this.screen.end();
    await rm(this.home, { recursive: true, force: true, maxRetries: 3 });
  }
}
