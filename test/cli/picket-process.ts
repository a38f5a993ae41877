// Starts the real command line as a process of its own and collects what it says.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const launcher = fileURLToPath(new URL("../../main/cli/picket", import.meta.url));

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };
export type Running = { child: ChildProcess; stdout: () => string; stderr: () => string; ended: Promise<Ended> };

export function startPicket(args: string[], socket: string, env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(launcher, args, {
    env: { ...process.env, ...env, PICKET_SOCKET: socket },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

export function picket(args: string[], socket = "/nonexistent/picket.sock"): Promise<Ended> {
  return startPicket(args, socket).ended;
}
