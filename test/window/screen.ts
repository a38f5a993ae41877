// A screen for a test's windows: an Xvfb of its own on a free display, ended by its process id.
import { spawn } from "node:child_process";

export type Screen = { display: string; end: () => void };

export async function openScreen(): Promise<Screen> {
  // Room for the pictures at twice their size.
  const size = "2800x2000x24";
  // Descriptor 3 is where Xvfb writes the display it found free.
  const words = ["-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp", "-noreset"];
  // Should the test run be killed, its screen goes with it.
  const xvfb = spawn("setpriv", ["--pdeathsig", "TERM", "Xvfb", ...words], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  xvfb.stderr?.on("data", (chunk: Buffer) => said.push(chunk.toString()));
  const number = await new Promise<string>((resolve, reject) => {
    xvfb.once("error", reject);
    xvfb.once("exit", (code) => reject(new Error(`Xvfb ended with ${code}: ${said.join("")}`)));
    xvfb.stdio[3]?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
  });
  return { display: `:${number}`, end: () => void xvfb.kill("SIGTERM") };
}
