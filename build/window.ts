// Bundles the Electron side (main and preload, for Node and the sandbox) and the two pages into dist/window, ready to be run by folder.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import reactPlugin from "@vitejs/plugin-react";
import { build, type InlineConfig, type Plugin } from "vite";
import { appId } from "../main/window/app-id.ts";
import { dist, root } from "./paths.ts";

const common: InlineConfig = { configFile: false, envDir: false, logLevel: "warn", publicDir: false };

/** V8 keeps a source as long as its code may be needed, in two bytes a character if a single one is beyond Latin 1. */
const narrow: Plugin = {
  name: "narrow",
  generateBundle: (_options, bundle) => {
    for (const file of Object.values(bundle))
      if (file.type === "chunk") file.code = file.code.replace(/[^\0-\xff]/g, (each) => escapeOf(each.charCodeAt(0)));
  },
};

function escapeOf(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, "0")}`;
}

/** One CommonJS file: the sandboxed preload cannot be a module, and a main that is one cannot register its scheme in time everywhere. */
function electronScript(out: string, entry: string, file: string): InlineConfig {
  return {
    ...common,
    root,
    // Everything but Electron and Node's own modules is bundled: the window ships without node_modules.
    ssr: { target: "node", noExternal: true },
    plugins: [narrow],
    build: {
      ssr: join(root, entry),
      target: "node20",
      outDir: out,
      emptyOutDir: false,
      minify: true,
      rolldownOptions: {
        external: ["electron", /^node:/],
        output: { format: "cjs", entryFileNames: file, codeSplitting: false },
      },
    },
  };
}

function pages(out: string, react: React): InlineConfig {
  return {
    ...common,
    mode: react,
    define: { "process.env.NODE_ENV": JSON.stringify(react) },
    root: join(root, "renderer"),
    publicDir: join(root, "renderer/public"),
    base: "./",
    plugins: [reactPlugin(), narrow],
    build: {
      // Electron 33, for tests, and Electron 45, for releases.
      target: "chrome130",
      outDir: join(out, "renderer"),
      emptyOutDir: false,
      assetsInlineLimit: 0,
      // The polyfill is an inline script, which the pages' policy refuses.
      modulePreload: { polyfill: false },
      // Pages that come from the disk wait for no network.
      chunkSizeWarningLimit: 2000,
      rolldownOptions: { input: [join(root, "renderer/window.html"), join(root, "renderer/prompt.html")] },
    },
  };
}

/** development: that says on the console what is wrong with a page. */
type React = "production" | "development";

export async function buildWindow(out = join(dist, "window"), react: React = "production"): Promise<void> {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  await build(electronScript(out, "main/window/main.ts", "main.cjs"));
  await build(electronScript(out, "main/window/preload.ts", "preload.cjs"));
  await build(electronScript(out, "main/window/example/caller.ts", "example.cjs"));
  await build(pages(out, react));
  const { name, version } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const manifest = { name, productName: "Picket", desktopName: `${appId}.desktop`, version, main: "main.cjs" };
  await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}
