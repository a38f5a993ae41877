// The shell as a person has it: nobody drives it, for what drives a page sits in its processes and takes memory there.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { electronPath } from "../../../build/electron.ts";
import { dist } from "../../../build/paths.ts";
import { openScreen } from "../../window/screen.ts";
import { familyMemory } from "../process-cost.ts";

/** When start is over and what it took was given back (main/window/thrift.ts), milliseconds, with room for a busy machine. */
const settled = 15_000;

/** Memory of all its processes, MB. `words`: `--background` as at the start of a session, with nothing but the tray. */
export async function shellAtRest(socketPath: string, words: string[]): Promise<ReturnType<typeof familyMemory>> {
  const screen = await openScreen();
  const home = mkdtempSync(join(tmpdir(), "picket-window-"));
  mkdirSync(join(home, "Picket"));
  writeFileSync(join(home, "Picket/preferences.json"), JSON.stringify({ introduced: true }));
  const env = {
    PATH: process.env.PATH,
    DISPLAY: screen.display,
    HOME: home,
    XDG_CONFIG_HOME: home,
    PICKET_SOCKET: socketPath,
    LANG: "C.UTF-8",
    LANGUAGE: "en",
  };
  const shell = spawn(electronPath(), ["--no-sandbox", join(dist, "window"), ...words], { env, stdio: "ignore" });
  const ended = new Promise((resolve) => shell.once("exit", resolve));
  try {
    await new Promise((resolve) => setTimeout(resolve, settled));
    if (shell.exitCode !== null) throw new Error(`the shell ended with ${shell.exitCode}`);
    return familyMemory(shell.pid ?? 0);
  } finally {
    shell.kill("SIGTERM");
    await ended;
    screen.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}
