// Starts the foreground helper through its keeper, and ends it.
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { nodePath, root } from "./paths.ts";
import { Stop } from "./privilege.ts";

/** First start: programs are loaded and verified, the database is made. */
const readyMs = 60_000;
/** The keeper bounds the helper at 10 s and its cleaning at 30 s. */
const endMs = 45_000;

export type HelperOptions = {
  prefix: string[];
  state: string;
  socket: string;
  owner: number;
  guard: string[];
  mode: string | undefined;
};
export type HelperProcess = {
  ready: Promise<"ready">;
  ended: Promise<"helper ended">;
  /** Ends it in order, waits, and returns its exit code. May be called after it ended. */
  end(): Promise<number>;
};

export async function startHelper({
  prefix,
  state,
  socket,
  owner,
  guard,
  mode,
}: HelperOptions): Promise<HelperProcess> {
  // The password is asked for here, so that waiting for `ready` measures the helper and not the typing.
  if (prefix[0] === "sudo" && spawnSync("sudo", ["-v"], { stdio: "inherit" }).status !== 0) {
    throw new Stop("sudo refused; Picket's helper needs root, for it loads programs into the kernel.");
  }
  // Everything is an argument: sudo passes no environment on.
  const helper = [
    nodePath,
    join(root, "helper/main.ts"),
    "--state",
    state,
    "--socket",
    socket,
    "--owner",
    String(owner),
  ];
  const guards = guard.flatMap((cgroup) => ["--guard", cgroup]);
  const keeper = [nodePath, join(root, "build/keeper.ts"), state];
  const [program = "", ...args] = [
    ...prefix,
    ...keeper,
    ...helper,
    ...guards,
    ...(mode === undefined ? [] : ["--mode", mode]),
  ];
  const child = spawn(program, args, { cwd: root, stdio: ["pipe", "pipe", "inherit"] });

  const exit = new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
  // A keeper that is gone shows in `exit`.
  child.stdin.on("error", () => {});

  const ready = new Promise<"ready">((resolve, reject) => {
    const late = setTimeout(() => reject(new Stop(`The helper is not ready after ${readyMs / 1000} s.`)), readyMs);
    exit.finally(() => clearTimeout(late)).catch(() => {});
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      const lines = text.split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        if (line !== "ready") console.log(line);
        else {
          clearTimeout(late);
          resolve("ready");
        }
      }
    });
  });

  const end = async (): Promise<number> => {
    child.stdin.end();
    const late = setTimeout(() => console.error(`The helper's keeper (pid ${child.pid}) does not end.`), endMs);
    const bound = new Promise<number>((resolve) => setTimeout(() => resolve(1), endMs + 1000).unref());
    const code = await Promise.race([exit, bound]);
    clearTimeout(late);
    return code;
  };
  ready.catch(() => child.stdin.end());
  return { ready, ended: exit.then(() => "helper ended" as const), end };
}
