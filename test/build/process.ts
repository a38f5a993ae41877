// Runs a command to its end, beside other tests in the same process.
import { spawn } from "node:child_process";

export type Outcome = { code: number | null; out: string; err: string };
type Options = { env?: NodeJS.ProcessEnv; cwd?: string };

export function run([program = "", ...args]: string[], { env = process.env, cwd }: Options = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd, env });
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      err += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
