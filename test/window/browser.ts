// The two pages in a browser that is not Electron: the built files from a local server, and a bridge that leads to a helper through the very
// link that the shell has.
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { dist } from "../../build/paths.ts";
import type { Update, WindowMethod } from "../../contract/bridge.ts";
import type { Language } from "../../contract/language.ts";
import type { Params } from "../../contract/methods.ts";
import { HelperLink } from "../../main/window/link.ts";
import { patience } from "./app.ts";

const types: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".png": "image/png",
};

type Hearing = { hear?: (update: Update) => void };

export class BrowserApp {
  readonly main: Page;
  readonly prompt: Page;
  /** Warnings and errors of either page's console. */
  readonly complaints: string[] = [];
  private readonly browser: Browser;
  private readonly server: Server;
  private readonly link: HelperLink;

  static async start(socketPath: string, executable: string, language: Language = "en"): Promise<BrowserApp> {
    const server = createServer(async ({ url = "/" }, response) => {
      const { pathname } = new URL(url, "http://localhost");
      // An app's icon: there is none, and the page draws a letter. A browser asks for the site's as well.
      if (pathname.startsWith("/icon/") || pathname === "/favicon.ico") return response.writeHead(204).end();
      const file = await readFile(join(dist, "window/renderer", pathname)).catch(() => null);
      if (file === null) return response.writeHead(404).end();
      const html = extname(pathname) === ".html";
      response.writeHead(200, { "Content-Type": types[extname(pathname)] ?? "application/octet-stream" });
      return response.end(html ? file.toString().replace('lang="en"', `lang="${language}"`) : file);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
    const browser = await chromium.launch({
      executablePath: executable,
      args: ["--no-sandbox", ...quiet],
      timeout: patience,
    });
    const pages: Page[] = [];
    const link = new HelperLink(socketPath, (update) => {
      for (const page of pages) void say(page, update).catch(() => {});
    });
    const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, locale: language });
    await bridged(context, link, pages);
    const { port } = server.address() as AddressInfo;
    void link.run();
    const app = new BrowserApp(browser, server, link, await context.newPage(), await context.newPage());
    for (const [page, name] of [
      [app.main, "window"],
      [app.prompt, "prompt"],
    ] as const) {
      page.setDefaultTimeout(patience);
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) app.complaints.push(message.text());
      });
      page.on("pageerror", (error) => app.complaints.push(String(error)));
      await page.goto(`http://127.0.0.1:${port}/${name}.html`);
    }
    return app;
  }

  private constructor(browser: Browser, server: Server, link: HelperLink, main: Page, prompt: Page) {
    this.browser = browser;
    this.server = server;
    this.link = link;
    this.main = main;
    this.prompt = prompt;
  }

  get version(): string {
    return this.browser.version();
  }

  async liveCard(id: string): Promise<void> {
    await this.prompt.locator(`.card[data-id="${id}"][data-live="true"]`).waitFor();
  }

  async tell(update: Update, page = this.prompt): Promise<void> {
    await say(page, update);
  }

  async end(): Promise<void> {
    this.link.end();
    await this.browser.close();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function say(page: Page, update: Update): Promise<void> {
  return page.evaluate((update) => (window as unknown as Hearing).hear?.(update), update);
}

/** Puts on `window.picket` what the preload script does. What a page asks of its window is nobody's here. */
async function bridged(context: BrowserContext, link: HelperLink, pages: Page[]): Promise<void> {
  await context.exposeBinding("helperCall", (_, method: WindowMethod, params: Params<WindowMethod>) =>
    link.call(method, params),
  );
  await context.exposeBinding("helperFollow", async ({ page }) => {
    pages.push(page);
    for (const update of link.snapshot()) await say(page, update);
  });
  await context.addInitScript(() => {
    const own = window as unknown as Hearing & {
      helperCall(method: string, params: unknown): Promise<unknown>;
      helperFollow(): Promise<void>;
    };
    const picket = {
      call: (method: string, params: unknown) => own.helperCall(method, params),
      shell: async () => undefined,
      follow: (listener: (update: Update) => void) => {
        own.hear = listener;
        void own.helperFollow();
        return () => {
          own.hear = () => {};
        };
      },
    };
    Object.assign(window, { picket });
  });
}
