// Asks systemd to stop a unit of ours, where this machine runs systemd.
import { spawnSync } from "node:child_process";
import { lstatSync } from "node:fs";

/** Fixed: a root process looks for no program in the PATH it was given. */
const systemctl = "/usr/bin/systemctl";

/** sd_booted(3): the folder exists only where the system was booted with systemd. */
export function systemdRuns(): boolean {
  return lstatSync("/run/systemd/system", { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Waits for the stop unless told `--no-block`. Throws what systemctl said. */
export function stopUnit(unit: string, withinMs: number, ...options: "--no-block"[]): void {
  const { status, error, stderr } = spawnSync(systemctl, ["stop", "--no-ask-password", ...options, "--", unit], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    // No bus address, no options from the environment.
    env: { LC_ALL: "C.UTF-8" },
    timeout: withinMs,
    killSignal: "SIGKILL",
  });
  if (status === 0) return;
  const reason = stderr?.trim().replace(/\s+/g, " ") || error?.message || `exit code ${status}`;
  throw new Error(`systemd did not stop ${unit}: ${reason}`);
}
