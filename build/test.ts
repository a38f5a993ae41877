// `npm test`: sets up and builds like `npm start`, then linter, type checker and every test, as root. The last line counts them.
// usage: npm test [-- [--all] [--yes] [FILE…] [-t NAME]]
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.ts";
import { dist, nodePath, root } from "./paths.ts";
import { giveBack, isRoot, rootPrefix, Stop, whyNoRoot } from "./privilege.ts";
import { filesToRunAgain, withSecondRun } from "./second-run.ts";
import { setUp } from "./setup.ts";
import { lastLine, parseAllowedSkips, type Result, succeeded, tally } from "./tally.ts";

/** A run that hangs must end by itself and say so. Everything includes hours on imitated processors (test/vm). */
const patienceMs = (process.argv.includes("--all") ? 480 : 150) * 60_000;
/** How long the test that runs may take to finish and clean up. */
const cancelMs = 120_000;

const own = new Set(["--all", "--yes", "--prepared"]);
const words = process.argv.slice(2).filter((word) => !own.has(word));
const told = (word: string) => process.argv.includes(word);
/** With -t vitest skips what does not match; such skips say nothing. */
const selected = words.some((word) => word === "-t" || word.startsWith("--testNamePattern"));

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    interrupted = true;
  });
}

let results: Result[] = [];
let passedAlone: string[] = [];
const began = performance.now();
try {
  if (!told("--prepared")) {
    const yes = told("--yes") || process.env.CI === "true";
    await setUp({ purpose: "test", yes, download: false });
    await build();
  }
  if (!isRoot) process.exit(runAsRoot());
  if (words.length === 0) beginRootfs();
  results.push(
    ...check("the linter (npm run lint)", [join(root, "node_modules/.bin/biome"), "check", "--error-on-warnings"]),
  );
  results.push(
    ...check("the type checker (npm run typecheck)", [nodePath, join(root, "node_modules/.bin/tsc"), "--noEmit"]),
  );
  results.push(...(await runTests(words)));
  // Not where somebody chose what runs: they look at it themselves.
  for (const file of interrupted || words.length > 0 ? [] : filesToRunAgain(results)) {
    console.log(`\nAgain, by itself: ${file}`);
    const second = withSecondRun(results, await runTests([file]));
    results = second.results;
    passedAlone = [...passedAlone, ...second.passedAlone];
  }
} catch (error) {
  console.error(error instanceof Stop ? error.message : error);
  results.push({ name: "set-up", state: "failed" });
}
giveBack();

const listed = parseAllowedSkips(readFileSync(join(root, "test/allowed-skips"), "utf8"));
const skipped = results.filter(({ state }) => state === "skipped").map(({ name }) => name);
const counted = tally(results, selected ? new Set(skipped) : listed);
console.log("");
for (const { name } of results.filter(({ state }) => state === "failed")) console.log(`failed: ${name}`);
for (const name of passedAlone) console.log(`failed beside others, passed by itself: ${name}`);
for (const name of counted.unlisted) console.log(`skipped, but not in test/allowed-skips: ${name}`);
if (interrupted) console.log("interrupted: not every test ran");
console.log(lastLine(counted));
// A handle that some dependency left open must not keep a finished run alive.
process.exit(succeeded(counted) && !interrupted ? 0 : 1);

/** Only its failure counts: a run without a single test must not look like one that passed. */
function check(name: string, [program = "", ...args]: string[]): Result[] {
  const outcome = spawnSync(program, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  return outcome.status === 0 ? [] : [{ name, state: "failed" }];
}

/**
 * The test machines' root file system takes a minute to build where there is none yet, most of it waiting for packages. So it begins here;
 * the first test that needs it waits for the rest (build-rootfs.sh locks), and is the one that says what is wrong with it.
 */
function beginRootfs(): void {
  const cache = process.env.PICKET_TEST_CACHE ?? join(dist, "test-machine");
  const script = ["600", join(root, "test/machine/build-rootfs.sh"), cache];
  const child = spawn("timeout", script, { stdio: "ignore" });
  child.on("error", () => {});
  child.unref();
  process.on("exit", () => child.kill());
}

/** Kernel tests load programs and make namespaces. sudo drops the environment, so what matters goes along by name. */
function runAsRoot(): number {
  const prefix = rootPrefix();
  if (!prefix) {
    throw new Stop(
      `The tests load programs into the kernel and need root; ${whyNoRoot()}. As root:\n  cd ${root} && npm test`,
    );
  }
  const kept = ["PATH", "CI"].flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : []));
  const self = [nodePath, join(root, "build/test.ts"), "--prepared", ...process.argv.slice(2)];
  const [program = "", ...args] = [...prefix, "env", ...kept, ...self];
  return spawnSync(program, args, { cwd: root, stdio: "inherit" }).status ?? 1;
}

async function runTests(words: readonly string[]): Promise<Result[]> {
  const path = join(dist, "test-results.json");
  mkdirSync(dist, { recursive: true });
  rmSync(path, { force: true });
  const env = { ...process.env, PICKET_RESULTS: path, PICKET_TESTS: told("--all") ? "all" : "" };
  // A session of its own, bound to our life: a terminal's Ctrl-C would reach the workers too, in the middle of a test.
  const runner = ["--pdeathsig", "USR2", nodePath, join(root, "build/run-vitest.ts"), ...words];
  const child = spawn("setpriv", runner, { cwd: root, stdio: ["ignore", "inherit", "inherit"], env, detached: true });
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    child.kill("SIGUSR2");
    setTimeout(() => child.kill("SIGKILL"), cancelMs).unref();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  let late = false;
  const patience = setTimeout(
    () => {
      late = true;
      end();
    },
    began + patienceMs - performance.now(),
  );
  const code = await new Promise<number | null>((resolve, reject) => child.on("exit", resolve).on("error", reject));
  clearTimeout(patience);

  const found: Result[] = [];
  try {
    found.push(...(JSON.parse(readFileSync(path, "utf8")) as Result[]));
  } catch {
    found.push({ name: "the test runner wrote no results", state: "failed" });
  }
  if (late) found.push({ name: `the tests took longer than ${patienceMs / 60_000} minutes`, state: "failed" });
  // Such as a worker that crashed after its last result.
  else if (code !== 0 && !interrupted && found.every(({ state }) => state !== "failed")) {
    found.push({ name: `the test runner ended with ${code}`, state: "failed" });
  }
  return found;
}
