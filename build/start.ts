// `npm start`: sets up what is missing, builds, runs the helper as root in the foreground and opens the window as the person at the
// screen. Closing the window, or Ctrl-C, ends both. usage: npm start [-- [--yes] [--guard CGROUP]… [--state DIR] [--socket PATH]
// [--mode MODE]]
import { connect } from "node:net";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { installedPackages, missingPackages, packagesFor } from "./debian-packages.ts";
import { startHelper } from "./helper-process.ts";
import { root, socketPath, stateFolder } from "./paths.ts";
import { invokingUser, isRoot, rootPrefix, runTask, Stop, whyNoRoot } from "./privilege.ts";
import { setUp } from "./setup.ts";
import { hasScreen, openWindow, type WindowProcess } from "./window-process.ts";

const usage = "usage: npm start [-- [--yes] [--guard CGROUP]… [--state DIR] [--socket PATH] [--mode MODE]]";

await runTask(async () => {
  const options = parse(process.argv.slice(2));
  // npm runs scripts in the clone; what a person types is relative to where they are.
  const here = process.env.INIT_CWD ?? process.cwd();
  const state = resolve(here, options.state ?? stateFolder);
  const socket = resolve(here, options.socket ?? socketPath);
  const guard = options.guard ?? [];
  const yes = options.yes === true || process.env.CI === "true";
  if (await answers(socket)) throw new Stop(`Picket is running already: a helper answers on ${socket}.`);
  const prefix = rootPrefix();
  if (!prefix) throw new Stop(withoutRoot());

  await setUp({ purpose: "start", yes, download: true });
  await build();

  const user = isRoot ? invokingUser() : null;
  const owner = user?.uid ?? process.getuid?.() ?? 0;
  // From here on a signal means: end in order. It may arrive several times (terminal, npm, bootstrap).
  const stop = new Promise<"asked">((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve("asked"));
  });
  const helper = await startHelper({ prefix, state, socket, owner, guard, mode: options.mode });
  let window: WindowProcess | undefined;
  try {
    const started = await Promise.race([helper.ready, helper.ended, stop]);
    if (started === "asked") return 0;
    // The keeper has said why.
    if (started === "helper ended") return (await helper.end()) || 1;
    console.log(
      `The helper enforces. Guarded: what \`npx picket run -- CMD\` starts${guard.map((one) => `, ${one}`).join("")}.`,
    );

    if (hasScreen()) {
      window = openWindow({ socket, user });
      console.log("Closing the window or Ctrl-C ends Picket.");
    } else {
      console.log("There is no display (DISPLAY, WAYLAND_DISPLAY), so no window. Answer from another terminal here:");
      console.log("  npx picket prompts\n  npx picket answer ID allow");
      if (socket !== socketPath) console.log(`  (with PICKET_SOCKET=${socket} in the environment)`);
      console.log("Ctrl-C ends Picket.");
    }
    const reason = await Promise.race([stop, helper.ended, ...(window ? [window.ended] : [])]);
    if (reason === "helper ended") return (await helper.end()) || 1;
    const windowCode = await window?.end();
    if (reason === "window ended" && windowCode !== 0) {
      const words = window?.lastWords() ?? "";
      throw new Stop(
        `${words}The window ended with ${windowCode}. Without a window: DISPLAY= WAYLAND_DISPLAY= npm start`,
      );
    }
    return await helper.end();
  } finally {
    // However it came to an end, nothing stays behind; what has ended already is not ended twice.
    await window?.end();
    await helper.end();
  }
});

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        yes: { type: "boolean" },
        guard: { type: "string", multiple: true },
        state: { type: "string" },
        socket: { type: "string" },
        mode: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new Stop(`${(error as Error).message}\n${usage}`);
  }
}

/** Whether something accepts connections there; a socket that refuses us by permission is somebody's too. */
function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.on("connect", () => {
      connection.destroy();
      resolve(true);
    });
    connection.on("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EACCES"));
  });
}

function withoutRoot(): string {
  const installed = installedPackages();
  const missing = installed ? missingPackages(packagesFor("start"), installed) : [];
  return [
    `Picket's helper needs root, for it loads programs into the kernel; ${whyNoRoot()}.`,
    "Give this user sudo, or as root:",
    ...(missing.length > 0 ? [`  apt-get install ${missing.map(({ name }) => name).join(" ")}`] : []),
    `  cd ${root} && npm start`,
  ].join("\n");
}
