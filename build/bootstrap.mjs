// Runs a task of build/ under the pinned Node 24. Plain JavaScript for Node 20: in a fresh clone nothing is installed yet.
// usage: node build/bootstrap.mjs TASK [ARG…]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const node = join(root, "node_modules/.bin/node");

/**
 * Whether what npm says it installed is what the lockfile asks for. Contents, not times: git sets times as it likes.
 * @param {string} folder
 */
export function packagesAreCurrent(folder) {
  try {
    const read = (/** @type {string} */ path) => JSON.parse(readFileSync(join(folder, path), "utf8")).packages;
    const wanted = read("package-lock.json");
    const installed = read("node_modules/.package-lock.json");
    return Object.entries(wanted).every(([path, { version, integrity, optional }]) => {
      const found = installed[path];
      // Optional ones are builds for other machines, or simply may fail.
      if (path === "" || (optional && !found)) return true;
      return found !== undefined && found.version === version && found.integrity === integrity;
    });
  } catch {
    return false;
  }
}

function installPackages() {
  console.log("Installing the npm packages (npm ci) …");
  // Engine warnings are left out: npm itself runs on the machine's Node, the packages run on the pinned one.
  const words = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // npm names its own entry when it runs a script; the shell's npm serves otherwise.
  const cli = process.env.npm_execpath;
  const [command, ...args] = cli?.endsWith(".js") ? [process.execPath, cli, ...words] : ["npm", ...words];
  // Any NODE_ENV=production around us would leave the development packages out.
  const env = { ...process.env, NODE_ENV: "development" };
  const outcome = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env });
  if (outcome.status !== 0) {
    console.error(`npm ci failed (${outcome.error?.message ?? outcome.signal ?? `exit code ${outcome.status}`}).`);
    process.exit(outcome.status || 1);
  }
}

/** @param {string[]} words */
function run(words) {
  const [task, ...args] = words;
  if (!task || !existsSync(join(root, "build", `${task}.ts`))) {
    console.error("usage: node build/bootstrap.mjs TASK [ARG…]");
    process.exit(2);
  }
  if (Number(process.versions.node.split(".")[0]) < 20) {
    console.error(`Node 20 or newer is needed to set up; this is ${process.version}.`);
    process.exit(1);
  }
  if (!packagesAreCurrent(root) || !existsSync(node)) installPackages();
  if (!existsSync(node)) {
    console.error(`There is no Node 24 for ${process.platform} ${process.arch} among the packages.`);
    process.exit(1);
  }

  const env = { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH}` };
  const child = spawn(node, [join(root, "build", `${task}.ts`), ...args], { stdio: "inherit", env });
  // Only the child knows how to end: this process passes everything on and waits. A terminal's Ctrl-C reaches the child more
  // than once (from the terminal, from npm, from here), so tasks take the second as a repeat of the first.
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]))
    process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    console.error(`cannot run Node 24: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) run(process.argv.slice(2));
